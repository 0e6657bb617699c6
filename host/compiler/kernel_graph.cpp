#include "host/compiler/kernel_graph.h"

#include <fmt/format.h>

#include <iterator>

#include "host/error/error.h"

namespace tessera {

const char* operator_name(Operator op) {
  switch (op) {
    case Operator::kEmbedding:
      return "embedding";
    case Operator::kRope:
      return "rope";
    case Operator::kAttentionNorm:
      return "attention_norm";
    case Operator::kQkv:
      return "qkv";
    case Operator::kAttention:
      return "attention";
    case Operator::kOutput:
      return "output";
    case Operator::kFfnNorm:
      return "ffn_norm";
    case Operator::kHidden:
      return "hidden";
    case Operator::kDown:
      return "down";
    case Operator::kFinalNorm:
      return "final_norm";
    case Operator::kLogits:
      return "logits";
    case Operator::kArgmax:
      return "argmax";
  }
  return "?";
}

const char* kernel_binary(const Work& work) {
  constexpr const char* kBinaries[] = {"embedding", "rope",   "stripe", "linear",
                                       "attention", "logits", "argmax"};
  static_assert(std::size(kBinaries) == std::variant_size_v<Work>);
  return kBinaries[work.index()];
}

const char* message_format_name(MessageFormat format) {
  switch (format) {
    case MessageFormat::kToken:
      return "token";
    case MessageFormat::kInt32Rows:
      return "int32 rows";
    case MessageFormat::kPartialRows:
      return "partial sums of rows";
    case MessageFormat::kInt16Rows:
      return "int16 rows";
    case MessageFormat::kMx:
      return "MX block";
    case MessageFormat::kSquares:
      return "sum of squares";
    case MessageFormat::kWinner:
      return "winner";
    case MessageFormat::kAnswer:
      return "answer";
    case MessageFormat::kRopeRow:
      return "RoPE row";
    case MessageFormat::kLogits:
      return "logits";
  }
  return "?";
}

int message_words(const MessageTensor& tensor) {
  switch (tensor.format) {
    case MessageFormat::kToken:
      return 1;
    case MessageFormat::kInt32Rows:
    case MessageFormat::kPartialRows:
    case MessageFormat::kLogits:
      return tensor.length;
    case MessageFormat::kInt16Rows:
    case MessageFormat::kRopeRow:
      return tensor.length / 2;
    case MessageFormat::kMx:
      return tensor.length / 4 + 1;
    case MessageFormat::kSquares:
    case MessageFormat::kWinner:
    case MessageFormat::kAnswer:
      return 2;
  }
  return 0;
}

const char* buffer_name(Buffer buffer) {
  switch (buffer) {
    case Buffer::kToken:
      return "token";
    case Buffer::kX:
      return "x";
    case Buffer::kY:
      return "y";
    case Buffer::kSquares:
      return "squares";
    case Buffer::kBlocks:
      return "blocks";
    case Buffer::kSister:
      return "sister";
    case Buffer::kHeads:
      return "heads";
    case Buffer::kRope:
      return "rope";
    case Buffer::kWinners:
      return "winners";
  }
  return "?";
}

std::string kernel_name(const Kernel& kernel) {
  switch (kernel.op) {
    case Operator::kEmbedding:
    case Operator::kRope:
    case Operator::kFinalNorm:
    case Operator::kLogits:
    case Operator::kArgmax:
      return fmt::format("{} {}", operator_name(kernel.op), kernel.index);
    default:
      return fmt::format("layer {} {} {}", kernel.layer, operator_name(kernel.op), kernel.index);
  }
}

Op result_op(Operator op) {
  switch (op) {
    case Operator::kEmbedding:
      return Op::kEmbedding;
    case Operator::kAttentionNorm:
      return Op::kAttentionNorm;
    case Operator::kAttention:
      return Op::kAttention;
    case Operator::kOutput:
      return Op::kAttentionOutput;
    case Operator::kFfnNorm:
      return Op::kFfnNorm;
    case Operator::kHidden:
      return Op::kHidden;
    case Operator::kDown:
      return Op::kDown;
    case Operator::kFinalNorm:
      return Op::kFinalNorm;
    case Operator::kLogits:
      return Op::kLogits;
    case Operator::kRope:
    case Operator::kQkv:
    case Operator::kArgmax:
      break;
  }
  fail(ErrorKind::kRouting, "operator {} has no golden op of its own", operator_name(op));
}

int stream_words(const KernelGraph& graph, int stream) {
  int words = 0;
  for (const int producer : graph.streams[stream].producers) {
    if (producer == kHost) return 2;
    for (const Send& send : graph.kernels[producer].sends) {
      if (send.stream == stream) words += 1 + message_words(send.tensor);
    }
  }
  return words;
}

std::string describe(const KernelGraph& graph) {
  std::string text = describe(graph.shape) + describe(graph.partition);
  const auto out = std::back_inserter(text);
  const auto name = [&](int kernel) {
    return kernel == kHost ? std::string("host") : kernel_name(graph.kernels[kernel]);
  };
  fmt::format_to(out, "graph: {} kernels, {} streams\n", graph.kernels.size(), graph.streams.size());
  for (const Stream& stream : graph.streams) {
    fmt::format_to(out, "  {} ({}):", stream.name,
                   stream.kind == StreamKind::kMulticast ? "multicast" : "merge");
    for (const int kernel : stream.producers) fmt::format_to(out, " {},", name(kernel));
    text.back() = ' ';
    fmt::format_to(out, "->");
    for (const int kernel : stream.consumers) fmt::format_to(out, " {},", name(kernel));
    text.back() = '\n';
  }
  return text;
}

}  // namespace tessera
