// What the engines are to reach, as ratios within one benchmark wherever that is possible.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/bench/row.h"

namespace tessera::bench {

struct TargetResult {
  std::string what;
  double bound = 0;
  bool at_least = true;            // else: at most
  std::optional<double> measured;  // none: the rows to say it from are not there
  std::string where;               // of the worst of several rows: which; else empty

  bool met() const { return measured && (at_least ? *measured >= bound : *measured <= bound); }
};

std::vector<TargetResult> judge(const std::vector<Row>& rows);

std::string describe(const std::vector<TargetResult>& results);

}  // namespace tessera::bench
