// Streams of the residual stream: into the stripes, between them, and to the linears that read their norm.
#include <fmt/format.h>

#include "firmware/parameters.h"
#include "host/compiler/graph_builder.h"

namespace tessera {

constexpr double kPartialUrgency = 0.5;  // sums of other parts come about when the lead has its own

void GraphBuilder::connect_embedding(const Kernels& embedding, const Kernels& stripes) {
  begin_transition(1);
  for (size_t i = 0; i < stripes.size(); ++i) {
    const StripeWork stripe = work<StripeWork>(stripes[i]);
    const int stream =
        add_stream(fmt::format("embedding {}", i), StreamKind::kMerge, embedding, {stripes[i]});
    const int first = kBlockColumns * stripe.first_block;
    const int length = kBlockColumns * stripe.blocks;
    for (const int kernel : embedding)
      send(kernel, stream, static_cast<int>(i),
           tensor_piece(MessageFormat::kInt32Rows, Op::kEmbedding, 0, first, length, config().dim), first,
           length);
    receive(stripes[i], {.stream = stream,
                         .buffer = Buffer::kX,
                         .part_base = static_cast<int>(i),
                         .words = length,
                         .messages = 1});  // from the one tile that has the token's row
  }
}

void GraphBuilder::connect_squares(const Kernels& stripes, int stage) {
  if (stripes.size() < 2) return;
  begin_transition(1);
  for (size_t i = 0; i < stripes.size(); ++i) {
    const StripeWork stripe = work<StripeWork>(stripes[i]);
    Kernels sisters = stripes;
    sisters.erase(sisters.begin() + static_cast<std::ptrdiff_t>(i));
    const int stream = add_stream(fmt::format("stage {} squares {}", stage, i), StreamKind::kMulticast,
                                  {stripes[i]}, sisters);
    const int part = static_cast<int>(i);
    send(stripes[i], stream, part,
         tensor_piece(MessageFormat::kSquares, result_op(norm_of(stage)), layer_of(stage),
                      kBlockColumns * stripe.first_block, kBlockColumns * stripe.blocks, config().dim));
    for (size_t sister = 0; sister < stripes.size(); ++sister) {
      if (sister == i) continue;
      receive(stripes[sister], {.stream = stream,
                                .buffer = Buffer::kSquares,
                                .offset = 16 * (sister < i ? part - 1 : part),
                                .part_base = part,
                                .words = 2,
                                .messages = 1,
                                .join = firmware::SQUARES_JOIN});
    }
  }
}

void GraphBuilder::connect_norm(const Kernels& stripes, const Kernels& linears, int stage) {
  begin_transition(1);
  const int join = stripes.size() > 1 ? firmware::SQUARES_JOIN : firmware::TOKEN_JOIN;
  for (size_t i = 0; i < stripes.size(); ++i) {
    const StripeWork stripe = work<StripeWork>(stripes[i]);
    const int stream = add_stream(fmt::format("stage {} blocks {}", stage, i), StreamKind::kMulticast,
                                  {stripes[i]}, linears);
    for (int block = stripe.first_block; block < stripe.first_block + stripe.blocks; ++block)
      send(stripes[i], stream, block,
           tensor_piece(MessageFormat::kMx, result_op(norm_of(stage)), layer_of(stage), kBlockColumns * block,
                        kBlockColumns, config().dim),
           0, 0, join);
    for (const int linear : linears)
      receive(linear, {.stream = stream,
                       .buffer = Buffer::kBlocks,
                       .part_stride = static_cast<int>(firmware::mx_stride(kBlockColumns)),
                       .words = kBlockColumns / 4 + 1,
                       .messages = stripe.blocks});
  }
}

void GraphBuilder::connect_forward(const Kernels& stripes, const Kernels& next, int stage) {
  begin_transition(0.1);
  const int join = stripes.size() > 1 ? firmware::SQUARES_JOIN : firmware::TOKEN_JOIN;
  // What a stage sends on is x after its own addition.
  const Op op = stage == 0 ? Op::kEmbedding : stage % 2 == 1 ? Op::kAttentionResidual : Op::kFfnResidual;
  const int layer = stage == 0 ? 0 : (stage - 1) / 2;
  for (size_t i = 0; i < stripes.size(); ++i) {
    const StripeWork stripe = work<StripeWork>(stripes[i]);
    const int stream =
        add_stream(fmt::format("stage {} x {}", stage, i), StreamKind::kMulticast, {stripes[i]}, {next[i]});
    const int length = kBlockColumns * stripe.blocks;
    send(stripes[i], stream, static_cast<int>(i),
         tensor_piece(MessageFormat::kInt32Rows, op, layer, kBlockColumns * stripe.first_block, length,
                      config().dim),
         0, 0, join);
    receive(next[i], {.stream = stream,
                      .buffer = Buffer::kX,
                      .part_base = static_cast<int>(i),
                      .words = length,
                      .messages = 1});
  }
}

// Where the inputs of o or down are cut: sums over the other parts to the tiles that lead, `unit` groups a
// message.
void GraphBuilder::connect_partials(const Kernels& linears, int layer, int unit) {
  const Operator op = graph_.kernels[linears[0]].op;
  const int row_tiles = row_tiles_of(partition(), op);
  const int splits = splits_of(partition(), op);
  if (splits == 1) return;
  begin_transition(kPartialUrgency);
  const int rows = kGroupRows * unit;
  for (int i = 0; i < row_tiles; ++i) {
    const int lead = linears[i];
    const int pieces = work<LinearWork>(lead).groups / unit;
    const int stream = add_stream(fmt::format("layer {} {} sums {}", layer, operator_name(op), i),
                                  StreamKind::kMerge, {}, {lead});
    for (int split = 1; split < splits; ++split) {
      const int kernel = linears[split * row_tiles + i];
      LinearWork& linear = work<LinearWork>(kernel);
      graph_.streams[stream].producers.push_back(kernel);
      for (int piece = 0; piece < pieces; ++piece) {
        MessageTensor tensor =
            tensor_piece(MessageFormat::kPartialRows, result_op(op), layer,
                         kGroupRows * linear.first_group + rows * piece, rows, config().dim);
        tensor.first_block = linear.first_block;
        tensor.blocks = linear.blocks;
        send(kernel, stream, (split - 1) * pieces + piece, tensor, rows * piece, rows);
        ++linear.sends;
      }
    }
    receive(lead, {.stream = stream,
                   .buffer = Buffer::kSister,
                   .part_stride = kRowBytes32 * rows,
                   .words = rows,
                   .messages = (splits - 1) * pieces,
                   .join = firmware::SISTER_JOIN});
  }
}

// Rows of o or down, `unit` groups a message, to the stripes that add them to x.
void GraphBuilder::connect_rows(const Kernels& linears, const Kernels& stripes, int layer, int unit) {
  begin_transition(1);
  const Operator op = graph_.kernels[linears[0]].op;
  const Kernels leads(linears.begin(), linears.begin() + row_tiles_of(partition(), op));
  const int join = splits_of(partition(), op) > 1 ? firmware::SISTER_JOIN : firmware::TOKEN_JOIN;
  const int rows = kGroupRows * unit;
  for (size_t i = 0; i < stripes.size(); ++i) {
    const StripeWork stripe = work<StripeWork>(stripes[i]);
    const int begin = kBlockColumns * stripe.first_block;
    const int end = begin + kBlockColumns * stripe.blocks;
    const int stream = add_stream(fmt::format("layer {} {} rows {}", layer, operator_name(op), i),
                                  StreamKind::kMerge, {}, {stripes[i]});
    for (const int kernel : leads) {
      const LinearWork linear = work<LinearWork>(kernel);
      const int first = kGroupRows * linear.first_group;
      const int last = first + kGroupRows * linear.groups;
      if (first >= end || last <= begin) continue;
      graph_.streams[stream].producers.push_back(kernel);
      for (int row = std::max(first, begin); row < std::min(last, end); row += rows) {
        send(kernel, stream, (row - begin) / rows,
             tensor_piece(MessageFormat::kInt32Rows, result_op(op), layer, row, rows, config().dim),
             row - first, rows, join);
        ++work<LinearWork>(kernel).sends;
      }
    }
    receive(stripes[i], {.stream = stream,
                         .buffer = Buffer::kY,
                         .part_stride = kRowBytes32 * rows,
                         .words = rows,
                         .messages = (end - begin) / rows});
  }
}

}  // namespace tessera
