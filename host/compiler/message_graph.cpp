#include "host/compiler/message_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tessera {
namespace {

// Events: begin of message m is 2m, its end 2m + 1; joins follow. An arc leads from what happens first.
struct Order {
  std::vector<std::vector<int>> next;  // by event

  int add_event() {
    next.emplace_back();
    return static_cast<int>(next.size()) - 1;
  }
  void add_arcs(const std::vector<int>& before, int after) {
    for (const int event : before) next[event].push_back(after);
  }
};

int begin_of(int message) { return 2 * message; }
int end_of(int message) { return 2 * message + 1; }

void add_script(const Script& script, Order& order) {
  std::vector<int> done;  // what has happened before the next step begins
  for (const Step& step : script.steps) {
    const int first = step.messages.empty() ? -1 : step.messages[0];
    switch (step.kind) {
      case Step::Kind::kSend:
      case Step::Kind::kReceive:
        order.add_arcs(done, begin_of(first));
        done = {end_of(first)};
        break;
      case Step::Kind::kJoin: {
        const int join = order.add_event();
        order.add_arcs(done, join);
        for (const int message : step.messages) order.add_arcs({end_of(message)}, join);
        done = {join};
        break;
      }
      case Step::Kind::kRelay: {
        const int out = step.messages[1];
        order.add_arcs(done, begin_of(first));
        order.add_arcs(done, begin_of(out));
        order.add_arcs({begin_of(first)}, begin_of(out));
        order.add_arcs({end_of(first)}, end_of(out));
        order.add_arcs({begin_of(out)}, end_of(first));  // nothing holds the message in between
        done = {end_of(first), end_of(out)};
        break;
      }
    }
  }
}

Order order_of(const MessageGraph& graph) {
  Order order;
  order.next.resize(2 * graph.messages.size());
  for (size_t message = 0; message < graph.messages.size(); ++message)
    order.add_arcs({begin_of(static_cast<int>(message))}, end_of(static_cast<int>(message)));
  for (const Script& script : graph.scripts) add_script(script, order);
  return order;
}

std::string event_name(const MessageGraph& graph, int event) {
  if (event >= static_cast<int>(2 * graph.messages.size())) return "a join";
  return fmt::format("the {} of '{}'", event % 2 == 0 ? "begin" : "end", graph.messages[event / 2]);
}

// Numbers the messages of the unrolled tokens.
struct Unroller {
  const KernelGraph& graph;
  MessageGraph result;
  std::map<std::pair<int, int>, std::vector<int>> of_stream;  // by token, stream

  int add(int token, int stream, int part) {
    const auto message = static_cast<int>(result.messages.size());
    result.messages.push_back(fmt::format("{}, part {}, token {}", graph.streams[stream].name, part, token));
    of_stream[{token, stream}].push_back(message);
    return message;
  }
};

}  // namespace

MessageGraph message_graph(const KernelGraph& graph, int in_flight) {
  Unroller unroller{graph, {}, {}};
  const int tokens = in_flight + 1;
  std::vector<std::vector<std::vector<int>>> sent(tokens);  // by token, kernel: messages as in sends
  Script host{"host", {}};
  for (int token = 0; token < tokens; ++token) {
    sent[token].resize(graph.kernels.size());
    unroller.add(token, graph.token_stream, 0);
    for (size_t kernel = 0; kernel < graph.kernels.size(); ++kernel)
      for (const Send& send : graph.kernels[kernel].sends)
        sent[token][kernel].push_back(unroller.add(token, send.stream, send.part));
  }
  for (int token = 0; token < tokens; ++token) {
    if (token >= in_flight)
      host.steps.push_back({Step::Kind::kJoin, unroller.of_stream[{token - in_flight, graph.answer_stream}]});
    host.steps.push_back({Step::Kind::kSend, unroller.of_stream[{token, graph.token_stream}]});
  }
  MessageGraph& result = unroller.result;
  result.release = unroller.of_stream[{0, graph.answer_stream}].front();
  result.scripts.push_back(std::move(host));
  for (size_t index = 0; index < graph.kernels.size(); ++index) {
    const Kernel& kernel = graph.kernels[index];
    Script script{kernel_name(kernel), {}};
    int joins = 0;
    for (const Receive& receive : kernel.receives) joins = std::max(joins, receive.join + 1);
    for (int token = 0; token < tokens; ++token) {
      for (int join = 0; join < joins; ++join) {
        Step step{Step::Kind::kJoin, {}};
        for (const Receive& receive : kernel.receives) {
          if (receive.join != join) continue;
          const std::vector<int>& messages = unroller.of_stream[{token, receive.stream}];
          step.messages.insert(step.messages.end(), messages.begin(), messages.end());
        }
        script.steps.push_back(std::move(step));
        for (size_t i = 0; i < kernel.sends.size(); ++i)
          if (kernel.sends[i].after_join == join)
            script.steps.push_back({Step::Kind::kSend, {sent[token][index][i]}});
      }
    }
    if (!sent[0][index].empty()) result.last_sends.push_back(sent[0][index].back());
    result.scripts.push_back(std::move(script));
  }
  return std::move(unroller.result);
}

std::vector<std::string> find_wait_cycle(const MessageGraph& graph) {
  const Order order = order_of(graph);
  enum : char { kNew, kOpen, kDone };
  std::vector<char> state(order.next.size(), kNew);
  struct Frame {
    int event;
    size_t next;
  };
  std::vector<Frame> path;
  for (size_t start = 0; start < order.next.size(); ++start) {
    if (state[start] != kNew) continue;
    path.push_back({static_cast<int>(start), 0});
    state[start] = kOpen;
    while (!path.empty()) {
      Frame& frame = path.back();
      if (frame.next == order.next[frame.event].size()) {
        state[frame.event] = kDone;
        path.pop_back();
        continue;
      }
      const int event = order.next[frame.event][frame.next++];
      if (state[event] == kNew) {
        state[event] = kOpen;
        path.push_back({event, 0});
      } else if (state[event] == kOpen) {
        const auto from =
            std::find_if(path.begin(), path.end(), [&](const Frame& other) { return other.event == event; });
        std::vector<std::string> lines;
        for (auto at = from; at != path.end(); ++at) {
          const int after = at + 1 == path.end() ? event : (at + 1)->event;
          lines.push_back(
              fmt::format("{} waits for {}", event_name(graph, after), event_name(graph, at->event)));
        }
        return lines;
      }
    }
  }
  return {};
}

std::vector<std::string> find_early_release(const MessageGraph& graph) {
  if (graph.release < 0) return {};
  const Order order = order_of(graph);
  std::vector<std::vector<int>> before(order.next.size());
  for (size_t event = 0; event < order.next.size(); ++event)
    for (const int after : order.next[event]) before[after].push_back(static_cast<int>(event));
  std::vector<char> seen(order.next.size(), 0);
  std::vector<int> queue{end_of(graph.release)};
  seen[queue[0]] = 1;
  for (size_t next = 0; next < queue.size(); ++next) {
    for (const int event : before[queue[next]]) {
      if (seen[event]) continue;
      seen[event] = 1;
      queue.push_back(event);
    }
  }
  std::vector<std::string> early;
  for (const int message : graph.last_sends)
    if (!seen[end_of(message)]) early.push_back(graph.messages[message]);
  return early;
}

}  // namespace tessera
