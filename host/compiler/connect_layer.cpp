// Streams within a layer that are not of the residual stream: heads, RoPE rows, MX blocks.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "firmware/parameters.h"
#include "host/compiler/graph_builder.h"

namespace tessera {
namespace {

// Rows of one head of q, k or v that make one message.
struct HeadPiece {
  Op op = Op::kQuery;  // or kKey, kValue
  int head = 0;        // query head, or KV head
  int within = 0;      // first row in the padded head
  int row = 0;         // first row in the tile of the linear
};

// The pieces of a tile, in the order of its rows; padding behind the last head is none.
std::vector<HeadPiece> pieces_of(const ModelShape& shape, const LinearWork& linear, int rows) {
  const int begin = kGroupRows * linear.first_group;
  const int end = std::min(begin + kGroupRows * linear.groups, shape.head_vectors() * shape.head_length);
  std::vector<HeadPiece> pieces;
  for (int row = begin; row < end; row += rows) {
    HeadPiece piece;
    int vector = row / shape.head_length;
    if (vector >= shape.config.heads) {
      vector -= shape.config.heads;
      piece.op = vector < shape.config.kv_heads ? Op::kKey : Op::kValue;
      vector %= shape.config.kv_heads;
    }
    piece.head = vector;
    piece.within = row % shape.head_length;
    piece.row = row - begin;
    pieces.push_back(piece);
  }
  return pieces;
}

// Where a piece's head lies in an attention tile's buffer [query heads], key, value; -1: not in this tile.
int place_in(const AttentionWork& tile, const HeadPiece& piece) {
  if (piece.op == Op::kKey) return piece.head == tile.kv_head ? tile.query_heads : -1;
  if (piece.op == Op::kValue) return piece.head == tile.kv_head ? tile.query_heads + 1 : -1;
  const int local = piece.head - tile.first_query_head;
  return local >= 0 && local < tile.query_heads ? local : -1;
}

}  // namespace

// Rows of q, k and v go to attention tiles as merges, one a tile; a piece's part is its place in the tile's
// buffer, so that one receive rule takes them all. Where a k or v head is on one tile and goes to several, it
// is a multicast.
void GraphBuilder::connect_heads(const Kernels& qkv, const Kernels& attention, int layer) {
  begin_transition(1);
  const int length = shape().head_length;
  const int rows = qkv_piece_rows(shape(), partition());
  const int pieces = length / rows;  // of a head
  const bool multicast = partition().key_value_multicast;

  std::vector<int> merges;  // by attention tile
  for (size_t tile = 0; tile < attention.size(); ++tile) {
    merges.push_back(
        add_stream(fmt::format("layer {} heads {}", layer, tile), StreamKind::kMerge, {}, {attention[tile]}));
    const int heads = work<AttentionWork>(attention[tile]).query_heads + (multicast ? 0 : 2);
    receive(attention[tile], {.stream = merges.back(),
                              .buffer = Buffer::kHeads,
                              .part_stride = kRowBytes16 * rows,
                              .words = rows / 2,
                              .messages = heads * pieces});
  }
  std::vector<int> multicasts[2];  // of keys, of values, by KV head
  for (int which = 0; which < 2 && multicast; ++which) {
    for (int head = 0; head < config().kv_heads; ++head) {
      const int stream = add_stream(fmt::format("layer {} {} {}", layer, which == 0 ? "key" : "value", head),
                                    StreamKind::kMulticast, {}, {});
      multicasts[which].push_back(stream);
      for (const int kernel : attention) {
        const AttentionWork tile = work<AttentionWork>(kernel);
        if (tile.kv_head != head) continue;
        graph_.streams[stream].consumers.push_back(kernel);
        receive(kernel, {.stream = stream,
                         .buffer = Buffer::kHeads,
                         .offset = kRowBytes16 * length * (tile.query_heads + which),
                         .part_stride = kRowBytes16 * rows,
                         .words = rows / 2,
                         .messages = pieces});
      }
    }
  }

  const auto send_piece = [&](int kernel, int stream, int part, const HeadPiece& piece) {
    Kernels& producers = graph_.streams[stream].producers;
    if (producers.empty() || producers.back() != kernel) producers.push_back(kernel);
    MessageTensor tensor =
        tensor_piece(MessageFormat::kInt16Rows, piece.op, layer, piece.within, rows, config().head_dim());
    tensor.first += piece.head * config().head_dim();
    send(kernel, stream, part, tensor, piece.row, rows);
    ++work<LinearWork>(kernel).sends;
  };
  for (const int kernel : qkv) {
    for (const HeadPiece& piece : pieces_of(shape(), work<LinearWork>(kernel), rows)) {
      if (piece.op != Op::kQuery && multicast) {
        const int stream = multicasts[piece.op == Op::kKey ? 0 : 1][piece.head];
        send_piece(kernel, stream, piece.within / rows, piece);
        continue;
      }
      for (size_t tile = 0; tile < attention.size(); ++tile) {
        const int place = place_in(work<AttentionWork>(attention[tile]), piece);
        if (place >= 0) send_piece(kernel, merges[tile], (place * length + piece.within) / rows, piece);
      }
    }
  }
}

void GraphBuilder::connect_rope(const Kernels& rope, const Kernels& attention) {
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

void GraphBuilder::connect_attention(const Kernels& attention, const Kernels& output, int layer) {
  begin_transition(1);
  std::vector<Block> blocks;
  for (const int kernel : attention) {
    const AttentionWork tile = work<AttentionWork>(kernel);
    for (int local = 0; local < tile.query_heads; ++local) {
      const int head = tile.first_query_head + local;
      for (int block = 0; block < shape().head_blocks; ++block) {
        MessageTensor tensor = tensor_piece(MessageFormat::kMx, Op::kAttention, layer, kBlockColumns * block,
                                            shape().head_block_length, config().head_dim());
        tensor.first += head * config().head_dim();
        blocks.push_back({kernel, head * shape().head_blocks + block, local, tensor});
      }
    }
  }
  connect_split_blocks(fmt::format("layer {} attention", layer), Operator::kOutput, attention, output, blocks,
                       partition().attention_merges);
}

// Where gate and up rows are apart: up rows, 32 a message, to the tile that has the gate rows.
void GraphBuilder::connect_up(const Kernels& up, const Kernels& gate, int layer) {
  if (up.empty()) return;
  begin_transition(1);
  for (size_t i = 0; i < up.size(); ++i) {
    const int stream =
        add_stream(fmt::format("layer {} up {}", layer, i), StreamKind::kMulticast, {up[i]}, {gate[i]});
    LinearWork& tile = work<LinearWork>(up[i]);
    const int first = kGroupRows * tile.first_group;
    const int rows = kGroupRows * tile.groups;
    for (int row = 0; row < rows; row += kBlockColumns) {
      send(up[i], stream, row / kBlockColumns,
           tensor_piece(MessageFormat::kInt16Rows, Op::kUp, layer, first + row, kBlockColumns,
                        config().hidden_dim),
           row, kBlockColumns);
      ++tile.sends;
    }
    receive(gate[i], {.stream = stream,
                      .buffer = Buffer::kSister,
                      .part_stride = kRowBytes16 * kBlockColumns,
                      .words = kBlockColumns / 2,
                      .messages = rows / kBlockColumns,
                      .join = firmware::SISTER_JOIN});
  }
}

void GraphBuilder::connect_hidden(const Kernels& hidden, const Kernels& down, int layer) {
  begin_transition(1);
  std::vector<Block> blocks;
  for (const int kernel : hidden) {
    LinearWork& tile = work<LinearWork>(kernel);
    tile.mx_colors = partition().hidden_merges ? row_tiles_of(partition(), Operator::kDown) : 1;
    const bool apart = tile.kind == firmware::LINEAR_GATE;
    const int groups = apart ? kHiddenGroups / 2 : kHiddenGroups;  // of a block
    for (int own = 0; own < tile.groups / groups; ++own) {
      const int block = tile.first_group / groups + own;
      blocks.push_back({kernel, block, own,
                        tensor_piece(MessageFormat::kMx, Op::kHidden, layer, kBlockColumns * block,
                                     kBlockColumns, config().hidden_dim),
                        apart ? firmware::SISTER_JOIN : firmware::TOKEN_JOIN});
    }
  }
  connect_split_blocks(fmt::format("layer {} hidden", layer), Operator::kDown, hidden, down, blocks,
                       partition().hidden_merges);
}

void GraphBuilder::connect_split_blocks(const std::string& name, Operator op, const Kernels& producers,
                                        const Kernels& consumers, const std::vector<Block>& blocks,
                                        bool merges) {
  const int row_tiles = row_tiles_of(partition(), op);
  for (int split = 0; split < splits_of(partition(), op); ++split) {
    const Share tiles = split_tiles(partition(), op, split);
    const auto from = producers.begin() + tiles.first;
    const auto to = consumers.begin() + split * row_tiles;
    std::vector<Block> own;
    std::copy_if(blocks.begin(), blocks.end(), std::back_inserter(own), [&](const Block& block) {
      return std::find(from, from + tiles.count, block.kernel) != from + tiles.count;
    });
    connect_blocks(name, {from, from + tiles.count}, {to, to + row_tiles}, own, merges);
  }
}

// MX blocks of several producers that all consumers need: a multicast a producer, or a merge a consumer into
// which every producer sends a copy.
void GraphBuilder::connect_blocks(const std::string& name, const Kernels& producers, const Kernels& consumers,
                                  const std::vector<Block>& blocks, bool merges) {
  const int length = blocks.front().tensor.length;
  const auto receive_blocks = [&](int kernel, int stream, auto count) {
    receive(kernel, {.stream = stream,
                     .buffer = Buffer::kBlocks,
                     .part_base = blocks.front().part,
                     .part_stride = static_cast<int>(firmware::mx_stride(length)),
                     .words = length / 4 + 1,
                     .messages = static_cast<int>(count)});
  };
  std::vector<std::vector<int>> streams_of(graph_.kernels.size());  // by producing kernel
  if (merges) {
    for (const int consumer : consumers) {
      const int stream = add_stream(fmt::format("{} blocks to {}", name, graph_.kernels[consumer].index),
                                    StreamKind::kMerge, producers, {consumer});
      for (const int kernel : producers) streams_of[kernel].push_back(stream);
      receive_blocks(consumer, stream, blocks.size());
    }
  } else {
    for (const int producer : producers) {
      const int stream = add_stream(fmt::format("{} blocks {}", name, graph_.kernels[producer].index),
                                    StreamKind::kMulticast, {producer}, consumers);
      streams_of[producer].push_back(stream);
      const auto own = std::count_if(blocks.begin(), blocks.end(),
                                     [&](const Block& block) { return block.kernel == producer; });
      for (const int kernel : consumers) receive_blocks(kernel, stream, own);
    }
  }
  for (const Block& block : blocks)
    for (const int stream : streams_of[block.kernel])
      send(block.kernel, stream, block.part, block.tensor, block.first, 0, block.after_join);
}

}  // namespace tessera
