// Rows as text.
#pragma once

#include <string>
#include <vector>

#include "host/bench/row.h"

namespace tessera::bench {

// Grouped by wafer and load; the last column is the speed over the flat engine's, where that was measured
// too.
std::string describe(const std::vector<Row>& rows);
// What was compiled, and what it took.
std::string describe_builds(const std::vector<Row>& rows);

}  // namespace tessera::bench
