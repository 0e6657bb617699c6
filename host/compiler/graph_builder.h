// Kernels and streams while a graph is being built; build_graph is its only user. The members that connect
// operators are in the files connect_*.cpp.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "host/compiler/build_graph.h"

namespace tessera {

using Kernels = std::vector<int>;

inline constexpr int kRowBytes16 = 2;
inline constexpr int kRowBytes32 = 4;

// Elements [first, first + length) of a vector of `elements`, which is padded with zeros.
MessageTensor tensor_piece(MessageFormat format, Op op, int layer, int first, int length, int elements);

class GraphBuilder {
 public:
  GraphBuilder(const ModelShape& shape, const Partition& partition) {
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
  Kernels add_linears(Operator op, int layer, int tiles, int units, int unit_groups, LinearWork work,
                      int first_index = 0);
  struct HiddenTiles {
    Kernels gate;  // these send the MX blocks
    Kernels up;    // where up rows are on tiles of their own
  };
  HiddenTiles add_hidden(int layer);
  Kernels add_split_linears(Operator op, int layer, LinearWork work);
  Kernels add_attention(int layer);

  // One MX block of a kernel; `first` is the kernel's own number of it (a query head, a chunk).
  struct Block {
    int kernel;
    int part;
    int first;
    MessageTensor tensor;
    int after_join = 0;
  };
  void connect_blocks(const std::string& name, const Kernels& producers, const Kernels& consumers,
                      const std::vector<Block>& blocks, bool merges);
  // The same where the consumers' inputs are cut: every part of them gets the blocks of its own producers.
  void connect_split_blocks(const std::string& name, Operator op, const Kernels& producers,
                            const Kernels& consumers, const std::vector<Block>& blocks, bool merges);

  void connect_tokens(const Kernels& embedding, const Kernels& rope);
  void connect_embedding(const Kernels& embedding, const Kernels& stripes);
  void connect_squares(const Kernels& stripes, int stage);
  void connect_norm(const Kernels& stripes, const Kernels& linears, int stage);
  void connect_forward(const Kernels& stripes, const Kernels& next, int stage);
  void connect_heads(const Kernels& qkv, const Kernels& attention, int layer);
  void connect_rope(const Kernels& rope, const Kernels& attention);
  void connect_attention(const Kernels& attention, const Kernels& output, int layer);
  void connect_up(const Kernels& up, const Kernels& gate, int layer);
  void connect_hidden(const Kernels& hidden, const Kernels& down, int layer);
  void connect_partials(const Kernels& linears, int layer, int unit);
  void connect_rows(const Kernels& linears, const Kernels& stripes, int layer, int unit);
  void connect_logits(const Kernels& logits, int argmax);

  int layer_of(int stage) const { return std::min(stage / 2, config().layers - 1); }
  Operator norm_of(int stage) const {
    return stage == shape().stages - 1 ? Operator::kFinalNorm
           : stage % 2 == 0            ? Operator::kAttentionNorm
                                       : Operator::kFfnNorm;
  }

  KernelGraph graph_;
};

}  // namespace tessera
