// Wafers on which tiles and links are dead.
#pragma once

#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "sim/wafer_shape.h"

namespace tessera::sim {

// For each tile, whether it is one of `marked`.
std::vector<bool> marks(int tiles, std::initializer_list<int> marked);

// A wafer of this size. Each tile is dead with probability 1/10, each link with 1/20; never the first tile,
// so that there is a way in.
WaferShape with_random_defects(int columns, int rows, std::mt19937& random);

// 1 to 7 columns and 8 different numbers of rows from `least_rows` on, with defects.
WaferShape random_wafer(std::mt19937& random, int least_rows);

// "4 x 4, dead tiles 1,0 2,2, dead links 0,0 east", or "4 x 4"
std::string describe(const WaferShape& shape);

}  // namespace tessera::sim
