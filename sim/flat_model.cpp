// Compiled once for each size, with TESSERA_COLUMNS and TESSERA_ROWS, beside the model of rtl/wafer.sv.
#include "sim/flat_model.h"

#include <verilated.h>
#include <verilated_syms.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "Vwafer.h"
#include "Vwafer___024root.h"

namespace tessera::sim {
namespace {

constexpr int kColumns = TESSERA_COLUMNS;
constexpr int kRows = TESSERA_ROWS;

// Ports wider than 64 bits are arrays of words, others are integers; both hold bit 0 lowest.
template <typename Port>
void set_bits(Port& port, size_t low, unsigned width, uint64_t value) {
  for (unsigned i = 0; i < width; ++i) {
    const bool bit = value >> i & 1;
    if constexpr (std::is_integral_v<Port>) {
      const Port mask = Port{1} << (low + i);
      port = bit ? port | mask : port & ~mask;
    } else {
      const uint32_t mask = 1u << (low + i) % 32;
      uint32_t& word = port[(low + i) / 32];
      word = bit ? word | mask : word & ~mask;
    }
  }
}

class WaferModel final : public FlatModel {
 public:
  WaferModel(const FlatStraps& straps, std::vector<TileMemory>& memories) {
    const MemoryBinding binding(
        [&](std::string_view scope) -> TileMemory& { return memories[tile_of(std::string(scope))]; });
    model_ = std::make_unique<Vwafer>(&context_, "wafer");
    set_straps(straps);
    reset();
    for (int y = 0; y < kRows; ++y)
      for (int x = 0; x < kColumns; ++x) tiles_.push_back(find(x, y));
  }
  ~WaferModel() override { model_->final(); }

  const std::vector<FlatTile>& tiles() const override { return tiles_; }

  void reset() override {
    root().clk_i = 0;
    for (const bool running : {true, false, true}) {  // registers are reset by the falling edge of rst_ni
      root().rst_ni = running;
      model_->eval();
    }
  }

  void cycle(uint32_t cycle, const std::vector<FlatEdge>& west, const std::vector<FlatEdge>& east) override {
    root().cycle_i = cycle;
    for (int y = 0; y < kRows; ++y) {
      set_bits(root().west_i, y * rtl::kWaveletWidth, rtl::kWaveletWidth, west[y].wavelet);
      set_bits(root().west_credit_i, y * rtl::kCreditWidth, rtl::kCreditWidth, west[y].credit);
      set_bits(root().east_i, y * rtl::kWaveletWidth, rtl::kWaveletWidth, east[y].wavelet);
      set_bits(root().east_credit_i, y * rtl::kCreditWidth, rtl::kCreditWidth, east[y].credit);
    }
    root().clk_i = 0;  // clock gates look at their enables while the clock is low
    model_->eval();
    root().clk_i = 1;
    model_->eval();
  }

 private:
  Vwafer___024root& root() { return *model_->rootp; }

  void set_straps(const FlatStraps& straps) {
    for (int i = 0; i < kColumns * kRows; ++i) {
      set_bits(root().dead_tile_i, i, 1, !straps.dead_tile.empty() && straps.dead_tile[i]);
      set_bits(root().dead_link_east_i, i, 1, !straps.dead_link_east.empty() && straps.dead_link_east[i]);
      set_bits(root().dead_link_south_i, i, 1, !straps.dead_link_south.empty() && straps.dead_link_south[i]);
    }
  }

  // "wafer.wafer.rows[1].columns[2].u_tile.u_sram.u_memory" is in tile (2, 1).
  static int tile_of(const std::string& scope) {
    const auto number = [&](const char* name) {
      return std::atoi(scope.c_str() + scope.find(name) + std::strlen(name));
    };
    return number("rows[") * kColumns + number("columns[");
  }

  FlatTile find(int x, int y) {
    const std::string name =
        "wafer.wafer.rows[" + std::to_string(y) + "].columns[" + std::to_string(x) + "].u_tile";
    const VerilatedScope* scope = context_.scopeFind(name.c_str());
    const auto signal = [&](auto& pointer, const char* port) {
      VerilatedVar* variable = scope != nullptr ? scope->varFind(port) : nullptr;
      if (variable == nullptr) {
        std::fprintf(stderr, "the model of the wafer does not show %s.%s\n", name.c_str(), port);
        std::abort();
      }
      pointer = static_cast<std::remove_reference_t<decltype(pointer)>>(variable->datap());
    };
    static constexpr const char* kWavelets[] = {"north_o", "east_o", "south_o", "west_o", "ramp_o"};
    static constexpr const char* kCredits[] = {"north_credit_o", "east_credit_o", "south_credit_o",
                                               "west_credit_o", "ramp_credit_o"};
    FlatTile tile;
    for (uint32_t port = 0; port < rtl::kPortCount; ++port) {
      signal(tile.wavelet[port], kWavelets[port]);
      signal(tile.credit[port], kCredits[port]);
    }
    signal(tile.idle, "idle_o");
    signal(tile.sent, "sent_o");
    signal(tile.error, "error_o");
    signal(tile.retire_valid, "retire_valid_o");
    signal(tile.retire_pc, "retire_pc_o");
    signal(tile.retire_instruction, "retire_instruction_o");
    signal(tile.retire_rd, "retire_rd_o");
    signal(tile.retire_rd_data, "retire_rd_data_o");
    signal(tile.retire_store_be, "retire_store_be_o");
    signal(tile.retire_address, "retire_address_o");
    signal(tile.retire_store_data, "retire_store_data_o");
    return tile;
  }

  VerilatedContext context_;
  std::unique_ptr<Vwafer> model_;
  std::vector<FlatTile> tiles_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) FlatModel* tessera_flat_create(
    const FlatStraps& straps, std::vector<TileMemory>& memories) {
  return new WaferModel(straps, memories);
}

}  // namespace tessera::sim
