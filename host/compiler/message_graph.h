// Who waits for whom: the order of message begins and ends, and whether it has a cycle.
//
// Buffers of the fabric count as nothing, so a message begins and ends at its producer and all its consumers
// together. A kernel that does one thing after another makes the end of the first come before the begin of
// the second. Messages that a receive rule takes are always sunk, word by word, whatever the tile or other
// messages are doing (docs/decisions/0005-receiver-follows-every-color.md), so nothing has to happen before
// they begin.
#pragma once

#include <string>
#include <vector>

#include "host/compiler/kernel_graph.h"

namespace tessera {

struct Step {
  enum class Kind {
    kSend,     // sends messages[0], all of it in memory before its header leaves
    kReceive,  // takes messages[0] itself, and nothing else meanwhile: core, map unit or MAC array from a
               // color
    kJoin,     // waits until the receive rules have put all of `messages` into memory
    kRelay,    // sends messages[1] while it takes messages[0]
  };
  Kind kind = Kind::kSend;
  std::vector<int> messages;  // numbers of MessageGraph::messages
};

// What one kernel does, in order.
struct Script {
  std::string name;
  std::vector<Step> steps;
};

struct MessageGraph {
  std::vector<std::string> messages;  // names
  std::vector<Script> scripts;
  // Scripts' last messages of the first token, and the message that frees its contexts: they must come before
  // it.
  std::vector<int> last_sends;
  int release = -1;
};

// The messages of in_flight + 1 tokens, as the kernels and the host (which admits in_flight at a time) do
// them.
MessageGraph message_graph(const KernelGraph& graph, int in_flight);

// A cycle of waits, as lines "begin of message X waits for end of message Y"; empty when there is none.
std::vector<std::string> find_wait_cycle(const MessageGraph& graph);

// Messages of last_sends that `release` does not wait for: contexts that could be overwritten while in use.
std::vector<std::string> find_early_release(const MessageGraph& graph);

}  // namespace tessera
