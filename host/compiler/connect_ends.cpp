// Streams at both ends of the model: tokens in, logits and answers out.
#include <fmt/format.h>

#include "host/compiler/graph_builder.h"

namespace tessera {

constexpr int kLogitsMessageRows = 256;  // the most payload words a message can have

void GraphBuilder::connect_tokens(const Kernels& embedding, const Kernels& rope) {
  begin_transition(1);
  Kernels consumers = embedding;
  consumers.insert(consumers.end(), rope.begin(), rope.end());
  graph_.token_stream = add_stream("token", StreamKind::kMulticast, {kHost}, consumers);
  for (const int kernel : consumers)
    receive(kernel, {.stream = graph_.token_stream, .buffer = Buffer::kToken, .words = 1, .messages = 1});
}

void GraphBuilder::connect_logits(const Kernels& logits, int argmax) {
  begin_transition(0);
  graph_.logits_stream = add_stream("logits", StreamKind::kMerge, logits, {kHost});
  begin_transition(1);
  const int winners = add_stream("winners", StreamKind::kMerge, logits, {argmax});
  int part = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    const LogitsWork tile = work<LogitsWork>(logits[i]);
    for (int row = 0; row < tile.rows; row += kLogitsMessageRows) {
      const int rows = std::min(kLogitsMessageRows, tile.rows - row);
      send(logits[i], graph_.logits_stream, part++,
           {MessageFormat::kLogits, Op::kLogits, 0, tile.first_row + row, rows, rows}, row, rows);
    }
    send(logits[i], winners, static_cast<int>(i),
         {MessageFormat::kWinner, Op::kLogits, 0, tile.first_row, tile.rows, tile.rows});
  }
  receive(argmax, {.stream = winners,
                   .buffer = Buffer::kWinners,
                   .part_stride = 16,
                   .words = 2,
                   .messages = static_cast<int>(logits.size())});
  begin_transition(0.5);
  graph_.answer_stream = add_stream("answer", StreamKind::kMulticast, {argmax}, {kHost});
  send(argmax, graph_.answer_stream, 0,
       {MessageFormat::kAnswer, Op::kLogits, 0, 0, config().vocabulary, config().vocabulary});
}

}  // namespace tessera
