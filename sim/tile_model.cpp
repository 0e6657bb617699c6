#include "sim/tile_model.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sim/tile_state.h"

namespace tessera::sim {

void TileModel::cycle_together(std::span<TileModel* const> tiles, Evaluation evaluation, TileClocks* clocks) {
  if (evaluation != Evaluation::kDirect) {
    for (size_t i = 0; i < tiles.size(); ++i) clocks[i] = tiles[i]->cycle(evaluation);
    return;
  }
  std::array<Vtile*, kMostTogether> models{};
  std::array<uint32_t, kMostTogether> masks{};
  for (size_t i = 0; i < tiles.size(); ++i) models[i] = &tiles[i]->model_;
  tile_cycles(models.data(), tiles.size(), masks.data());
  for (size_t i = 0; i < tiles.size(); ++i) clocks[i] = {masks[i]};
}

const char* TileModel::find_change() {
  const auto set_clocks = [&](uint8_t level) {
    for (const TileStateMember& clock : tile_clocks())
      *(reinterpret_cast<uint8_t*>(&root_) + clock.offset) = level;
    model_.eval();
  };
  // What is only computed from inputs may follow them.
  model_.eval();
  std::vector<uint8_t> before(tile_state_bytes()), after(tile_state_bytes());
  save_tile_state(root_, before);
  const uint64_t writes = model_writes();
  set_clocks(1);
  set_clocks(0);
  if (model_writes() != writes) return "a memory";
  save_tile_state(root_, after);
  const auto [change, end] = std::ranges::mismatch(before, after);
  if (change == before.end()) return nullptr;
  auto bytes = change - before.begin();
  for (const TileStateMember& member : tile_state_members()) {
    if (bytes < member.bytes) return member.name;
    bytes -= member.bytes;
  }
  return nullptr;
}

}  // namespace tessera::sim
