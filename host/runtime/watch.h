// Watches every message that the wafer's tiles send: reassembles it per tile and color, notes when it began
// and ended, and compares it with the golden model.
//
// The host says which tokens are on the wafer: admit() before a token's message is sent, retire() when its
// answer is here. What is sent for no such token, or is not in the image's message table, is a mismatch as
// well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/golden/golden.h"
#include "host/runtime/message_table.h"
#include "sim/engine.h"

namespace tessera {

struct Mismatch {
  int request = -1;  // -1: not of a token
  int position = -1;
  int token = -1;
  std::string op;  // golden tensor, or what is wrong with the message
  int layer = 0;
  int index = 0;  // in the tensor
  TilePosition tile;
  std::string kernel;
  std::uint64_t cycle = 0;
  std::int64_t expected = 0;
  std::int64_t got = 0;
};

std::string describe(const Mismatch& mismatch);

// When a message of a token left its producer's core or units.
struct MessageTimes {
  std::uint64_t begin = 0;
  std::uint64_t last = 0;
  bool begun = false;
  bool ended = false;
};

// What is known of a token on the wafer.
struct WatchedToken {
  AdmittedToken token;
  std::vector<MessageTimes> messages;  // by index into image.messages
};

struct TileErrorSeen {
  int tile = 0;
  std::uint64_t cycle = 0;
  rtl::TileError error{};
};

class Watch final : public sim::EngineObserver {
 public:
  // Without a golden model messages are timed and looked up, but not compared.
  Watch(const Image& image, Golden* golden);

  void admit(const AdmittedToken& token);
  // All of the token's messages must have been seen. Its times are valid until the tag's next admit().
  const WatchedToken& retire(int tag);
  const WatchedToken* in_flight(int tag) const { return active_[tag] ? &tokens_[tag] : nullptr; }

  const MessageTable& table() const { return table_; }
  std::uint64_t compared() const { return compared_; }
  std::uint64_t mismatches() const { return mismatches_; }
  const std::optional<Mismatch>& first_mismatch() const { return first_mismatch_; }
  const std::vector<TileErrorSeen>& tile_errors() const { return tile_errors_; }

  void on_sent(int tile, std::uint64_t cycle, const sim::Wavelet& wavelet) override;
  void on_error(int tile, std::uint64_t cycle, const rtl::TileError& error) override;

 private:
  // A message on its way out of a tile.
  struct Sender {
    bool inside = false;
    int message = -1;  // index into image.messages; -1: nothing to compare with
    int tag = 0;
    std::uint32_t words = 0;              // of the payload, so far
    std::vector<std::uint32_t> expected;  // payload; empty without a golden model
  };

  void begin(int tile, int kernel, std::uint64_t cycle, int color, std::uint32_t word, Sender& sender);
  void end(int tile, std::uint64_t cycle, Sender& sender);
  void compare(int tile, std::uint64_t cycle, const Sender& sender, std::uint32_t word);
  void add_mismatch(int tile, std::uint64_t cycle, const AdmittedToken* token, std::string op, int layer,
                    int index, std::int64_t expected, std::int64_t got);
  const Trace& trace_of(int tag);

  MessageTable table_;
  const Image& image_;
  Golden* golden_;
  std::vector<Sender> senders_;  // by kernel, color

  WatchedToken tokens_[rtl::kTagCount];
  bool active_[rtl::kTagCount] = {};
  Trace traces_[rtl::kTagCount];
  std::vector<int> without_trace_;  // tags, in the order of admission

  std::uint64_t compared_ = 0;
  std::uint64_t mismatches_ = 0;
  std::optional<Mismatch> first_mismatch_;
  std::vector<TileErrorSeen> tile_errors_;
};

}  // namespace tessera
