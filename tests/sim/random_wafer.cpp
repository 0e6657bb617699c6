#include "tests/sim/random_wafer.h"

namespace tessera::sim {
namespace {

std::vector<bool> random_marks(int count, std::mt19937& random, unsigned one_in) {
  std::vector<bool> result(count);
  for (int i = 0; i < count; ++i) result[i] = random() % one_in == 0;
  return result;
}

}  // namespace

std::vector<bool> marks(int tiles, std::initializer_list<int> marked) {
  std::vector<bool> result(tiles, false);
  for (const int tile : marked) result[tile] = true;
  return result;
}

WaferShape with_random_defects(int columns, int rows, std::mt19937& random) {
  WaferShape shape{columns, rows, {}, {}, {}};
  shape.dead_tile = random_marks(shape.tiles(), random, 10);
  shape.dead_tile[0] = false;
  shape.dead_link_east = random_marks(shape.tiles(), random, 20);
  shape.dead_link_south = random_marks(shape.tiles(), random, 20);
  return shape;
}

WaferShape random_wafer(std::mt19937& random, int least_rows) {
  const int columns = static_cast<int>(1 + random() % 7);
  const int rows = static_cast<int>(least_rows + random() % 8);
  return with_random_defects(columns, rows, random);
}

std::string describe(const WaferShape& shape) {
  std::string tiles, links;
  for (int tile = 0; tile < shape.tiles(); ++tile) {
    const std::string place = " " + std::to_string(shape.x(tile)) + "," + std::to_string(shape.y(tile));
    const auto marked = [&](const std::vector<bool>& of) { return !of.empty() && of[tile]; };
    if (marked(shape.dead_tile)) tiles += place;
    if (marked(shape.dead_link_east)) links += place + " east";
    if (marked(shape.dead_link_south)) links += place + " south";
  }
  std::string text = std::to_string(shape.columns) + " x " + std::to_string(shape.rows);
  if (!tiles.empty()) text += ", dead tiles" + tiles;
  if (!links.empty()) text += ", dead links" + links;
  return text;
}

}  // namespace tessera::sim
