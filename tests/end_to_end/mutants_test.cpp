// One wrong operator in the RTL of a tile: the checker says where it is first seen to matter. The wafers are
// built from sources in which the build has changed places that can be switched (CMakeLists.txt); everything
// else, the engine included, is as usual.
#include <dlfcn.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <stdexcept>

#include "sim/flat_engine.h"
#include "tests/end_to_end/cases.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

struct Mutant {
  const char* name;
  int number;          // in CMakeLists.txt
  const char* op;      // the first tensor that the operator spoils
  Operator operation;  // what the tile does that sends it
  int position;        // of the first token that it spoils
};

void PrintTo(const Mutant& mutant, std::ostream* out) { *out << mutant.name; }

Case tiny_case() { return make_case(random_model(tiny_config(), 3), make_wafer(4, 4)); }

RunOptions some_tokens() { return greedy({1, 5, 9, 20, 31, 44}, 6); }

RunReport run_with(int mutant, const Case& tiny) {
  const std::filesystem::path library =
      std::filesystem::path(TESSERA_FLAT_LIBRARIES) / "libtessera_flat_4x4_mutants.so";
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error(dlerror());
  reinterpret_cast<void (*)(int)>(dlsym(handle, "tessera_select_mutant"))(mutant);
  EnginePort port(std::make_unique<sim::FlatEngine>(engine_shape(tiny.image.wafer), library));
  const RunReport report = run(port, tiny.image, tiny.model, some_tokens());
  dlclose(handle);
  return report;
}

class Mutants : public testing::TestWithParam<Mutant> {};

TEST_P(Mutants, IsFoundWhereItIsFirstUsed) {
  const Mutant& mutant = GetParam();
  const Case tiny = tiny_case();
  const RunReport report = run_with(mutant.number, tiny);
  EXPECT_EQ(exit_status(report), 1);
  EXPECT_GT(report.mismatches, 0u);
  ASSERT_TRUE(report.first_mismatch) << report.error;
  const Mismatch& first = *report.first_mismatch;
  fmt::print("{}\n", describe(first));
  EXPECT_EQ(first.op, mutant.op);
  EXPECT_EQ(first.layer, 0);
  EXPECT_EQ(first.request, 0);
  EXPECT_EQ(first.position, mutant.position);
  EXPECT_EQ(first.token, some_tokens().request.prompt[mutant.position]);
  EXPECT_NE(first.expected, first.got);
  // The tile is one that does this, the cycle one in which it was sending it.
  const auto tile = std::find_if(tiny.image.tiles.begin(), tiny.image.tiles.end(),
                                 [&](const TileImage& entry) { return entry.position == first.tile; });
  ASSERT_NE(tile, tiny.image.tiles.end());
  EXPECT_EQ(tiny.image.graph.kernels[tile->kernel].op, mutant.operation);
  EXPECT_EQ(first.kernel, tile->name);
  EXPECT_GT(first.cycle, 0u);
}

INSTANTIATE_TEST_SUITE_P(Operators, Mutants,
                         testing::Values(Mutant{"mac", 1, "query", Operator::kQkv, 0},
                                         Mutant{"rotation", 2, "attention", Operator::kAttention, 1},
                                         Mutant{"gate", 3, "hidden", Operator::kHidden, 0},
                                         Mutant{"division", 4, "attention_norm", Operator::kAttentionNorm, 0},
                                         Mutant{"receiver", 5, "embedding", Operator::kEmbedding, 1}),
                         [](const auto& info) { return std::string(info.param.name); });

// A router whose outputs do not keep to one input until `last` mixes the messages that meet on a merge:
// nothing wrong was sent, so it is the consumer that says so.
TEST(RouterMutant, IsFoundWhereMessagesMeet) {
  const Case tiny = tiny_case();
  const RunReport report = run_with(6, tiny);
  EXPECT_EQ(exit_status(report), 1);
  bool named = false;
  for (const Stream& stream : tiny.image.graph.streams) {
    if (stream.kind != StreamKind::kMerge) continue;
    for (const int kernel : stream.consumers) {
      if (kernel < 0) continue;  // the host
      const TilePosition tile = tiny.image.kernel_tiles[kernel];
      const std::string name = kernel_name(tiny.image.graph.kernels[kernel]);
      named = named || report.error.find(fmt::format("tile {},{} ({}): ErrorLength", tile.x, tile.y, name)) !=
                           std::string::npos;
    }
  }
  EXPECT_TRUE(named) << report.error;
}

// The same run without a mutant, or what is found above might be anything.
TEST(NoMutant, IsExact) {
  const Case tiny = tiny_case();
  expect_exact(tiny, run_with(0, tiny), some_tokens());
}

}  // namespace
}  // namespace tessera
