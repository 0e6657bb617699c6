// Thousands of damaged wafer files: each is a wafer or is refused with an Error of one line that names the
// file.
#include <gtest/gtest.h>

#include "host/config/wafer_config.h"
#include "host/error/error.h"
#include "tests/support/damage.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

constexpr const char* kWafer = R"(# a wafer
size: 8x6
dead_tiles: [[1, 2], [7, 5]]
dead_links:
  - [0, 0, west]
  - [3, 3, north]
in_flight: 2
slots: auto
context: 100
clock_mhz: 500
seed: 18446744073709551615
partition:
  stripes: 2
  qkv: 4
  attention: auto
)";

TEST(DamagedYaml, IsReadOrRefused) {
  constexpr int kTrials = 5000;
  std::mt19937_64 random(test_seed());
  int read = 0;
  int refused = 0;
  for (int i = 0; i < kTrials; ++i) {
    std::string text = damaged(kWafer, random);
    if (i % 2 != 0) text = damaged(text, random);
    try {
      const WaferConfig config = parse_wafer_config(text, "wafer.yaml");
      EXPECT_NO_THROW(validate_wafer_config(config, "wafer.yaml")) << text;
      EXPECT_EQ(describe(parse_wafer_config(describe(config), "again")), describe(config)) << text;
      ++read;
    } catch (const Error& error) {
      const std::string what = error.what();
      EXPECT_EQ(what.rfind("wafer.yaml", 0), 0u) << what;
      ++refused;
    }
  }
  EXPECT_GT(read, kTrials / 20);
  EXPECT_GT(refused, kTrials / 20);
}

}  // namespace
}  // namespace tessera
