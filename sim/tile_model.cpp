#include "sim/tile_model.h"

#include <algorithm>
#include <vector>

#include "sim/tile_state.h"

namespace tessera::sim {

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
  set_clocks(1);
  set_clocks(0);
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
