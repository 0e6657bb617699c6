#include "sim/partition.h"

#include <numeric>

namespace tessera::sim {

std::vector<int> share_rows(const std::vector<double>& work, int parts) {
  const int rows = static_cast<int>(work.size());
  const double all = std::accumulate(work.begin(), work.end(), 0.0);
  std::vector<int> ends;
  double done = 0;
  for (int row = 0; row < rows; ++row) {
    done += work[row];
    const int rows_left = rows - row - 1;
    const int parts_left = parts - static_cast<int>(ends.size()) - 1;
    if (parts_left == 0) break;
    // A row goes to whom it is nearer.
    if (done + (rows_left > 0 ? work[row + 1] / 2 : 0) >=
            all * static_cast<double>(ends.size() + 1) / parts ||
        rows_left == parts_left)
      ends.push_back(row + 1);
  }
  ends.push_back(rows);
  return ends;
}

}  // namespace tessera::sim
