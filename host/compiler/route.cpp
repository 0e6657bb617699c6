#include "host/compiler/route.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <queue>

#include "host/error/error.h"
#include "tessera_constants.h"

namespace tessera {

static_assert(kRampPort == rtl::kPortRamp);

namespace {

constexpr float kDepthWeight = 0.4f;  // how much a detour from the root counts against new wire
constexpr float kShareCost = 0.04f;   // of each stream that a link carries already
constexpr int kComfortable = 9;       // streams on a link before it is avoided in earnest
constexpr float kCrowdCost = 1.5f;

// An end of a stream: a tile, and the port where words enter or leave it there.
struct End {
  int tile = 0;
  int port = kRampPort;
};

class Router {
 public:
  Router(const Wafer& region, const LinkHistory& history)
      : region_(region),
        history_(history),
        use_(region.tiles() * kDirections, 0),
        cost_(region.tiles(), 0),
        visited_(region.tiles(), 0),
        arrived_(region.tiles(), 0),
        wanted_(region.tiles(), 0),
        in_tree_(region.tiles(), 0),
        depth_(region.tiles(), 0),
        masks_(region.tiles(), 0) {}

  // The tree of one stream; grown from `root` along links out of it, or into it for a merge.
  std::vector<RouteEntry> route(const End& root, const std::vector<End>& leaves, bool merge,
                                const std::string& name);

 private:
  // The link between two neighbours in the direction in which words will go.
  int link(int tile, Direction direction, bool merge) const {
    return merge ? region_.neighbour(tile, direction) * kDirections + static_cast<int>(opposite(direction))
                 : tile * kDirections + static_cast<int>(direction);
  }
  float cost(int link) const {
    const int use = use_[link];
    return 1.0f + kShareCost * static_cast<float>(use) +
           (use > kComfortable ? kCrowdCost * static_cast<float>(use - kComfortable) : 0.0f) +
           (history_.empty() ? 0.0f : history_[link]);
  }
  void join_tree(int tile, int depth);
  int search(bool merge);
  void add_path(int tile, bool merge);

  const Wafer& region_;
  const LinkHistory& history_;
  std::vector<int> use_;  // by link
  // Of one stream's search: cost so far, whether it is valid (stamp), and the direction back towards the
  // tree.
  std::vector<float> cost_;
  std::vector<int> visited_;
  std::vector<std::uint8_t> arrived_;
  int stamp_ = 0;
  using Item = std::pair<float, int>;
  std::priority_queue<Item, std::vector<Item>, std::greater<>> queue_;
  // Of one stream.
  std::vector<std::uint8_t> wanted_;
  std::vector<int> tree_;
  std::vector<std::uint8_t> in_tree_;
  std::vector<int> depth_;
  std::vector<std::uint8_t> masks_;  // links of the tree at each tile
};

void Router::join_tree(int tile, int depth) {
  tree_.push_back(tile);
  in_tree_[tile] = 1;
  depth_[tile] = depth;
  cost_[tile] = kDepthWeight * static_cast<float>(depth);
  visited_[tile] = stamp_;
  queue_.push({cost_[tile], tile});
}

// The next tile of `wanted` that is cheapest to reach from the tree, or kNoTile. The search goes on where the
// last one ended: costs only fall as the tree grows.
int Router::search(bool merge) {
  while (!queue_.empty()) {
    const auto [so_far, tile] = queue_.top();
    queue_.pop();
    if (so_far > cost_[tile]) continue;
    if (wanted_[tile] && !in_tree_[tile]) return tile;
    for (const Direction direction : kAllDirections) {
      const int other = region_.neighbour(tile, direction);
      if (other == kNoTile || !region_.has_link(tile, direction) || in_tree_[other]) continue;
      const float next = so_far + cost(link(tile, direction, merge));
      if (visited_[other] == stamp_ && cost_[other] <= next) continue;
      visited_[other] = stamp_;
      cost_[other] = next;
      arrived_[other] = static_cast<std::uint8_t>(opposite(direction));
      queue_.push({next, other});
    }
  }
  return kNoTile;
}

void Router::add_path(int tile, bool merge) {
  std::vector<int> path;
  for (; !in_tree_[tile]; tile = region_.neighbour(tile, static_cast<Direction>(arrived_[tile])))
    path.push_back(tile);
  int depth = depth_[tile];
  for (auto step = path.rbegin(); step != path.rend(); ++step) {
    const auto back = static_cast<Direction>(arrived_[*step]);
    const int before = region_.neighbour(*step, back);
    masks_[*step] |= static_cast<std::uint8_t>(1 << static_cast<int>(back));
    masks_[before] |= static_cast<std::uint8_t>(1 << static_cast<int>(opposite(back)));
    ++use_[link(before, opposite(back), merge)];
    join_tree(*step, ++depth);
  }
}

std::vector<RouteEntry> Router::route(const End& root, const std::vector<End>& leaves, bool merge,
                                      const std::string& name) {
  ++stamp_;
  tree_.clear();
  queue_ = {};
  for (const End& leaf : leaves) wanted_[leaf.tile] = 1;
  join_tree(root.tile, 0);
  auto missing =
      std::count_if(leaves.begin(), leaves.end(), [&](const End& leaf) { return leaf.tile != root.tile; });
  while (missing > 0) {
    const int reached = search(merge);
    if (reached == kNoTile)
      fail(ErrorKind::kRouting, "stream '{}' cannot reach all its tiles over live links", name);
    add_path(reached, merge);
    missing =
        std::count_if(leaves.begin(), leaves.end(), [&](const End& leaf) { return !in_tree_[leaf.tile]; });
  }

  // The root's port is where words enter (leave, for a merge) the tree, and a tile's arrived_ port is towards
  // it.
  std::vector<RouteEntry> entries;
  for (const int tile : tree_) {
    const int toward_root = tile == root.tile ? root.port : arrived_[tile];
    std::uint8_t away =
        tile == root.tile ? masks_[tile] : static_cast<std::uint8_t>(masks_[tile] & ~(1 << toward_root));
    for (const End& leaf : leaves)
      if (leaf.tile == tile) away |= static_cast<std::uint8_t>(1 << leaf.port);
    if (!merge) {
      entries.push_back({tile, toward_root, away});
    } else {
      for (int port = 0; port <= kRampPort; ++port)
        if (away >> port & 1) entries.push_back({tile, port, static_cast<std::uint8_t>(1 << toward_root)});
    }
    masks_[tile] = 0;
    in_tree_[tile] = 0;
  }
  for (const End& leaf : leaves) wanted_[leaf.tile] = 0;
  return entries;
}

End end_of(const KernelGraph& graph, const Placement& placement, int stream, int kernel) {
  if (kernel != kHost) return {placement.tiles[kernel], kRampPort};
  const HostPort& port = stream == graph.token_stream    ? placement.inlet
                         : stream == graph.answer_stream ? placement.answer
                                                         : placement.logits;
  return {port.tile, static_cast<int>(port.side)};
}

}  // namespace

Routes route(const KernelGraph& graph, const Wafer& region, const Placement& placement,
             const LinkHistory& history) {
  Router router(region, history);
  Routes routes;
  routes.streams.resize(graph.streams.size());
  // The urgent ones take the straight ways, those with many ends before those with few.
  std::vector<int> order(graph.streams.size());
  std::iota(order.begin(), order.end(), 0);
  const auto rank = [&](int stream) {
    const Stream& s = graph.streams[stream];
    return std::pair(-graph.urgency[s.transition],
                     -static_cast<double>(s.producers.size() + s.consumers.size()));
  };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return rank(a) < rank(b); });
  for (const int stream : order) {
    const Stream& s = graph.streams[stream];
    const bool merge = s.kind == StreamKind::kMerge;
    const End root = end_of(graph, placement, stream, merge ? s.consumers[0] : s.producers[0]);
    std::vector<End> leaves;
    for (const int kernel : merge ? s.producers : s.consumers)
      leaves.push_back(end_of(graph, placement, stream, kernel));
    routes.streams[stream] = router.route(root, leaves, merge, s.name);
  }
  return routes;
}

std::vector<int> links_of(const Routes& routes, int stream) {
  std::vector<int> links;
  for (const RouteEntry& entry : routes.streams[stream])
    for (int port = 0; port < kDirections; ++port)
      if (entry.outputs >> port & 1) links.push_back(entry.tile * kDirections + port);
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
  return links;
}

int total_hops(const Routes& routes) {
  size_t hops = 0;
  for (size_t stream = 0; stream < routes.streams.size(); ++stream)
    hops += links_of(routes, static_cast<int>(stream)).size();
  return static_cast<int>(hops);
}

}  // namespace tessera
