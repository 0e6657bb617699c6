// A tiny random model on 4 x 4 tiles: all engines and both ways of loading are the same run.
#include <gtest/gtest.h>

#include "tests/end_to_end/cases.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

void expect_same_run(const RunReport& a, const RunReport& b) {
  EXPECT_EQ(a.link_hash, b.link_hash);
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.position_cycles, b.position_cycles);
  EXPECT_EQ(a.token_ids, b.token_ids);
  ASSERT_EQ(a.counters.size(), b.counters.size());
  for (size_t i = 0; i < a.counters.size(); ++i)
    EXPECT_EQ(a.counters[i].sums, b.counters[i].sums) << operator_name(a.counters[i].op);
}

TEST(Tiny, TiledAndFlatAreTheSameRun) {
  const Case tiny = make_case(random_model(tiny_config(), test_seed()), make_wafer(4, 4));
  const RunOptions options = greedy({1, 5, 9, 60, 33, 12}, 6);
  const RunReport tiled = run_case(tiny, options, EngineKind::kTiled);
  expect_exact(tiny, tiled, options);
  const RunReport flat = run_case(tiny, options, EngineKind::kFlat);
  expect_exact(tiny, flat, options);
  EXPECT_EQ(tiled.load.cycles, flat.load.cycles);
  expect_same_run(tiled, flat);
}

TEST(Tiny, BothWaysOfLoadingLeaveTheSameWafer) {
  const Case tiny = make_case(random_model(tiny_config(), test_seed()), make_wafer(4, 4));
  RunOptions options = greedy({1, 5, 9}, 8);
  const RunReport control = run_case(tiny, options);
  options.load = LoadMode::kBackDoor;
  const RunReport back_door = run_case(tiny, options);
  expect_exact(tiny, back_door, options);
  expect_same_run(control, back_door);
  EXPECT_LT(back_door.load.words, control.load.words);
}

TEST(Tiny, CheckingDoesNotChangeTheRun) {
  const Case tiny = make_case(random_model(tiny_config(), test_seed()), make_wafer(4, 4));
  RunOptions options = greedy({1, 5, 9}, 4);
  const RunReport checked = run_case(tiny, options);
  options.check = false;
  const RunReport unchecked = run_case(tiny, options);
  EXPECT_EQ(unchecked.compared, 0u);
  expect_same_run(checked, unchecked);
}

TEST(Tiny, SamplingFromTheWafersLogits) {
  const Case tiny = make_case(random_model(tiny_config(), test_seed()), make_wafer(4, 4));
  RunOptions options = greedy({1, 5, 9}, 12);
  options.request.temperature = 0.9;
  options.request.seed = 4711;
  const RunReport report = run_case(tiny, options);
  expect_exact(tiny, report, options);
  options.request.seed = 4712;
  EXPECT_NE(run_case(tiny, options).token_ids, report.token_ids);
}

TEST(Tiny, AWholeContext) {
  const Case tiny = make_case(random_model(tiny_config(), test_seed(3)), make_wafer(4, 4));
  const RunOptions options = greedy({1}, 100);
  const RunReport report = run_case(tiny, options);
  expect_exact(tiny, report, options);
  EXPECT_EQ(report.positions, 32u);
  EXPECT_EQ(report.finished, "context");
}

TEST(Tiny, EveryNumberOfTokensInFlight) {
  std::vector<int> ids;
  for (int in_flight = 1; in_flight <= 4; ++in_flight) {
    WaferConfig wafer = make_wafer(4, 4);
    wafer.in_flight = in_flight;
    const Case tiny = make_case(random_model(tiny_config(), 11), wafer);
    const RunOptions options = greedy({1, 2, 3, 4, 5, 6, 7}, 3);
    expect_exact(tiny, run_case(tiny, options), options);
  }
}

TEST(Tiny, SeveralRequestsShareTheWafer) {
  const Case tiny = make_case(random_model(tiny_config(), 11), make_wafer(4, 4));
  const std::unique_ptr<EnginePort> port = make_port(tiny, EngineKind::kTiled);
  load(*port, tiny.image, LoadMode::kBackDoor);
  Golden golden(tiny.model);
  Watch watch(tiny.image, &golden);
  port->set_observer(&watch);
  Session session(*port, tiny.image,
                  {.admitted = [&](const AdmittedToken& token) { watch.admit(token); },
                   .answered = [&](const AdmittedToken& token) { watch.retire(token.tag); },
                   .generated = {},
                   .describe_hang = {}});
  // More than there are slots, so that slots are used again.
  std::vector<RunOptions> options;
  for (int i = 0; i < tiny.image.slots + 2; ++i) {
    options.push_back(greedy({1, 3 + i, 7 + i}, 2 + i % 3));
    session.add(options.back().request);
  }
  session.run();
  EXPECT_EQ(watch.mismatches(), 0u) << describe(*watch.first_mismatch());
  for (int i = 0; i < session.requests(); ++i) {
    const Case alone{tiny.model, tiny.image};
    RunReport report;
    report.compared = 1;
    report.token_ids.assign(session.request(i).generated().begin(), session.request(i).generated().end());
    expect_exact(alone, report, options[i]);
  }
}

}  // namespace
}  // namespace tessera
