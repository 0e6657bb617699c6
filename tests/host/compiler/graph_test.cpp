// The kernel graph: every element of every tensor is sent by somebody, and streams keep the rules of the
// fabric.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "firmware/parameters.h"
#include "host/compiler/build_graph.h"
#include "host/compiler/message_graph.h"
#include "tests/host/compiler/cases.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

constexpr int kDataColors = rtl::kColorCount - rtl::kFirstDataColor;

// Elements of each golden tensor that messages of one stream (a multicast) or of all merges to one tile
// carry.
void check_coverage(const KernelGraph& graph) {
  std::map<std::pair<Op, int>, std::vector<int>> sent;  // op, layer: how often each element is sent
  for (const Kernel& kernel : graph.kernels) {
    std::set<int> parts_seen;
    for (const Send& send : kernel.sends) {
      const MessageTensor& tensor = send.tensor;
      EXPECT_LE(tensor.count, tensor.length);
      if (tensor.format == MessageFormat::kRopeRow || tensor.format == MessageFormat::kAnswer ||
          tensor.format == MessageFormat::kSquares || tensor.format == MessageFormat::kWinner)
        continue;
      const int elements = op_elements(graph.shape.config, tensor.op);
      EXPECT_LE(tensor.first + tensor.count, elements) << kernel_name(kernel);
      auto& counts = sent[{tensor.op, tensor.layer}];
      counts.resize(static_cast<size_t>(elements), 0);
      for (int i = tensor.first; i < tensor.first + tensor.count; ++i) ++counts[static_cast<size_t>(i)];
    }
  }
  for (int layer = 0; layer < graph.shape.config.layers; ++layer) {
    for (const Op op : {Op::kAttentionNorm, Op::kQuery, Op::kKey, Op::kValue, Op::kAttention,
                        Op::kAttentionOutput, Op::kFfnNorm, Op::kHidden, Op::kDown}) {
      const auto& counts = sent[std::pair(op, layer)];
      ASSERT_EQ(counts.size(), static_cast<size_t>(op_elements(graph.shape.config, op))) << op_name(op);
      for (const int count : counts) EXPECT_GE(count, 1) << op_name(op) << " of layer " << layer;
    }
  }
  for (const Op op : {Op::kEmbedding, Op::kFinalNorm, Op::kLogits})
    for (const int count : sent[std::pair(op, 0)]) EXPECT_GE(count, 1) << op_name(op);
}

// Of every row of o and down, every block of the inputs is in the sums of one tile.
void check_partial_sums(const KernelGraph& graph) {
  for (int layer = 0; layer < graph.shape.config.layers; ++layer) {
    for (const auto& [op, input] :
         {std::pair(Op::kAttentionOutput, Op::kAttention), std::pair(Op::kDown, Op::kHidden)}) {
      const size_t blocks = block_ranges(graph.shape.config, input).size();
      std::map<std::pair<int, size_t>, int> summed;  // row, block: how often
      for (const Kernel& kernel : graph.kernels)
        for (const Send& send : kernel.sends) {
          const MessageTensor& tensor = send.tensor;
          if (tensor.op != op || tensor.layer != layer) continue;
          // What a tile that leads sends has the others' sums in it; its own are over its own blocks.
          const auto& linear = std::get<LinearWork>(kernel.work);
          const auto first = static_cast<size_t>(linear.first_block);
          const size_t end = first + static_cast<size_t>(linear.blocks);
          if (tensor.format == MessageFormat::kPartialRows) {
            EXPECT_EQ(tensor.first_block, linear.first_block);
            EXPECT_EQ(tensor.blocks, linear.blocks);
          }
          for (int row = tensor.first; row < tensor.first + tensor.count; ++row)
            for (size_t block = first; block < end; ++block) ++summed[{row, block}];
        }
      EXPECT_EQ(summed.size(), static_cast<size_t>(graph.shape.config.dim) * blocks);
      for (const auto& [at, count] : summed) EXPECT_EQ(count, 1) << op_name(op) << " row " << at.first;
    }
  }
}

void check_streams(const KernelGraph& graph) {
  for (size_t i = 0; i < graph.streams.size(); ++i) {
    const Stream& stream = graph.streams[i];
    SCOPED_TRACE(stream.name);
    EXPECT_FALSE(stream.producers.empty());
    EXPECT_FALSE(stream.consumers.empty());
    EXPECT_EQ((stream.kind == StreamKind::kMerge ? stream.consumers : stream.producers).size(), 1u);
    for (const int producer : stream.producers)
      EXPECT_THAT(stream.consumers, testing::Not(testing::Contains(producer)));
    std::set<int> parts;
    for (const int producer : stream.producers) {
      if (producer == kHost) continue;
      for (const Send& send : graph.kernels[static_cast<size_t>(producer)].sends) {
        if (send.stream != static_cast<int>(i)) continue;
        EXPECT_GE(send.part, 0);
        EXPECT_LE(send.part, 255);
        EXPECT_LE(message_words(send.tensor), 256);
        const bool alternatives = graph.kernels[static_cast<size_t>(producer)].op == Operator::kEmbedding;
        EXPECT_TRUE(parts.insert(send.part).second || alternatives) << "part " << send.part;
      }
    }
    for (const int consumer : stream.consumers) {
      if (consumer == kHost) continue;
      int rules = 0;
      for (const Receive& receive : graph.kernels[static_cast<size_t>(consumer)].receives)
        rules += receive.stream == static_cast<int>(i);
      EXPECT_EQ(rules, 1);
    }
  }
  for (const Kernel& kernel : graph.kernels) {
    std::set<int> outgoing;
    for (const Send& send : kernel.sends) outgoing.insert(send.stream);
    EXPECT_LE(outgoing.size(), static_cast<size_t>(kDataColors)) << kernel_name(kernel);
    EXPECT_LE(kernel.receives.size(), static_cast<size_t>(kDataColors)) << kernel_name(kernel);
    EXPECT_FALSE(kernel.receives.empty()) << kernel_name(kernel);
  }
}

TEST(KernelGraph, RandomModelsAreCovered) {
  std::mt19937_64 random(test_seed(3));
  for (int i = 0; i < 100; ++i) {
    const ModelConfig config = random_shape(random);
    SCOPED_TRACE(name_of(config));
    WaferConfig wafer;
    const ModelShape shape = make_shape(quantized_random_model(config, 1), wafer);
    const Partition partition = choose_partition(shape, wafer, 500, 20 + static_cast<int>(random() % 300));
    const KernelGraph graph = build_graph(shape, partition);
    EXPECT_EQ(graph.kernels.size(), static_cast<size_t>(partition_tiles(shape, partition)));
    check_coverage(graph);
    check_partial_sums(graph);
    check_streams(graph);
    EXPECT_THAT(find_wait_cycle(message_graph(graph, 4)), testing::IsEmpty());
    EXPECT_THAT(find_early_release(message_graph(graph, 4)), testing::IsEmpty());
    if (HasFailure()) return;
  }
}

TEST(KernelGraph, SayWhatTheyAre) {
  WaferConfig wafer;
  const ModelShape shape = make_shape(quantized_random_model({16, 24, 1, 2, 1, 40, 16, true}, 3), wafer);
  const KernelGraph graph = build_graph(shape, choose_partition(shape, wafer, 16, 12));
  EXPECT_THAT(describe(graph),
              testing::HasSubstr("layer 0 hidden blocks to 0 (merge): layer 0 hidden 0 -> layer 0 down 0"));
}

// ---- waits

Script kernel(const char* name, std::vector<Step> steps) { return {name, std::move(steps)}; }
Step send(int message) { return {Step::Kind::kSend, {message}}; }
Step take(int message) { return {Step::Kind::kReceive, {message}}; }
Step join(std::vector<int> messages) { return {Step::Kind::kJoin, std::move(messages)}; }
Step relay(int in, int out) { return {Step::Kind::kRelay, {in, out}}; }

TEST(Waits, TwoMulticastsTakenInOppositeOrderDeadlock) {
  MessageGraph graph;
  graph.messages = {"A", "B"};
  graph.scripts = {kernel("left", {send(0)}), kernel("right", {send(1)}), kernel("first", {take(0), take(1)}),
                   kernel("second", {take(1), take(0)})};
  const auto cycle = find_wait_cycle(graph);
  EXPECT_THAT(cycle, testing::Contains("the begin of 'B' waits for the end of 'A'"));
  EXPECT_THAT(cycle, testing::Contains("the begin of 'A' waits for the end of 'B'"));
  graph.scripts[3] = kernel("second", {take(0), take(1)});
  EXPECT_THAT(find_wait_cycle(graph), testing::IsEmpty());
  graph.scripts[3] = kernel("second", {join({0, 1})});  // a receiver takes them in any order
  graph.scripts[2] = kernel("first", {join({1, 0})});
  EXPECT_THAT(find_wait_cycle(graph), testing::IsEmpty());
}

TEST(Waits, KernelsThatWaitForEachOtherDeadlock) {
  MessageGraph graph;
  graph.messages = {"there", "back"};
  graph.scripts = {kernel("one", {take(1), send(0)}), kernel("other", {take(0), send(1)})};
  EXPECT_EQ(find_wait_cycle(graph).size(), 4u);
  graph.scripts[0] = kernel("one", {send(0), take(1)});
  EXPECT_THAT(find_wait_cycle(graph), testing::IsEmpty());
  // A join before the send is a wait too.
  graph.scripts[0] = kernel("one", {join({1}), send(0)});
  graph.scripts[1] = kernel("other", {join({0}), send(1)});
  EXPECT_FALSE(find_wait_cycle(graph).empty());
}

TEST(Waits, RelaysPassBeginsAndEndsOn) {
  MessageGraph graph;
  graph.messages = {"in", "out", "other"};
  graph.scripts = {kernel("source", {send(0), send(2)}), kernel("relay", {relay(0, 1)}),
                   kernel("sink", {take(1), take(2)})};
  EXPECT_THAT(find_wait_cycle(graph), testing::IsEmpty());
  graph.scripts[2] =
      kernel("sink", {take(2), take(1)});  // `other` only comes when `in`, and so `out`, has ended
  EXPECT_FALSE(find_wait_cycle(graph).empty());
}

TEST(Waits, AnAnswerThatDoesNotWaitForAllFreesTooEarly) {
  MessageGraph graph;
  graph.messages = {"token", "answer", "stray"};
  graph.scripts = {kernel("host", {send(0)}), kernel("kernel", {join({0}), send(1), send(2)})};
  graph.last_sends = {1, 2};
  graph.release = 1;
  EXPECT_THAT(find_early_release(graph), testing::ElementsAre("stray"));
}

}  // namespace
}  // namespace tessera
