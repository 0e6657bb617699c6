// Requests to the control plane, as words.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "tessera_constants.h"

namespace tessera::rtl {

using Words = std::vector<uint32_t>;

inline Words join(const Words& a, const Words& b) {
  Words words = a;
  words.insert(words.end(), b.begin(), b.end());
  return words;
}

inline uint32_t kind_of(uint32_t word) { return std::bit_cast<RequestOperation>(word).kind; }

// A path as one direction a hop, and as the words of a request.
using Hops = std::vector<uint32_t>;

inline Words path_words(const Hops& hops) {
  std::vector<std::pair<uint32_t, uint32_t>> runs;  // direction, length
  for (const uint32_t hop : hops) {
    if (runs.empty() || runs.back().first != hop || runs.back().second == 255) runs.push_back({hop, 0});
    ++runs.back().second;
  }
  Words words;
  for (size_t i = 0; i < runs.size(); i += 3) {
    runs.resize(std::max(runs.size(), i + 3));
    RequestPath path{};
    path.kind = kRequestKindPath;
    path.direction0 = runs[i].first;
    path.run0 = runs[i].second;
    path.direction1 = runs[i + 1].first;
    path.run1 = runs[i + 1].second;
    path.direction2 = runs[i + 2].first;
    path.run2 = runs[i + 2].second;
    words.push_back(std::bit_cast<uint32_t>(path));
  }
  return words;
}

inline Hops hops_of(const Words& words) {
  Hops hops;
  for (const uint32_t word : words) {
    if (kind_of(word) != kRequestKindPath) break;
    const auto path = std::bit_cast<RequestPath>(word);
    if (path.run0 == 0) break;
    hops.insert(hops.end(), path.run0, path.direction0);
    hops.insert(hops.end(), path.run1, path.direction1);
    hops.insert(hops.end(), path.run2, path.direction2);
  }
  return hops;
}

}  // namespace tessera::rtl
