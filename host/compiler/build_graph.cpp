#include "host/compiler/build_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "firmware/parameters.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

using Kernels = std::vector<int>;

constexpr int kLogitsMessageRows = 256;  // the most payload words a message can have
constexpr int kRowBytes32 = 4;
constexpr int kRowBytes16 = 2;

class Builder {
 public:
  Builder(const ModelShape& shape, const Partition& partition) {
    graph_.shape = shape;
    graph_.partition = partition;
  }

  KernelGraph build();

 private:
  const ModelShape& shape() const { return graph_.shape; }
  const ModelConfig& config() const { return graph_.shape.config; }
  const Partition& partition() const { return graph_.partition; }

  int add_kernel(Operator op, int layer, int index, Work work);
  int add_stream(std::string name, StreamKind kind, Kernels producers, Kernels consumers);
  // A new step of a token. `urgency`: how much of each hop in it the token waits for.
  void begin_transition(double urgency) { graph_.urgency.push_back(urgency); }
  void send(int kernel, int stream, int part, const MessageTensor& tensor, int first = 0, int count = 0,
            int after_join = 0);
  void receive(int kernel, const Receive& receive) { graph_.kernels[kernel].receives.push_back(receive); }
  template <typename T>
  T& work(int kernel) {
    return std::get<T>(graph_.kernels[kernel].work);
  }

  Kernels add_stripes(int stage);
  Kernels add_linears(Operator op, int layer, int tiles, int units, int unit_groups, LinearWork work);
  Kernels add_attention(int layer);

  void connect_tokens(const Kernels& embedding, const Kernels& rope);
  void connect_embedding(const Kernels& embedding, const Kernels& stripes);
  void connect_squares(const Kernels& stripes, int stage);
  void connect_norm(const Kernels& stripes, const Kernels& linears, int stage);
  void connect_forward(const Kernels& stripes, const Kernels& next, int stage);
  void connect_heads(const Kernels& qkv, const Kernels& attention, int layer);
  void connect_rope(const Kernels& rope, const Kernels& attention);
  void connect_attention(const Kernels& attention, const Kernels& output, int layer);
  void connect_hidden(const Kernels& hidden, const Kernels& down, int layer);
  void connect_rows(const Kernels& linears, const Kernels& stripes, int layer, int unit);
  void connect_logits(const Kernels& logits, int argmax);

  Op residual_into(int stage) const;  // the golden name of x as it comes into a stage
  int layer_of(int stage) const { return std::min(stage / 2, config().layers - 1); }
  Operator norm_of(int stage) const {
    return stage == shape().stages - 1 ? Operator::kFinalNorm
           : stage % 2 == 0            ? Operator::kAttentionNorm
                                       : Operator::kFfnNorm;
  }

  KernelGraph graph_;
};

// Elements [first, first + length) of a vector of `elements`, which is padded with zeros.
MessageTensor piece(MessageFormat format, Op op, int layer, int first, int length, int elements) {
  MessageTensor tensor{format, op, layer, first, 0, length};
  tensor.first = std::min(first, elements);
  tensor.count = std::min(first + length, elements) - tensor.first;
  return tensor;
}

int Builder::add_kernel(Operator op, int layer, int index, Work work) {
  Kernel kernel;
  kernel.op = op;
  kernel.layer = layer;
  kernel.index = index;
  kernel.work = work;
  graph_.kernels.push_back(std::move(kernel));
  return static_cast<int>(graph_.kernels.size()) - 1;
}

int Builder::add_stream(std::string name, StreamKind kind, Kernels producers, Kernels consumers) {
  Stream stream;
  stream.name = std::move(name);
  stream.kind = kind;
  stream.producers = std::move(producers);
  stream.consumers = std::move(consumers);
  stream.transition = static_cast<int>(graph_.urgency.size()) - 1;
  graph_.streams.push_back(std::move(stream));
  return static_cast<int>(graph_.streams.size()) - 1;
}

void Builder::send(int kernel, int stream, int part, const MessageTensor& tensor, int first, int count,
                   int after_join) {
  Send send;
  send.stream = stream;
  send.part = part;
  send.first = first;
  send.count = count;
  send.after_join = after_join;
  send.tensor = tensor;
  graph_.kernels[kernel].sends.push_back(send);
}

Op Builder::residual_into(int stage) const {
  if (stage == 0) return Op::kEmbedding;
  return stage % 2 == 1 ? (stage == 1 ? Op::kEmbedding : Op::kFfnResidual) : Op::kAttentionResidual;
}

// ---- kernels

Kernels Builder::add_stripes(int stage) {
  Kernels stripes;
  for (int i = 0; i < partition().stripes; ++i) {
    const Share blocks = share(shape().dim_blocks, partition().stripes, i);
    StripeWork work;
    work.first_block = blocks.first;
    work.blocks = blocks.count;
    work.sisters = partition().stripes - 1;
    work.adds = stage > 0;
    work.forwards = stage < shape().stages - 1;
    stripes.push_back(add_kernel(norm_of(stage), layer_of(stage), i, work));
  }
  return stripes;
}

// `units` pieces of unit_groups row groups each, spread evenly.
Kernels Builder::add_linears(Operator op, int layer, int tiles, int units, int unit_groups, LinearWork work) {
  Kernels linears;
  for (int i = 0; i < tiles; ++i) {
    const Share part = share(units, tiles, i);
    work.first_group = part.first * unit_groups;
    work.groups = part.count * unit_groups;
    linears.push_back(add_kernel(op, layer, i, work));
  }
  return linears;
}

Kernels Builder::add_attention(int layer) {
  Kernels attention;
  const int tiles_per_head = partition().attention / config().kv_heads;
  for (int kv_head = 0; kv_head < config().kv_heads; ++kv_head) {
    for (int i = 0; i < tiles_per_head; ++i) {
      const Share heads = share(shape().group(), tiles_per_head, i);
      AttentionWork work;
      work.kv_head = kv_head;
      work.first_query_head = kv_head * shape().group() + heads.first;
      work.query_heads = heads.count;
      work.head_length = shape().head_length;
      work.slots = partition().slots;
      work.context = shape().padded_context;
      work.mx_colors = partition().attention_merges ? partition().output : 1;
      attention.push_back(add_kernel(Operator::kAttention, layer, static_cast<int>(attention.size()), work));
    }
  }
  return attention;
}

// ---- streams

void Builder::connect_tokens(const Kernels& embedding, const Kernels& rope) {
  begin_transition(0.3);
  Kernels consumers = embedding;
  consumers.insert(consumers.end(), rope.begin(), rope.end());
  graph_.token_stream = add_stream("token", StreamKind::kMulticast, {kHost}, consumers);
  for (const int kernel : consumers)
    receive(kernel, {.stream = graph_.token_stream, .buffer = Buffer::kToken, .words = 1, .messages = 1});
}

void Builder::connect_embedding(const Kernels& embedding, const Kernels& stripes) {
  begin_transition(1);
  for (size_t i = 0; i < stripes.size(); ++i) {
    const StripeWork stripe = work<StripeWork>(stripes[i]);
    const int stream =
        add_stream(fmt::format("embedding {}", i), StreamKind::kMerge, embedding, {stripes[i]});
    const int first = kBlockColumns * stripe.first_block;
    const int length = kBlockColumns * stripe.blocks;
    for (const int kernel : embedding)
      send(kernel, stream, static_cast<int>(i),
           piece(MessageFormat::kInt32Rows, Op::kEmbedding, 0, first, length, config().dim), first, length);
    receive(stripes[i], {.stream = stream,
                         .buffer = Buffer::kX,
                         .part_base = static_cast<int>(i),
                         .words = length,
                         .messages = 1});  // from the one tile that has the token's row
  }
}

void Builder::connect_squares(const Kernels& stripes, int stage) {
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
         piece(MessageFormat::kSquares, result_op(norm_of(stage)), layer_of(stage),
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

void Builder::connect_norm(const Kernels& stripes, const Kernels& linears, int stage) {
  begin_transition(1);
  const int join = stripes.size() > 1 ? firmware::SQUARES_JOIN : firmware::TOKEN_JOIN;
  for (size_t i = 0; i < stripes.size(); ++i) {
    const StripeWork stripe = work<StripeWork>(stripes[i]);
    const int stream = add_stream(fmt::format("stage {} blocks {}", stage, i), StreamKind::kMulticast,
                                  {stripes[i]}, linears);
    for (int block = stripe.first_block; block < stripe.first_block + stripe.blocks; ++block)
      send(stripes[i], stream, block,
           piece(MessageFormat::kMx, result_op(norm_of(stage)), layer_of(stage), kBlockColumns * block,
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

void Builder::connect_forward(const Kernels& stripes, const Kernels& next, int stage) {
  begin_transition(0.1);
  const int join = stripes.size() > 1 ? firmware::SQUARES_JOIN : firmware::TOKEN_JOIN;
  // What a stage sends on is x with its own addition: the name of what comes into the next one.
  const Op op = stage == 0 ? Op::kEmbedding : residual_into(stage + 1);
  const int layer = stage == 0 ? 0 : (stage - 1) / 2;
  for (size_t i = 0; i < stripes.size(); ++i) {
    const StripeWork stripe = work<StripeWork>(stripes[i]);
    const int stream =
        add_stream(fmt::format("stage {} x {}", stage, i), StreamKind::kMulticast, {stripes[i]}, {next[i]});
    const int length = kBlockColumns * stripe.blocks;
    send(
        stripes[i], stream, static_cast<int>(i),
        piece(MessageFormat::kInt32Rows, op, layer, kBlockColumns * stripe.first_block, length, config().dim),
        0, 0, join);
    receive(next[i], {.stream = stream,
                      .buffer = Buffer::kX,
                      .part_base = static_cast<int>(i),
                      .words = length,
                      .messages = 1});
  }
}

// Rows of q, k and v in pieces of uniform length. A piece's part in the stream of an attention tile is its
// place in the tile's buffer [query heads][head_length], key, value, so that one receive rule takes them all.
void Builder::connect_heads(const Kernels& qkv, const Kernels& attention, int layer) {
  begin_transition(1);
  const int length = shape().head_length;
  const int rows = qkv_piece_rows(shape(), partition());
  const bool multicast = partition().key_value_multicast;

  struct Target {
    int stream;
    int part_base;
  };
  // Streams by consumer (or, for multicasts, by vector), made when the first piece needs them.
  std::vector<int> tile_stream(attention.size(), -1);
  std::vector<int> vector_stream(shape().head_vectors(), -1);
  const auto tile_work = [&](size_t tile) { return work<AttentionWork>(attention[tile]); };
  const auto add_producer = [&](int stream, int kernel) {
    Kernels& producers = graph_.streams[stream].producers;
    if (std::find(producers.begin(), producers.end(), kernel) == producers.end()) producers.push_back(kernel);
  };

  for (const int kernel : qkv) {
    const LinearWork linear = work<LinearWork>(kernel);
    const int begin = kGroupRows * linear.first_group;
    const int end = std::min(begin + kGroupRows * linear.groups, shape().head_vectors() * length);
    for (int row = begin; row < end; row += rows) {
      const int vector = row / length;
      const int within = row % length;
      const bool is_query = vector < config().heads;
      const int kv_head = (vector - config().heads) % config().kv_heads;
      const bool is_key = !is_query && vector - config().heads < config().kv_heads;
      const Op op = is_query ? Op::kQuery : is_key ? Op::kKey : Op::kValue;
      const int head = is_query ? vector : kv_head;
      MessageTensor tensor = piece(MessageFormat::kInt16Rows, op, layer, within, rows, config().head_dim());
      tensor.first += head * config().head_dim();
      if (!is_query && multicast) {
        int& stream = vector_stream[vector];
        if (stream < 0)
          stream = add_stream(fmt::format("layer {} {} {}", layer, is_key ? "key" : "value", kv_head),
                              StreamKind::kMulticast, {kernel}, {});
        send(kernel, stream, within / rows, tensor, row - begin, rows);
        continue;
      }
      for (size_t tile = 0; tile < attention.size(); ++tile) {
        const AttentionWork work = tile_work(tile);
        const int local = vector - work.first_query_head;
        if (is_query ? local < 0 || local >= work.query_heads : work.kv_head != kv_head) continue;
        const int place = is_query ? local : work.query_heads + (is_key ? 0 : 1);
        if (tile_stream[tile] < 0)
          tile_stream[tile] = add_stream(fmt::format("layer {} heads {}", layer, tile), StreamKind::kMerge,
                                         {}, {attention[tile]});
        add_producer(tile_stream[tile], kernel);
        send(kernel, tile_stream[tile], (place * length + within) / rows, tensor, row - begin, rows);
      }
    }
    work<LinearWork>(kernel).sends = static_cast<int>(graph_.kernels[kernel].sends.size());
  }

  const int pieces = length / rows;  // of a vector
  for (size_t tile = 0; tile < attention.size(); ++tile) {
    const AttentionWork work = tile_work(tile);
    const int vectors = work.query_heads + (multicast ? 0 : 2);
    receive(attention[tile], {.stream = tile_stream[tile],
                              .buffer = Buffer::kHeads,
                              .part_stride = kRowBytes16 * rows,
                              .words = rows / 2,
                              .messages = vectors * pieces});
    if (!multicast) continue;
    for (int which = 0; which < 2; ++which) {
      const int stream = vector_stream[config().heads + which * config().kv_heads + work.kv_head];
      graph_.streams[stream].consumers.push_back(attention[tile]);
      receive(attention[tile], {.stream = stream,
                                .buffer = Buffer::kHeads,
                                .offset = kRowBytes16 * length * (work.query_heads + which),
                                .part_stride = kRowBytes16 * rows,
                                .words = rows / 2,
                                .messages = pieces});
    }
  }
}

void Builder::connect_rope(const Kernels& rope, const Kernels& attention) {
  begin_transition(0);
  for (size_t i = 0; i < rope.size(); ++i) {
    const int stream = add_stream(fmt::format("rope {}", i), StreamKind::kMulticast, {rope[i]}, attention);
    const MessageTensor tensor{MessageFormat::kRopeRow, Op::kEmbedding,     0, 0,
                               shape().head_length,     shape().head_length};
    send(rope[i], stream, 0, tensor);
    for (const int kernel : attention)
      receive(kernel, {.stream = stream,
                       .buffer = Buffer::kRope,
                       .words = message_words(tensor),
                       .messages = i == 0 ? 1 : 0});  // one of the tiles has the token's position
  }
}

void Builder::connect_attention(const Kernels& attention, const Kernels& output, int layer) {
  begin_transition(1);
  const bool copies = partition().attention_merges;
  std::vector<int> streams;
  if (copies) {
    for (size_t i = 0; i < output.size(); ++i)
      streams.push_back(add_stream(fmt::format("layer {} attention blocks to {}", layer, i),
                                   StreamKind::kMerge, attention, {output[i]}));
  } else {
    for (size_t i = 0; i < attention.size(); ++i)
      streams.push_back(add_stream(fmt::format("layer {} attention blocks {}", layer, i),
                                   StreamKind::kMulticast, {attention[i]}, output));
  }
  const int length = shape().head_block_length;
  const int head_dim = config().head_dim();
  int blocks = 0;
  for (size_t i = 0; i < attention.size(); ++i) {
    const AttentionWork tile = work<AttentionWork>(attention[i]);
    for (int local = 0; local < tile.query_heads; ++local) {
      const int head = tile.first_query_head + local;
      for (int block = 0; block < shape().head_blocks; ++block, ++blocks) {
        MessageTensor tensor =
            piece(MessageFormat::kMx, Op::kAttention, layer, kBlockColumns * block, length, head_dim);
        tensor.first += head * head_dim;
        const int part = head * shape().head_blocks + block;
        if (!copies) send(attention[i], streams[i], part, tensor, local);
        for (size_t to = 0; copies && to < streams.size(); ++to)
          send(attention[i], streams[to], part, tensor, local);
      }
    }
  }
  const Receive rule{.buffer = Buffer::kBlocks,
                     .part_stride = static_cast<int>(firmware::mx_stride(length)),
                     .words = length / 4 + 1};
  for (size_t to = 0; to < output.size(); ++to) {
    for (size_t i = 0; i < (copies ? 1 : streams.size()); ++i) {
      Receive from = rule;
      from.stream = streams[copies ? to : i];
      from.messages = copies ? blocks : work<AttentionWork>(attention[i]).query_heads * shape().head_blocks;
      receive(output[to], from);
    }
  }
}

void Builder::connect_hidden(const Kernels& hidden, const Kernels& down, int layer) {
  begin_transition(1);
  const bool copies = partition().hidden_merges;
  std::vector<int> streams;
  if (copies) {
    for (size_t i = 0; i < down.size(); ++i)
      streams.push_back(add_stream(fmt::format("layer {} hidden blocks to {}", layer, i), StreamKind::kMerge,
                                   hidden, {down[i]}));
  } else {
    for (size_t i = 0; i < hidden.size(); ++i)
      streams.push_back(add_stream(fmt::format("layer {} hidden blocks {}", layer, i), StreamKind::kMulticast,
                                   {hidden[i]}, down));
  }
  for (size_t i = 0; i < hidden.size(); ++i) {
    const LinearWork tile = work<LinearWork>(hidden[i]);
    work<LinearWork>(hidden[i]).mx_colors = copies ? partition().down : 1;
    for (int chunk = 0; chunk < tile.groups / firmware::CHUNK_GROUPS; ++chunk) {
      const int block = tile.first_group / firmware::CHUNK_GROUPS + chunk;
      const MessageTensor tensor = piece(MessageFormat::kMx, Op::kHidden, layer, kBlockColumns * block,
                                         kBlockColumns, config().hidden_dim);
      if (!copies) send(hidden[i], streams[i], block, tensor, chunk);
      for (size_t to = 0; copies && to < streams.size(); ++to)
        send(hidden[i], streams[to], block, tensor, chunk);
    }
  }
  for (size_t to = 0; to < down.size(); ++to) {
    for (size_t i = 0; i < (copies ? 1 : streams.size()); ++i) {
      receive(down[to], {.stream = streams[copies ? to : i],
                         .buffer = Buffer::kBlocks,
                         .part_stride = static_cast<int>(firmware::mx_stride(kBlockColumns)),
                         .words = kBlockColumns / 4 + 1,
                         .messages = copies ? shape().hidden_blocks
                                            : work<LinearWork>(hidden[i]).groups / firmware::CHUNK_GROUPS});
    }
  }
}

// Rows of o or down, `unit` groups a message, to the stripes that add them to x.
void Builder::connect_rows(const Kernels& linears, const Kernels& stripes, int layer, int unit) {
  begin_transition(1);
  const Operator op = graph_.kernels[linears[0]].op;
  const int rows = kGroupRows * unit;
  for (size_t i = 0; i < stripes.size(); ++i) {
    const StripeWork stripe = work<StripeWork>(stripes[i]);
    const int begin = kBlockColumns * stripe.first_block;
    const int end = begin + kBlockColumns * stripe.blocks;
    const int stream = add_stream(fmt::format("layer {} {} rows {}", layer, operator_name(op), i),
                                  StreamKind::kMerge, {}, {stripes[i]});
    for (const int kernel : linears) {
      const LinearWork linear = work<LinearWork>(kernel);
      const int first = kGroupRows * linear.first_group;
      const int last = first + kGroupRows * linear.groups;
      if (first >= end || last <= begin) continue;
      graph_.streams[stream].producers.push_back(kernel);
      for (int row = std::max(first, begin); row < std::min(last, end); row += rows) {
        send(kernel, stream, (row - begin) / rows,
             piece(MessageFormat::kInt32Rows, result_op(op), layer, row, rows, config().dim), row - first,
             rows);
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

void Builder::connect_logits(const Kernels& logits, int argmax) {
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

KernelGraph Builder::build() {
  Kernels embedding, rope, all_attention;
  for (int i = 0; i < partition().embedding; ++i) {
    const Share rows = share(config().vocabulary, partition().embedding, i);
    embedding.push_back(
        add_kernel(Operator::kEmbedding, 0, i,
                   EmbeddingWork{rows.first, rows.count, shape().padded_dim(), partition().stripes}));
  }
  for (int i = 0; i < partition().rope; ++i) {
    const Share positions = share(shape().context, partition().rope, i);
    rope.push_back(add_kernel(Operator::kRope, 0, i,
                              RopeWork{positions.first, positions.count, kRowBytes16 * shape().head_length}));
  }
  connect_tokens(embedding, rope);

  const LinearWork from_dim{.blocks = shape().dim_blocks, .block_length = kBlockColumns};
  const int dim_groups = 2 * shape().dim_blocks;
  Kernels stripes = add_stripes(0);
  connect_embedding(embedding, stripes);
  for (int layer = 0; layer < config().layers; ++layer) {
    LinearWork work = from_dim;
    work.kind = firmware::LINEAR_ROWS16;
    work.bias = shape().qkv_bias;
    const int qkv_units = divide_up(shape().qkv_groups, partition().qkv_unit);
    const Kernels qkv =
        add_linears(Operator::kQkv, layer, partition().qkv, qkv_units, partition().qkv_unit, work);
    const Kernels attention = add_attention(layer);
    all_attention.insert(all_attention.end(), attention.begin(), attention.end());
    work.kind = firmware::LINEAR_ROWS32;
    work.blocks = config().heads * shape().head_blocks;
    work.block_length = shape().head_block_length;
    work.bias = shape().output_bias;
    const Kernels output = add_linears(Operator::kOutput, layer, partition().output,
                                       dim_groups / partition().output_unit, partition().output_unit, work);
    const Kernels middle = add_stripes(2 * layer + 1);
    work = from_dim;
    work.kind = firmware::LINEAR_HIDDEN;
    work.bias = shape().hidden_bias;
    const Kernels hidden = add_linears(Operator::kHidden, layer, partition().hidden, shape().hidden_blocks,
                                       firmware::CHUNK_GROUPS, work);
    work.kind = firmware::LINEAR_ROWS32;
    work.blocks = shape().hidden_blocks;
    work.bias = shape().down_bias;
    const Kernels down = add_linears(Operator::kDown, layer, partition().down,
                                     dim_groups / partition().down_unit, partition().down_unit, work);
    const Kernels next = add_stripes(2 * layer + 2);

    connect_squares(stripes, 2 * layer);
    connect_norm(stripes, qkv, 2 * layer);
    connect_forward(stripes, middle, 2 * layer);
    connect_heads(qkv, attention, layer);
    connect_attention(attention, output, layer);
    connect_rows(output, middle, layer, partition().output_unit);
    connect_squares(middle, 2 * layer + 1);
    connect_norm(middle, hidden, 2 * layer + 1);
    connect_forward(middle, next, 2 * layer + 1);
    connect_hidden(hidden, down, layer);
    connect_rows(down, next, layer, partition().down_unit);
    stripes = next;
  }

  Kernels logits;
  for (int i = 0; i < partition().logits; ++i) {
    const Share groups = share(shape().vocabulary_groups, partition().logits, i);
    const int first = kGroupRows * groups.first;
    const int rows = std::min(kGroupRows * groups.count, config().vocabulary - first);
    logits.push_back(add_kernel(Operator::kLogits, 0, i, LogitsWork{first, rows, shape().dim_blocks}));
  }
  const int argmax = add_kernel(Operator::kArgmax, 0, 0, ArgmaxWork{partition().logits});
  connect_squares(stripes, shape().stages - 1);
  connect_norm(stripes, logits, shape().stages - 1);
  connect_rope(rope, all_attention);
  connect_logits(logits, argmax);
  return std::move(graph_);
}

}  // namespace

KernelGraph build_graph(const ModelShape& shape, const Partition& partition) {
  return Builder(shape, partition).build();
}

}  // namespace tessera
