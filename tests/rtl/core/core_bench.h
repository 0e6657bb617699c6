// A Verilated core with its memories, in step with the reference core.
//
// Every cycle is checked: what retires against the reference; a refused request for staying as it is; busy_o,
// by a second core that is clocked only when it says it is busy, and must do the same in every cycle. Grants
// are refused at random where asked for, and read data that was not asked for is noise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "Vcore.h"
#include "tests/rtl/core/reference_core.h"

namespace tessera::rtl {

struct StallRates {
  double fetch = 0;  // chance that a request is refused in a cycle
  double data = 0;
};

class CoreBench {
 public:
  explicit CoreBench(uint32_t seed = 1, StallRates stalls = {});
  ~CoreBench();

  // Puts words into memory, of the core and of the reference; the program starts at InstructionBase.
  void load(const std::vector<uint32_t>& words, uint32_t address = kInstructionBase);
  void set_run(bool run) { run_ = run; }
  void cycle();
  // Loads a program, runs it from pc 0 until the core stops with an error, and makes it ready for another.
  void run(const std::vector<uint32_t>& words, uint64_t max_cycles = 100'000);
  void run_until_error(uint64_t max_cycles);
  void stop();

  uint32_t word(uint32_t address) const;  // of the core's memory
  uint32_t reg(uint32_t index) const { return reference_.registers[index]; }
  bool busy() const { return busy_; }  // in the last cycle
  bool error() const { return error_; }
  uint64_t cycles() const { return cycles_; }
  uint64_t errors() const { return errors_; }
  const std::vector<uint64_t>& retire_cycles() const {
    return retire_cycles_;
  }  // when each was in execute last
  const std::vector<Retirement>& retirements() const { return retirements_; }

  bool fetch_allowed = true;
  bool data_allowed = true;
  bool device_ready = true;      // else accesses to the tile's registers wait
  bool keep_retirements = true;  // off for long programs
  std::function<uint32_t()> device = [this] { return random_(); };  // read by loads from the registers

 private:
  // The request signals of a cycle.
  struct Access {
    bool request = false;
    bool write = false;
    uint32_t address = 0, enables = 0, data = 0;
    bool operator==(const Access&) const = default;
  };

  template <typename F>
  void each(F f) {
    f(*core_);
    f(*sleeper_);
  }
  void evaluate();
  Access access() const;
  bool aligned(const Access& access) const;
  uint32_t read(const Access& access);
  void write(const Access& access);
  void check_outputs_agree();
  void check_busy(const Access& now, bool data_grant);
  void check_retirement();
  bool refuse(double rate) { return rate > 0 && std::uniform_real_distribution<>(0, 1)(random_) < rate; }

  std::mt19937 random_;
  StallRates stalls_;
  std::unique_ptr<Vcore> core_, sleeper_;
  ReferenceCore reference_;
  std::vector<uint8_t> memory_;
  Access refused_;  // the data request refused in the last cycle
  bool run_ = false;
  bool busy_ = false;
  bool error_ = false;
  uint64_t cycles_ = 0;
  uint64_t errors_ = 0;
  std::vector<uint64_t> retire_cycles_;
  std::vector<Retirement> retirements_;
};

}  // namespace tessera::rtl
