// A benchmark as a picture: speed and cost of an awake tile-cycle over the size of the wafer, a line an
// engine.
#pragma once

#include <string>
#include <vector>

#include "host/bench/row.h"

namespace tessera::bench {

std::string draw_svg(const std::vector<Row>& rows);

}  // namespace tessera::bench
