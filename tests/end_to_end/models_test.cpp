// Real models, bit exact.
#include <gtest/gtest.h>

#include "host/compiler/compile.h"
#include "host/config/wafer_config.h"
#include "host/runtime/golden_run.h"
#include "tests/end_to_end/cases.h"
#include "tests/support/files.h"

namespace tessera {
namespace {

TEST(Models, TheShippedModelIsBitExact) {
  const Case shipped =
      make_case(read_checkpoint(std::string(TESSERA_SHIPPED_MODELS) + "/model.bin"), default_wafer_config());
  const RunOptions options = greedy({1, 271, 263, 300, 44, 12}, 6);
  const RunReport report = run_case(shipped, options);
  expect_exact(shipped, report, options);
}

TEST(Models, Stories260KSays256Tokens) {
  TESSERA_REQUIRE_SHARED_MODEL(path, "stories260K.bin");
  const Case stories = make_case(read_checkpoint(path), default_wafer_config());
  RunOptions options = greedy({1, 403, 407, 261, 378}, 256);
  options.load = LoadMode::kBackDoor;
  const RunReport report = run_case(stories, options);
  expect_exact(stories, report, options);
  ASSERT_EQ(report.token_ids.size(), 256u);
  EXPECT_EQ(std::vector<int>(report.token_ids.begin(), report.token_ids.begin() + 8),
            (std::vector<int>{432, 383, 286, 261, 376, 298, 315, 421}));
  Golden golden(stories.model);
  EXPECT_EQ(run_golden(golden, options.request, 512).logits_hash.back(), 0x8fa002e6dd0b8239u);
}

}  // namespace
}  // namespace tessera
