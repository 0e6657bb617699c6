// Forests, regions, placements, routes and colors on damaged wafers; and the safety check on damaged images.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <map>
#include <set>

#include "host/compiler/build_graph.h"
#include "host/compiler/color.h"
#include "host/compiler/draw.h"
#include "host/compiler/place.h"
#include "host/compiler/safety.h"
#include "host/error/error.h"
#include "tests/host/compiler/cases.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return std::string(error_kind_name(error.kind())) + ": " + error.what();
  }
  return "";
}

// Follows a request's path words as the control planes do; returns the tile where the operation is executed.
int follow_request(const Wafer& wafer, const Forest& forest, int tile) {
  const std::vector<std::uint32_t> words = request_path(forest, tile);
  int at = forest.roots[static_cast<size_t>(forest.root[static_cast<size_t>(tile)])].tile;
  for (const std::uint32_t word : words) {
    const auto path = std::bit_cast<rtl::RequestPath>(word);
    EXPECT_EQ(path.kind, rtl::kRequestKindPath);
    EXPECT_GT(path.run0, 0u);
    for (const auto& [direction, run] :
         {std::pair<std::uint32_t, std::uint32_t>(path.direction0, path.run0),
          std::pair<std::uint32_t, std::uint32_t>(path.direction1, path.run1),
          std::pair<std::uint32_t, std::uint32_t>(path.direction2, path.run2)}) {
      for (std::uint32_t i = 0; i < run; ++i) {
        EXPECT_TRUE(forest.children[static_cast<size_t>(at)] >> direction & 1);
        EXPECT_TRUE(wafer.has_link(at, static_cast<Direction>(direction)));
        at = wafer.neighbour(at, static_cast<Direction>(direction));
      }
    }
  }
  return at;
}

TEST(Forest, ReachesWhatIsConnected) {
  std::mt19937_64 random(test_seed(4));
  for (int i = 0; i < 30; ++i) {
    Wafer wafer = make_wafer(random_wafer(random));
    const Forest forest = grow_forest(wafer);
    std::vector<int> edges;
    for (const ForestRoot& root : forest.roots) edges.push_back(root.tile);
    const std::vector<int> hops = hops_from(wafer, edges);
    for (int tile = 0; tile < wafer.tiles(); ++tile) {
      EXPECT_EQ(forest.reaches(tile), hops[static_cast<size_t>(tile)] != kFar) << tile;
      if (forest.reaches(tile)) {
        EXPECT_EQ(follow_request(wafer, forest, tile), tile);
      }
    }
    drop_unreached(wafer, forest);
    for (int tile = 0; tile < wafer.tiles(); ++tile)
      EXPECT_EQ(wafer.live[static_cast<size_t>(tile)] == 1, forest.reaches(tile));
  }
}

TEST(Forest, LongRunsAreSplit) {
  WaferConfig config;
  config.columns = 4;
  config.rows = 700;
  for (int y = 1; y < 700; ++y) {  // one way in, in the north-west
    config.dead_links.push_back({{0, y}, Direction::kWest});
    config.dead_links.push_back({{3, y}, Direction::kEast});
  }
  config.dead_links.push_back({{3, 0}, Direction::kEast});
  const Wafer wafer = make_wafer(config);
  const Forest forest = grow_forest(wafer);
  EXPECT_EQ(forest.roots.size(), 1u);
  const int last = wafer.index({3, 699});
  EXPECT_EQ(follow_request(wafer, forest, last), last);
}

TEST(Forest, ALargeWaferIsNoTrouble) {
  WaferConfig config;
  config.columns = config.rows = 1000;
  add_random_defects(config, 0.05, 0.05, 1);
  Wafer wafer = make_wafer(config);
  const Forest forest = grow_forest(wafer);
  EXPECT_LT(drop_unreached(wafer, forest), 100000);
  const Wafer region = compact_region(largest_region(wafer), 200);
  EXPECT_GE(region.live_tiles(), 200);
  EXPECT_LT(region.live_tiles(), 400);
}

TEST(Region, HalvesAreNotMixed) {
  WaferConfig config;
  config.columns = config.rows = 12;
  for (int y = 0; y < 12; ++y) config.dead_tiles.push_back({7, y});
  const Wafer region = largest_region(make_wafer(config));
  EXPECT_EQ(region.live_tiles(), 7 * 12);
  for (int tile = 0; tile < region.tiles(); ++tile)
    EXPECT_EQ(region.live[static_cast<size_t>(tile)] == 1, region.position(tile).x < 7);
}

TEST(Distances, GoAroundWhatIsDead) {
  WaferConfig config;
  config.columns = config.rows = 8;
  for (int y = 0; y < 7; ++y) config.dead_tiles.push_back({4, y});
  const Wafer region = largest_region(make_wafer(config));
  const Distances distances(region);
  EXPECT_EQ(distances.between(region.index({3, 0}), region.index({5, 0})), 7 + 2 + 7);
  EXPECT_EQ(distances.between(region.index({3, 7}), region.index({5, 7})), 2);
  EXPECT_EQ(distances.between(region.index({3, 7}), region.index({3, 7})), 0);
}

TEST(Placement, UsesEachLiveTileOnce) {
  std::mt19937_64 random(test_seed(5));
  for (int i = 0; i < 15; ++i) {
    WaferConfig config = random_wafer(random);
    config.columns = config.rows = 16;
    config.slots = 0;
    const Wafer region = largest_region(make_wafer(config));
    const ModelShape shape = make_shape(quantized_random_model(random_shape(random), 1), config);
    const Partition partition = choose_partition(shape, config, region.live_tiles(), 150);
    const KernelGraph graph = build_graph(shape, partition);
    const Placement placement = place(graph, region, config.seed);
    std::set<int> used(placement.tiles.begin(), placement.tiles.end());
    EXPECT_EQ(used.size(), graph.kernels.size());
    for (const int tile : used) EXPECT_TRUE(region.live[static_cast<size_t>(tile)]);
    for (const HostPort& port : {placement.inlet, placement.answer, placement.logits})
      EXPECT_TRUE(region.is_edge(port.tile, port.side) && region.has_link(port.tile, port.side));
    EXPECT_EQ(placement.tiles, place(graph, region, config.seed).tiles);
  }
}

TEST(Colors, StreamsThatMeetDiffer) {
  std::mt19937_64 random(test_seed(6));
  for (int i = 0; i < 10; ++i) {
    WaferConfig config;
    config.columns = config.rows = 12;
    add_random_defects(config, 0.15, 0.08, random());
    const Wafer region = largest_region(make_wafer(config));
    const ModelShape shape = make_shape(quantized_random_model(random_shape(random), 1), config);
    Partition partition;
    try {
      partition = choose_partition(shape, config, region.live_tiles(), 100);
    } catch (const Error&) {
      continue;  // too large for this wafer
    }
    const KernelGraph graph = build_graph(shape, partition);
    const Routes routes = route(graph, region, place(graph, region, 1), {});
    const Coloring coloring = color(region, routes);
    EXPECT_THAT(coloring.uncolored, testing::IsEmpty());
    std::map<std::tuple<int, int, int>, size_t> input, output;  // tile, port, color: stream
    for (size_t stream = 0; stream < routes.streams.size(); ++stream) {
      const int c = coloring.colors[stream];
      EXPECT_GE(c, static_cast<int>(rtl::kFirstDataColor));
      EXPECT_LT(c, static_cast<int>(rtl::kColorCount));
      for (const RouteEntry& entry : routes.streams[stream]) {
        EXPECT_EQ(input.emplace(std::tuple(entry.tile, entry.input, c), stream).first->second, stream);
        for (int port = 0; port <= kRampPort; ++port) {
          if ((entry.outputs >> port & 1) == 0) continue;
          EXPECT_EQ(output.emplace(std::tuple(entry.tile, port, c), stream).first->second, stream);
        }
      }
    }
  }
}

// ---- the safety check sees what is broken

class Safety : public testing::Test {
 protected:
  void SetUp() override {
    WaferConfig config;
    config.columns = config.rows = 8;
    config.dead_tiles = {{3, 3}};
    config.dead_links = {{{5, 5}, Direction::kEast}};
    config.partition.stripes = 2;
    image_ = compile(quantized_random_model({48, 70, 1, 4, 2, 100, 32, true}, 3), config, fake_firmware());
    check_safety(image_);
  }

  std::string problem() const {
    return error_of([&] { check_safety(image_); });
  }

  // A route register of a tile that has several hops of the stream.
  RegisterWrite& route_of(int stream, int hop) {
    const ImageStream& s = image_.streams[static_cast<size_t>(stream)];
    const TilePosition at = s.hops.at(static_cast<size_t>(hop)).tile;
    for (TileImage& tile : image_.tiles) {
      if (!(tile.position == at)) continue;
      for (RegisterWrite& write : tile.registers) {
        const bool route = write.address < rtl::kRegRule;
        const auto color = static_cast<int>((write.address - rtl::kRegRoute) / 4 % rtl::kColorCount);
        const auto out = static_cast<std::uint32_t>(s.hops[static_cast<size_t>(hop)].direction);
        if (route && color == s.color && (write.value >> out & 1)) return write;
      }
    }
    throw std::runtime_error("no such route");
  }

  int stream_named(const std::string& name) const {
    for (size_t i = 0; i < image_.graph.streams.size(); ++i)
      if (image_.graph.streams[i].name == name) return static_cast<int>(i);
    throw std::runtime_error("no stream " + name);
  }

  Image image_;
};

TEST_F(Safety, AMissingRoute) {
  route_of(stream_named("stage 0 blocks 0"), 0).value = 0;
  EXPECT_THAT(problem(), testing::HasSubstr("routing: stream 'stage 0 blocks 0'"));
}

TEST_F(Safety, ARouteOffTheWafer) {
  route_of(stream_named("stage 0 blocks 0"), 0).value |= 31;
  EXPECT_THAT(problem(), testing::MatchesRegex(
                             "routing: stream .*: (the link .* is dead|leaves the wafer .*|is delivered to "
                             "a tile that is no consumer|shares its color.*|a multicast reaches the "
                             "tile twice|the route runs in a circle|no route from the .*)"));
}

TEST_F(Safety, AForkOfAMerge) {
  const int stream = stream_named("layer 0 output rows 0");
  RegisterWrite& route = route_of(stream, 0);
  route.value |= 1u << kRampPort;
  EXPECT_THAT(problem(), testing::HasSubstr("routing: stream 'layer 0 output rows 0'"));
}

TEST_F(Safety, AColorUsedTwice) {
  // Give a stream the color of another that the same tile receives.
  const Kernel& kernel = image_.graph.kernels[static_cast<size_t>(
      image_.graph.streams[static_cast<size_t>(stream_named("stage 0 blocks 0"))].consumers[0])];
  ASSERT_GE(kernel.receives.size(), 2u);
  image_.streams[static_cast<size_t>(kernel.receives[0].stream)].color =
      image_.streams[static_cast<size_t>(kernel.receives[1].stream)].color;
  EXPECT_THAT(problem(), testing::StartsWith("routing: stream"));
}

TEST_F(Safety, ATileThatDied) {
  image_.wafer.dead_tiles.push_back(image_.kernel_tiles[5]);
  EXPECT_THAT(problem(), testing::MatchesRegex("routing: kernel '.*' is on the dead tile .*"));
}

TEST_F(Safety, ALinkThatDied) {
  const ImageStream::Hop hop = image_.streams[static_cast<size_t>(stream_named("stage 0 blocks 0"))].hops[0];
  image_.wafer.dead_links.push_back({hop.tile, hop.direction});
  EXPECT_THAT(problem(), testing::MatchesRegex("routing: stream .*: the link .* is dead"));
}

TEST_F(Safety, AStrayRoute) {
  for (TileImage& tile : image_.tiles) {
    std::set<std::uint32_t> used;
    for (const RegisterWrite& write : tile.registers) used.insert(write.address);
    const std::uint32_t free = rtl::kRegRoute + (rtl::kPortRamp * rtl::kColorCount + 15) * 4;
    if (used.contains(free)) continue;
    tile.registers.push_back({free, 1});
    EXPECT_THAT(problem(), testing::HasSubstr("which no stream uses"));
    return;
  }
  FAIL() << "all tiles use color 15";
}

TEST_F(Safety, AJoinThatExpectsTooMuch) {
  for (TileImage& tile : image_.tiles) {
    for (RegisterWrite& write : tile.registers) {
      if (write.address < rtl::kRegJoinExpected || write.address >= rtl::kRegWaitJoin) continue;
      ++write.value;
      EXPECT_THAT(problem(), testing::HasSubstr("its joins expect other numbers of messages than come"));
      return;
    }
  }
}

TEST_F(Safety, ARuleOfAnotherLength) {
  for (TileImage& tile : image_.tiles) {
    for (RegisterWrite& write : tile.registers) {
      if (write.address < rtl::kRegRule || write.address >= rtl::kRegJoinExpected || write.address % 8 != 0)
        continue;
      auto rule = std::bit_cast<rtl::ReceiveRule>(std::array<std::uint32_t, 2>{write.value, 0});
      if (tile.binary != "stripe" || rule.words != 2) continue;
      rule.words = 3;
      write.value = std::bit_cast<std::array<std::uint32_t, 2>>(rule)[0];
      EXPECT_THAT(problem(), testing::HasSubstr("has 2 words, the rule takes 3"));
      return;
    }
  }
  FAIL() << "no rule for sums of squares";
}

TEST_F(Safety, AProgramThatWaitsForItself) {
  // A kernel that sends its first message only after what that message brings about.
  Kernel& stripe = image_.graph.kernels[static_cast<size_t>(
      image_.graph.streams[static_cast<size_t>(stream_named("stage 0 squares 0"))].producers[0])];
  for (Send& send : stripe.sends) send.after_join = 1;
  for (Kernel& kernel : image_.graph.kernels) {
    if (kernel.op != Operator::kAttentionNorm) continue;
    for (Send& send : kernel.sends) send.after_join = 1;
  }
  EXPECT_THAT(problem(), testing::HasSubstr("the program can deadlock: "));
}

// ---- drawings

TEST(Draw, ShowsEveryTile) {
  WaferConfig config = default_wafer_config();
  const Image image =
      compile(quantized_random_model({48, 70, 2, 4, 2, 100, 32, true}, 3), config, fake_firmware());
  const std::string text = draw_text(image, false);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(draw_text(image, true).find('\x1b'), std::string::npos);
  EXPECT_THAT(text, testing::HasSubstr("q1"));
  size_t crosses = 0;
  for (const char c : text.substr(0, text.find(" e  embedding"))) crosses += c == '#';
  EXPECT_EQ(crosses, config.dead_tiles.size());
  const std::string svg = draw_svg(image);
  EXPECT_THAT(svg, testing::StartsWith("<svg "));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
  for (const TileImage& tile : image.tiles) {
    if (tile.kernel < 0) continue;
    EXPECT_THAT(svg, testing::HasSubstr("<title>" + tile.name + " on tile "));
  }
}

}  // namespace
}  // namespace tessera
