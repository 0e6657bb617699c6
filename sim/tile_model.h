// One Verilated tile: its inputs, one cycle, its outputs.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "sim/engine.h"
#include "sim/engine_options.h"
#include "tile_cycle.h"

namespace tessera::sim {

// Which of a tile's blocks had a tick of their clock in a cycle, bit by kTileClockNames.
struct TileClocks {
  uint32_t mask;
  bool tick(uint32_t any_of) const { return (mask & any_of) != 0; }
};

constexpr uint32_t tile_clock(std::string_view block) {
  for (size_t i = 0; i < kTileClockNames.size(); ++i)
    if (block == kTileClockNames[i]) return uint32_t{1} << i;
  throw "no such block";
}
// Of what drives the links, and of what Engine::observe() looks at.
inline constexpr uint32_t kRouterClock = tile_clock("router");
inline constexpr uint32_t kObservedClocks =
    tile_clock("ramp") | tile_clock("tile_registers") | tile_clock("core");

class TileModel {
 public:
  // Created out of reset, its memories those that the MemoryBinding of the moment gives.
  TileModel(VerilatedContext* context, unsigned link_present)
      : model_(context, "tile"), root_(*model_.rootp) {
    root_.link_present_i = link_present;
    for (const bool running : {true, false, true}) {  // registers are reset by the falling edge of rst_ni
      root_.rst_ni = running;
      model_.eval();
    }
  }
  ~TileModel() { model_.final(); }

  Vtile___024root& ports() { return root_; }

  // The inputs as set in ports(), then a rising edge of the clock.
  TileClocks cycle(Evaluation evaluation) {
    return {evaluation == Evaluation::kDirect ? tile_cycle(model_) : tile_cycle_by_eval(model_)};
  }

  // The inputs as set in ports(), then a rising edge of the clocks of all blocks, whether they ask for it or
  // not: what a tile that sleeps does not need. Gives the name of what this changed in its state or wrote;
  // nullptr: nothing.
  const char* find_change();

  // cycle() of many tiles, stage by stage, which is faster from some number on. As many `clocks` as `tiles`,
  // kMostTogether at most.
  static constexpr size_t kMostTogether = 32;
  static void cycle_together(std::span<TileModel* const> tiles, Evaluation evaluation, TileClocks* clocks);

  // Asks for its state in the second-level cache.
  void prefetch() const {
    constexpr size_t kLine = 64;
    constexpr int kToWrite = 1, kSecondLevel = 2;
    const auto* state = reinterpret_cast<const char*>(&root_);
    for (size_t at = 0; at < sizeof root_; at += kLine)
      __builtin_prefetch(state + at, kToWrite, kSecondLevel);
  }

  bool idle() const { return root_.idle_o; }

  // Of Engine::observe().
  WaveletBits sent() const { return root_.sent_o; }
  uint32_t error() const { return root_.error_o; }
  bool retire_valid() const { return root_.retire_valid_o; }
  Retired retired() const {
    return {root_.retire_pc_o,        root_.retire_instruction_o, root_.retire_rd_o,
            root_.retire_rd_data_o,   root_.retire_store_be_o,    root_.retire_address_o,
            root_.retire_store_data_o};
  }

 private:
  Vtile model_;
  Vtile___024root& root_;
};

}  // namespace tessera::sim
