#include "host/compiler/build_graph.h"

#include "firmware/parameters.h"
#include "host/compiler/fit.h"
#include "host/compiler/graph_builder.h"

namespace tessera {

// Elements [first, first + length) of a vector of `elements`, which is padded with zeros.
MessageTensor tensor_piece(MessageFormat format, Op op, int layer, int first, int length, int elements) {
  MessageTensor tensor{format, op, layer, first, 0, length};
  tensor.first = std::min(first, elements);
  tensor.count = std::min(first + length, elements) - tensor.first;
  return tensor;
}

int GraphBuilder::add_kernel(Operator op, int layer, int index, Work work) {
  Kernel kernel;
  kernel.op = op;
  kernel.layer = layer;
  kernel.index = index;
  kernel.work = work;
  graph_.kernels.push_back(std::move(kernel));
  return static_cast<int>(graph_.kernels.size()) - 1;
}

int GraphBuilder::add_stream(std::string name, StreamKind kind, Kernels producers, Kernels consumers) {
  Stream stream;
  stream.name = std::move(name);
  stream.kind = kind;
  stream.producers = std::move(producers);
  stream.consumers = std::move(consumers);
  stream.transition = static_cast<int>(graph_.urgency.size()) - 1;
  graph_.streams.push_back(std::move(stream));
  return static_cast<int>(graph_.streams.size()) - 1;
}

void GraphBuilder::send(int kernel, int stream, int part, const MessageTensor& tensor, int first, int count,
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

// ---- kernels

Kernels GraphBuilder::add_stripes(int stage) {
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
Kernels GraphBuilder::add_linears(Operator op, int layer, int tiles, int units, int unit_groups,
                                  LinearWork work, int first_index) {
  Kernels linears;
  for (int i = 0; i < tiles; ++i) {
    const Share part = share(units, tiles, i);
    work.first_group = part.first * unit_groups;
    work.groups = part.count * unit_groups;
    linears.push_back(add_kernel(op, layer, first_index + i, work));
  }
  return linears;
}

GraphBuilder::HiddenTiles GraphBuilder::add_hidden(int layer) {
  const int units = shape().hidden_blocks;
  LinearWork work{.blocks = shape().dim_blocks, .block_length = kBlockColumns, .bias = shape().hidden_bias};
  if (!partition().hidden_apart) {
    work.kind = firmware::LINEAR_HIDDEN;
    return {add_linears(Operator::kHidden, layer, partition().hidden, units, kHiddenGroups, work), {}};
  }
  HiddenTiles tiles;
  const int pairs = partition().hidden / 2;
  work.kind = firmware::LINEAR_GATE;
  tiles.gate = add_linears(Operator::kHidden, layer, pairs, units, kHiddenGroups / 2, work);
  work.kind = firmware::LINEAR_GROUPS16;
  tiles.up = add_linears(Operator::kHidden, layer, pairs, units, kHiddenGroups / 2, work, pairs);
  return tiles;
}

// Linear o or down: for every part of the inputs, tiles that share the rows. Those of the first part lead:
// they add what the others send to their own sums.
Kernels GraphBuilder::add_split_linears(Operator op, int layer, LinearWork work) {
  const int splits = splits_of(partition(), op);
  const int row_tiles = row_tiles_of(partition(), op);
  const int unit = op == Operator::kOutput ? partition().output_unit : partition().down_unit;
  const bool bias = work.bias;
  work.kind = firmware::LINEAR_ROWS32;
  Kernels linears;
  for (int split = 0; split < splits; ++split) {
    const Share blocks = split_blocks(shape(), partition(), op, split);
    work.first_block = blocks.first;
    work.blocks = blocks.count;
    work.bias = bias && split == 0;  // once in the sum of all parts
    work.partial = split > 0;
    work.partials = split == 0 ? splits - 1 : 0;
    for (int i = 0; i < row_tiles; ++i) {
      const Share units = share(2 * shape().dim_blocks / unit, row_tiles, i);
      work.first_group = units.first * unit;
      work.groups = units.count * unit;
      linears.push_back(add_kernel(op, layer, static_cast<int>(linears.size()), work));
    }
  }
  return linears;
}

Kernels GraphBuilder::add_attention(int layer) {
  Kernels attention;
  for (int i = 0; i < partition().attention; ++i) {
    const Share heads = query_heads(shape(), partition(), i);
    AttentionWork work;
    work.kv_head = heads.first / shape().group();
    work.first_query_head = heads.first;
    work.query_heads = heads.count;
    work.head_length = shape().head_length;
    work.slots = partition().slots;
    work.context = shape().padded_context;
    work.mx_colors = partition().attention_merges ? row_tiles_of(partition(), Operator::kOutput) : 1;
    attention.push_back(add_kernel(Operator::kAttention, layer, i, work));
  }
  return attention;
}

KernelGraph GraphBuilder::build() {
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

  Kernels stripes = add_stripes(0);
  connect_embedding(embedding, stripes);
  for (int layer = 0; layer < config().layers; ++layer) {
    const LinearWork work{.kind = qkv_kind(shape(), partition()),
                          .blocks = shape().dim_blocks,
                          .block_length = kBlockColumns,
                          .bias = shape().qkv_bias};
    const int qkv_units = divide_up(shape().qkv_groups, partition().qkv_unit);
    const Kernels qkv =
        add_linears(Operator::kQkv, layer, partition().qkv, qkv_units, partition().qkv_unit, work);
    const Kernels attention = add_attention(layer);
    all_attention.insert(all_attention.end(), attention.begin(), attention.end());
    const Kernels output = add_split_linears(
        Operator::kOutput, layer, {.block_length = shape().head_block_length, .bias = shape().output_bias});
    const Kernels middle = add_stripes(2 * layer + 1);
    const HiddenTiles hidden = add_hidden(layer);
    const Kernels down =
        add_split_linears(Operator::kDown, layer, {.block_length = kBlockColumns, .bias = shape().down_bias});
    const Kernels next = add_stripes(2 * layer + 2);

    connect_squares(stripes, 2 * layer);
    connect_norm(stripes, qkv, 2 * layer);
    connect_forward(stripes, middle, 2 * layer);
    connect_heads(qkv, attention, layer);
    connect_attention(attention, output, layer);
    connect_partials(output, layer, partition().output_unit);
    connect_rows(output, middle, layer, partition().output_unit);
    connect_squares(middle, 2 * layer + 1);
    Kernels gate_and_up = hidden.gate;
    gate_and_up.insert(gate_and_up.end(), hidden.up.begin(), hidden.up.end());
    connect_norm(middle, gate_and_up, 2 * layer + 1);
    connect_forward(middle, next, 2 * layer + 1);
    connect_up(hidden.up, hidden.gate, layer);
    connect_hidden(hidden.gate, down, layer);
    connect_partials(down, layer, partition().down_unit);
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

KernelGraph build_graph(const ModelShape& shape, const Partition& partition) {
  return GraphBuilder(shape, partition).build();
}

}  // namespace tessera
