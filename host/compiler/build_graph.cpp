#include "host/compiler/build_graph.h"

#include "firmware/parameters.h"
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
                                  LinearWork work) {
  Kernels linears;
  for (int i = 0; i < tiles; ++i) {
    const Share part = share(units, tiles, i);
    work.first_group = part.first * unit_groups;
    work.groups = part.count * unit_groups;
    linears.push_back(add_kernel(op, layer, i, work));
  }
  return linears;
}

Kernels GraphBuilder::add_attention(int layer) {
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

KernelGraph build_graph(const ModelShape& shape, const Partition& partition) {
  return GraphBuilder(shape, partition).build();
}

}  // namespace tessera
