#include "sim/wafer_shape.h"

#include "host/error/error.h"

namespace tessera::sim {
namespace {

bool marked(const std::vector<bool>& marks, int tile) { return !marks.empty() && marks[tile]; }

}  // namespace

unsigned WaferShape::link_present(int tile) const {
  if (!alive(tile)) return 0;
  const int column = x(tile);
  const int row = y(tile);
  unsigned present = 0;
  if (row > 0 && alive(tile - columns) && !marked(dead_link_south, tile - columns))
    present |= 1u << rtl::kPortNorth;
  if (!marked(dead_link_east, tile) && (column == columns - 1 || alive(tile + 1)))
    present |= 1u << rtl::kPortEast;
  if (row < rows - 1 && alive(tile + columns) && !marked(dead_link_south, tile))
    present |= 1u << rtl::kPortSouth;
  if (column == 0 || (alive(tile - 1) && !marked(dead_link_east, tile - 1))) present |= 1u << rtl::kPortWest;
  return present;
}

bool same_wafer(const WaferShape& a, const WaferShape& b) {
  if (a.columns != b.columns || a.rows != b.rows) return false;
  for (int tile = 0; tile < a.tiles(); ++tile) {
    if (marked(a.dead_tile, tile) != marked(b.dead_tile, tile) ||
        marked(a.dead_link_east, tile) != marked(b.dead_link_east, tile) ||
        marked(a.dead_link_south, tile) != marked(b.dead_link_south, tile))
      return false;
  }
  return true;
}

void validate(const WaferShape& shape) {
  if (shape.columns < 1 || shape.rows < 1)
    fail(ErrorKind::kConfig, "a wafer of {} x {} tiles: both should be at least 1", shape.columns,
         shape.rows);
  for (const auto* marks : {&shape.dead_tile, &shape.dead_link_east, &shape.dead_link_south})
    if (!marks->empty() && static_cast<int>(marks->size()) != shape.tiles())
      fail(ErrorKind::kConfig, "marks for {} tiles or links on a wafer of {} tiles", marks->size(),
           shape.tiles());
}

}  // namespace tessera::sim
