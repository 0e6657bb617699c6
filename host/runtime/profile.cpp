#include "host/runtime/profile.h"

#include <algorithm>

namespace tessera {
namespace {

constexpr int kSteps = 2;  // joins that a kernel waits for one after the other

// What a message is to its operator when it is not the result.
const char* part_of(const Kernel& kernel, const MessageTensor& tensor) {
  if (tensor.format == MessageFormat::kSquares) return "squares";
  if (tensor.format == MessageFormat::kPartialRows) return "sums";
  return kernel.op == Operator::kHidden && tensor.op == Op::kUp ? "up" : "";
}

}  // namespace

Profiler::Profiler(const MessageTable& table)
    : table_(table), layers_(std::max(1, table.image().graph.shape.config.layers)) {
  const Image& image = table.image();
  messages_of_stream_.resize(image.graph.streams.size());
  for (size_t i = 0; i < image.messages.size(); ++i)
    messages_of_stream_[image.messages[i].stream].push_back(static_cast<int>(i));
  entries_.resize(static_cast<size_t>(layers_) * kOperators * kSteps);
}

// The message that this one's kernel waited for longest; -1: the token itself.
int Profiler::critical_input(const WatchedToken& token, int message) const {
  const Kernel& kernel = table_.image().graph.kernels[table_.image().messages[message].kernel];
  const int joins = table_.send_of(message).after_join;
  int latest = -1;
  for (const Receive& receive : kernel.receives) {
    if (receive.join > joins) continue;
    for (const int candidate : messages_of_stream_[receive.stream]) {
      const MessageTimes& times = token.messages[candidate];
      if (!times.ended || times.last > token.messages[message].last) continue;
      if (latest < 0 || times.last > token.messages[latest].last) latest = candidate;
    }
  }
  return latest;
}

void Profiler::add(const WatchedToken& token) {
  const Image& image = table_.image();
  const std::vector<int>& answers = messages_of_stream_[image.graph.answer_stream];
  if (answers.empty() || !token.messages[answers.front()].ended) return;
  ++tokens_;
  cycles_ += token.messages[answers.front()].last - token.token.admitted;
  int steps_left = table_.messages();  // a chain is not longer; a wafer gone wrong may have no order
  for (int message = answers.front(); message >= 0 && steps_left-- > 0;) {
    const int input = critical_input(token, message);
    const std::uint64_t begin = input < 0 ? token.token.admitted : token.messages[input].last;
    const Kernel& kernel = image.graph.kernels[image.messages[message].kernel];
    const int step = std::min(kSteps - 1, table_.send_of(message).after_join);
    const size_t at = (static_cast<size_t>(std::clamp(kernel.layer, 0, layers_ - 1)) * kOperators +
                       static_cast<int>(kernel.op)) *
                          kSteps +
                      step;
    ProfileEntry& entry = entries_[at];
    entry.op = kernel.op;
    entry.layer = kernel.layer;
    entry.part = part_of(kernel, image.messages[message].tensor);
    entry.cycles += token.messages[message].last - begin;
    ++entry.steps;
    message = input;
  }
}

Profile Profiler::profile() const {
  Profile profile;
  profile.tokens = tokens_;
  profile.cycles = cycles_;
  for (int op = 0; op < kOperators; ++op) {
    for (int step = 0; step < kSteps; ++step) {
      ProfileEntry sum;
      sum.op = static_cast<Operator>(op);
      for (int layer = 0; layer < layers_; ++layer) {
        const ProfileEntry& entry = entries_[(static_cast<size_t>(layer) * kOperators + op) * kSteps + step];
        if (entry.steps == 0) continue;
        sum.part = entry.part;
        sum.cycles += entry.cycles;
        sum.steps += entry.steps;
      }
      if (sum.steps > 0) profile.operators.push_back(sum);
    }
  }
  for (const ProfileEntry& entry : entries_) {
    if (entry.steps > 0) profile.layers.push_back(entry);
  }
  return profile;
}

}  // namespace tessera
