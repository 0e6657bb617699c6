// Where a token's cycles go: the chain of messages that made the answer late.
//
// From the answer backwards: the tile that sent it waited longest for one of its messages; that one's tile
// for another, and so on to the token's own message. Each tile on the chain is charged with the cycles from
// the last word of the message it waited for until the last word of its own, the way between the two tiles
// included. So the operators' cycles add up to the token's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "host/runtime/watch.h"

namespace tessera {

struct ProfileEntry {
  Operator op = Operator::kEmbedding;
  std::string part;          // of a kernel that sends in steps: "squares", "sums", "up"
  int layer = -1;            // -1: all layers
  std::uint64_t cycles = 0;  // on the critical chains, over all tokens
  std::uint64_t steps = 0;   // times that it was on one
};

struct Profile {
  std::uint64_t tokens = 0;
  std::uint64_t cycles = 0;             // from admission until the answer left its tile, over all tokens
  std::vector<ProfileEntry> operators;  // in the order of operators
  std::vector<ProfileEntry> layers;     // by layer and operator
};

class Profiler {
 public:
  explicit Profiler(const MessageTable& table);
  // To be called with every token that has been answered.
  void add(const WatchedToken& token);
  Profile profile() const;

 private:
  int critical_input(const WatchedToken& token, int message) const;

  const MessageTable& table_;
  std::vector<std::vector<int>> messages_of_stream_;
  int layers_;
  std::uint64_t tokens_ = 0;
  std::uint64_t cycles_ = 0;
  std::vector<ProfileEntry> entries_;  // by layer, operator, after_join
};

}  // namespace tessera
