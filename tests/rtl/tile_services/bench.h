// Verilated tile services, with everything around them: the router's end of the ramp, memories, and hands to
// play the core, the map unit and the MAC array.
//
// Everything that may refuse does so at random, at the rates asked for; read data that nobody asked for is
// noise. Every cycle a second model, whose boxes are clocked only when they say that they are busy, must do
// the same: that is what busy means. Credits are checked both ways.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "Vtile_services_top.h"
#include "sim/wavelet.h"
#include "tessera_constants.h"

namespace tessera::rtl {

struct StallRates {
  double bus = 0;       // chance that the SRAM refuses an access of the bus in a cycle
  double receiver = 0;  // ... or a write of the receiver
  double arrival = 0;   // ... or that the router delivers nothing
  double credit = 0;    // ... or returns no credit
};

struct CoreAccess {
  bool write = false;
  uint32_t address = 0;
  uint32_t data = 0;
  uint32_t enables = 0xf;
};

// A wavelet that the tile sent, and where color 0 led then.
struct Sent {
  uint64_t cycle = 0;
  sim::Wavelet wavelet;
  uint32_t request_mask = 0;
};

class ServicesBench {
 public:
  explicit ServicesBench(uint64_t seed = 1, StallRates stalls = {});
  ~ServicesBench();

  StallRates stalls;
  template <typename Function>
  void set_inputs(Function set) {  // those that the bench does not drive
    each(set);
  }

  void cycle();
  void cycles(int count);
  // Until nothing is on its way and the tile is idle; more than `limit` cycles are a failure.
  void settle(int limit = 100'000);

  // The router delivers the words in order, each as soon as there is a credit for it, colors at random.
  void deliver(uint32_t color, const std::vector<uint32_t>& words, bool last = true);
  bool delivered() const;
  std::vector<Sent> sent;
  std::vector<uint32_t> take_sent(uint32_t color);  // data of what has been sent on a color, and forgets it

  // The core. A request stays until it is granted; core_data() is what the last read gave.
  void core_request(const CoreAccess& access);
  void core_withdraw() { core_.reset(); }
  bool core_waits() const { return core_.has_value(); }
  uint32_t core_data() const { return core_data_; }
  uint32_t core_read(uint32_t address, uint32_t enables = 0xf);
  void core_write(uint32_t address, uint32_t data, uint32_t enables = 0xf);
  void write_rule(uint32_t color, const ReceiveRule& rule);

  // The map unit and the MAC array: colors whose wavelets they take, and what the map unit sends.
  std::array<std::optional<uint32_t>, 2> take_colors;  // map unit, MAC array
  std::array<std::vector<sim::Wavelet>, 2> taken;
  std::deque<sim::Wavelet> map_sends;

  bool idle() const { return idle_; }                 // in the last cycle
  sim::CreditBits credit() const { return credit_; }  // ... what the ramp returned
  TileError error() const { return std::bit_cast<TileError>(models_[0]->error_o); }
  uint64_t now() const { return cycle_; }
  uint64_t awake_cycles = 0;
  uint64_t waiting_cycles = 0;  // of the core for a register
  uint64_t send_stalled_cycles = 0;
  uint64_t control_grants = 0;

  uint32_t word(uint32_t address) const;  // of SRAM or instruction memory, by the map's addresses
  void set_word(uint32_t address, uint32_t value);

 private:
  using Models = std::array<std::unique_ptr<Vtile_services_top>, 2>;

  template <typename Function>
  void each(Function function) {
    for (const auto& model : models_) function(*model);
  }
  bool happens(double rate) { return std::uniform_real_distribution<>()(random_) < rate; }
  std::optional<uint32_t> pick(uint32_t colors);
  void drive_arrival();
  void drive_credit();
  void drive_units();
  void check_outputs_agree();
  void check_takes();
  void observe();
  void access_memories();

  std::mt19937_64 random_;
  Models models_;  // the second is clocked box by box
  std::vector<uint8_t> memory_;
  std::array<uint32_t, 4> sram_data_{};
  uint32_t instruction_data_ = 0;
  uint64_t cycle_ = 0;
  bool idle_ = false;
  sim::CreditBits credit_ = 0;
  uint32_t request_mask_ = 0;

  std::array<std::deque<sim::Wavelet>, kColorCount> arrivals_;
  std::array<int, kColorCount> arrival_credits_;  // of the router, for the ramp's FIFOs
  std::array<int, kColorCount> owed_{};           // credits that the router has not returned
  std::array<int, kColorCount> stored_{};         // wavelets in the ramp's FIFOs

  std::optional<CoreAccess> core_;
  bool core_answer_due_ = false;
  uint32_t core_data_ = 0;
};

// A message's data words after a header with these fields.
// Words of messages.
uint32_t operation_word(RequestOperationE operation, uint32_t identity);
uint32_t flood_word(RequestOperationE operation, uint32_t group);
std::vector<uint32_t> message(const Header& header, const std::vector<uint32_t>& payload);
std::vector<uint32_t> random_words(std::mt19937_64& random, size_t count);

}  // namespace tessera::rtl
