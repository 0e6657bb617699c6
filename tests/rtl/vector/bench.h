// The Verilated vector part of a tile (vector_top.sv), with hands to play the rest of it.
//
// Everything that may refuse or be late does so at random, at the rates asked for. Every cycle a second model
// must do the same whose blocks are clocked as in the tile, only when they say that they are busy or are
// handed something: that is what busy means.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "Vvector_top.h"
#include "tessera_constants.h"
#include "tests/rtl/vector/oracle.h"

namespace tessera::rtl {

// Chances in a cycle.
struct StallRates {
  double bus_read = 0;        // the bus takes the SRAM's read port
  double bus_write = 0;       // ... or its write port
  double receiver_write = 0;  // the receiver takes the write port
  double take = 0;            // the ramp serves somebody else
  double arrival = 0;         // the fabric delivers nothing
  double send = 0;            // there is no credit
};
inline constexpr StallRates kSomeStalls{0.1, 0.05, 0.1, 0.1, 0.2, 0.2};
inline constexpr StallRates kManyStalls{0.4, 0.2, 0.4, 0.5, 0.6, 0.6};

struct ErrorEvent {
  uint32_t kind = 0;
  uint32_t color = 0;  // of ErrorLength

  bool operator==(const ErrorEvent&) const = default;
};

// What happened in all cycles so far.
struct Counts {
  uint64_t cycles = 0;
  uint64_t mac_active = 0;
  uint64_t map_active = 0;
  uint64_t refused = 0;
};

class VectorBench {
 public:
  explicit VectorBench(uint64_t seed = 1, StallRates stalls = {});
  ~VectorBench();

  void cycle();
  void cycles(int count);

  // The register bus. Blocking accesses wait, as the core does; more than `limit` cycles are a failure.
  void write_register(uint32_t address, uint32_t value, bool blocking = true);
  uint32_t read_register(uint32_t address, bool blocking = true, int limit = 200'000);
  bool register_ready(uint32_t address, bool write);  // would a blocking access be served in this cycle?
  void launch(uint32_t header, uint32_t address, uint32_t count);
  void wait_units() { read_register(kRegWaitUnits); }
  Reductions reductions();  // position is not visible

  // Memories, at once.
  void set_sram(std::span<const uint8_t> bytes);
  std::vector<uint8_t> sram() const;
  void set_acc(uint32_t entry, std::span<const int32_t> lanes);
  std::array<int32_t, kLaneCount> acc(uint32_t entry) const;

  // Messages to come, in order on each color.
  void deliver(uint32_t color, const Message& message);
  void deliver_word(const Word& word) { arriving_[word.color].push_back(word); }
  bool delivered() const;
  bool send_blocked = false;  // no credits at all

  std::vector<Word> sent;
  std::vector<ErrorEvent> errors;
  Counts counts;
  Vvector_top& model() { return *models_[0]; }
  bool busy() const { return busy_; }          // in the last cycle
  std::array<bool, kAccEntries> full() const;  // entries of the accumulators

 private:
  bool happens(double rate) { return rate > 0 && std::uniform_real_distribution<>()(random_) < rate; }
  template <typename Function>
  void each(Function function) {
    for (const auto& model : models_) function(*model);
  }
  void drive_memory_ports();
  void drive_ramp();
  void observe();
  void compare_models();

  std::mt19937_64 random_;
  StallRates stalls_;
  std::array<std::unique_ptr<Vvector_top>, 2> models_;  // the second is clocked block by block
  std::array<std::deque<Word>, kColorCount> arriving_;
  bool busy_ = false;
};

// Bytes at the end of the SRAM that the bench itself writes to when it plays bus and receiver.
inline constexpr uint32_t kScratchBytes = 256;
inline constexpr uint32_t kScratchAddress = kSramBytes - kScratchBytes;

}  // namespace tessera::rtl
