#include "host/runtime/control_plane.h"

#include <algorithm>
#include <string>

#include "host/error/error.h"

namespace tessera {
namespace {

constexpr size_t kOutstanding = 32;                 // requests of one tree that wait for their responses
constexpr std::uint64_t kPatience = 1'000'000'000;  // cycles
constexpr std::uint64_t kProgressWords = 4096;

std::string tile_name(const sim::WaferShape& shape, int tile) {
  return fmt::format("tile {},{}", shape.x(tile), shape.y(tile));
}

// One tree: its messages, by index, and which of them are on their way.
struct Tree {
  EdgeAddress edge;
  std::vector<size_t> messages;
  size_t next = 0;
  std::vector<size_t> outstanding;
};

class Control {
 public:
  Control(WaferPort& port, const Forest& forest, std::vector<ControlMessage> messages)
      : port_(port), messages_(std::move(messages)), responses_(messages_.size()) {
    trees_.resize(forest.roots.size());
    for (size_t root = 0; root < trees_.size(); ++root)
      trees_[root].edge = root_edge(forest, static_cast<int>(root));
    for (size_t i = 0; i < messages_.size(); ++i) {
      Tree& tree = trees_[messages_[i].root];
      // Numbers of messages that are on their way together differ.
      set_identity(messages_[i], static_cast<std::uint16_t>(tree.messages.size()));
      tree.messages.push_back(i);
      progress_.words += messages_[i].words.size();
    }
  }

  std::vector<std::vector<std::uint32_t>> run(const std::function<void(const ControlProgress&)>& progress) {
    std::uint64_t reported = 0;
    for (Tree& tree : trees_) feed(tree);
    while (waiting_ > 0) {
      if (port_.advance(port_.cycle() + kPatience) != WaferPort::Stop::kReceived) report_missing();
      for (const ReceivedMessage& received : port_.take_received()) accept(received);
      if (progress && progress_.words_done >= reported + kProgressWords) {
        reported = progress_.words_done;
        progress(progress_);
      }
    }
    return std::move(responses_);
  }

 private:
  void feed(Tree& tree) {
    while (tree.next < tree.messages.size() && tree.outstanding.size() < kOutstanding) {
      const size_t index = tree.messages[tree.next++];
      const ControlMessage& message = messages_[index];
      port_.send(tree.edge, rtl::kRequestColor, message.words, port_.cycle());
      if (message.tile < 0) {
        progress_.words_done += message.words.size();
      } else {
        tree.outstanding.push_back(index);
        ++waiting_;
      }
    }
  }

  void accept(const ReceivedMessage& received) {
    const auto tree = std::find_if(trees_.begin(), trees_.end(),
                                   [&](const Tree& candidate) { return candidate.edge == received.edge; });
    if (tree == trees_.end() || received.color != static_cast<int>(rtl::kResponseColor))
      fail(ErrorKind::kFabric, "a message of color {} arrived while no token is on the wafer",
           received.color);
    const auto found = std::find_if(tree->outstanding.begin(), tree->outstanding.end(), [&](size_t index) {
      return messages_[index].operation == received.words.front();
    });
    if (found == tree->outstanding.end())
      fail(ErrorKind::kFabric,
           "control plane: a response {:#x} that answers no request, on the edge link {} {}",
           received.words.front(), received.edge.side == sim::EdgeSide::kWest ? "west" : "east",
           received.edge.row);
    const ControlMessage& message = messages_[*found];
    const std::string tile = tile_name(port_.shape(), message.tile);
    if (received.words.size() != 1 + message.response_words)
      fail(ErrorKind::kFabric, "control plane: {} answered with {} words, expected {}", tile,
           received.words.size() - 1, message.response_words);
    if (message.has_checksum && received.words[1] != message.checksum)
      fail(ErrorKind::kFabric, "{}: memory at {:#x} was not loaded: checksum {:#010x}, expected {:#010x}",
           tile, message.words[message.operation_at + 1], received.words[1], message.checksum);
    responses_[*found].assign(received.words.begin() + 1, received.words.end());
    progress_.words_done += message.words.size();
    tree->outstanding.erase(found);
    --waiting_;
    feed(*tree);
  }

  [[noreturn]] void report_missing() {
    for (const Tree& tree : trees_) {
      if (tree.outstanding.empty()) continue;
      const ControlMessage& message = messages_[tree.outstanding.front()];
      fail(ErrorKind::kFabric, "control plane: {} did not answer (address {:#x}), cycle {}",
           tile_name(port_.shape(), message.tile), message.words[message.operation_at + 1], port_.cycle());
    }
    fail(ErrorKind::kFabric, "control plane: cycle {}: no answer", port_.cycle());
  }

  WaferPort& port_;
  std::vector<ControlMessage> messages_;
  std::vector<std::vector<std::uint32_t>> responses_;
  std::vector<Tree> trees_;
  size_t waiting_ = 0;
  ControlProgress progress_;
};

}  // namespace

EdgeAddress root_edge(const Forest& forest, int root) {
  const ForestRoot& at = forest.roots[root];
  return {at.side == Direction::kWest ? sim::EdgeSide::kWest : sim::EdgeSide::kEast,
          at.tile / forest.columns};
}

std::vector<std::vector<std::uint32_t>> run_control(
    WaferPort& port, const Forest& forest, std::vector<ControlMessage> messages,
    const std::function<void(const ControlProgress&)>& progress) {
  return Control(port, forest, std::move(messages)).run(progress);
}

void run_to_quiescence(WaferPort& port, const char* doing) {
  while (true) {
    const WaferPort::Stop stop = port.advance(port.cycle() + kPatience);
    if (stop == WaferPort::Stop::kQuiet) return;
    if (stop == WaferPort::Stop::kReceived)
      fail(ErrorKind::kFabric, "{}: a message of color {} arrived that nobody asked for", doing,
           port.take_received().front().color);
    fail(ErrorKind::kFabric, "{}: the wafer is still busy after {} cycles", doing, kPatience);
  }
}

}  // namespace tessera
