// A text that is saved and gone on with is the text, and the run, that it would have been.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "host/config/wafer_config.h"
#include "host/error/error.h"
#include "host/runtime/snapshot_file.h"
#include "sim/tiled_engine.h"
#include "tests/end_to_end/cases.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

using testing::HasSubstr;

std::unique_ptr<EnginePort> make_threaded_port(const Case& on, int threads) {
  sim::EngineOptions options;
  options.threads = threads;
  return std::make_unique<EnginePort>(
      std::make_unique<sim::TiledEngine>(engine_shape(on.image.wafer), options));
}

// Runs, and saves where the text ends.
RunReport run_and_save(const Case& on, EnginePort& port, const RunOptions& options, const std::string& path) {
  OutputFile file(path);
  RunEvents events;
  events.finished = [&](const Session& session, int request) {
    save_run(port, on.image, session, request, file);
  };
  return run(port, on.image, on.model, options, events);
}

// The port's wafer as it was saved, and what to run on it.
RunOptions restore(const Case& on, EnginePort& port, const std::string& path, int tokens) {
  sim::WaferSnapshot snapshot = load_snapshot(path);
  const SavedRun saved = unpack_saved_run(snapshot.host, path);
  restore_run(port, on.image, saved, std::move(snapshot), path);
  RunOptions options;
  options.request.tokens = tokens;
  options.resume = saved.request;
  return options;
}

void expect_same_run(const RunReport& report, const RunReport& whole) {
  EXPECT_EQ(report.error, "");
  EXPECT_EQ(report.mismatches, 0u) << describe(*report.first_mismatch);
  EXPECT_EQ(report.prompt_ids, whole.prompt_ids);
  EXPECT_EQ(report.token_ids, whole.token_ids);
  EXPECT_EQ(report.link_hash, whole.link_hash);
  EXPECT_EQ(report.cycles, whole.cycles);
  EXPECT_EQ(report.positions, whole.positions);
  EXPECT_EQ(report.position_cycles, whole.position_cycles);
  EXPECT_EQ(report.awake_tile_cycles, whole.awake_tile_cycles);
  EXPECT_EQ(report.mac_utilisation, whole.mac_utilisation);
  ASSERT_EQ(report.counters.size(), whole.counters.size());
  for (size_t i = 0; i < report.counters.size(); ++i)
    EXPECT_EQ(report.counters[i].sums, whole.counters[i].sums) << operator_name(report.counters[i].op);
}

class Snapshots : public testing::TestWithParam<double> {};

// In three pieces, by other numbers of threads, greedy and sampled.
TEST_P(Snapshots, ATextInPiecesIsTheTextInOne) {
  const Case tiny = make_case(random_model(tiny_config(), test_seed()), make_wafer(4, 4));
  RunOptions options = greedy({1, 5, 9, 60, 33}, 16);
  options.request.temperature = GetParam();
  options.request.seed = 4711;
  const RunReport whole = run_case(tiny, options);
  expect_exact(tiny, whole, options);

  const TemporaryFolder folder;
  const std::string path = folder.file("text.snapshot");
  options.request.tokens = 3;
  const auto first = make_threaded_port(tiny, 1);
  const RunReport begin = run_and_save(tiny, *first, options, path);
  EXPECT_EQ(begin.token_ids.size(), 3u);

  const auto second = make_threaded_port(tiny, 2);
  const RunOptions more = restore(tiny, *second, path, 6);
  const RunReport middle = run_and_save(tiny, *second, more, path);
  EXPECT_EQ(middle.token_ids.size(), 9u);
  EXPECT_GT(middle.compared, 0u);

  const auto third = make_threaded_port(tiny, 1);
  const RunReport end = run(*third, tiny.image, tiny.model, restore(tiny, *third, path, 7));
  EXPECT_EQ(end.restored_positions, 5u + 9u - 1u);
  EXPECT_GT(end.compared, 0u);
  expect_same_run(end, whole);
}

INSTANTIATE_TEST_SUITE_P(Temperatures, Snapshots, testing::Values(0.0, 0.9));

TEST(SavedRuns, TheWafersSettingsComeToTheSameImage) {
  WaferConfig wafer = make_wafer(5, 5);
  wafer.dead_tiles = {{2, 2}};
  wafer.dead_links = {{{0, 1}, Direction::kEast}};
  wafer.in_flight = 3;
  wafer.context = 20;
  const FloatModel model = random_model(tiny_config(), 11);
  const Case tiny = make_case(model, wafer);
  const Case again = make_case(model, parse_wafer_config(describe(tiny.image.wafer), "saved"));
  EXPECT_EQ(image_hash(again.image), image_hash(tiny.image));
}

TEST(SavedRuns, ForeignAndFinishedTextsAreRefused) {
  const Case tiny = make_case(random_model(tiny_config(), 3), make_wafer(4, 4));
  const TemporaryFolder folder;
  const std::string path = folder.file("text.snapshot");
  const auto port = make_threaded_port(tiny, 1);
  run_and_save(tiny, *port, greedy({1, 5}, 100), path);  // until the context is full
  const auto expect_error = [&](const Case& on, ErrorKind kind, const std::string& text) {
    const auto other = make_threaded_port(on, 1);
    try {
      run(*other, on.image, on.model, restore(on, *other, path, 1));
      ADD_FAILURE() << "went on";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(text));
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
  };
  expect_error(tiny, ErrorKind::kRequest, "(context)");
  expect_error(make_case(random_model(tiny_config(), 4), make_wafer(4, 4)), ErrorKind::kEngine,
               "another model");
  WaferConfig wafer = make_wafer(4, 4);
  wafer.in_flight = 2;
  expect_error(make_case(random_model(tiny_config(), 3), wafer), ErrorKind::kEngine, "another program");

  OutputFile file(path);
  save_snapshot(port->engine(), {}, file);
  expect_error(tiny, ErrorKind::kInput, "without a text");
}

// Damage that the file's own checksums do not know of.
TEST(SavedRuns, ChangedBytesOfTheHostAreRefusedOrAText) {
  const Case tiny = make_case(random_model(tiny_config(), 3), make_wafer(4, 4));
  const TemporaryFolder folder;
  const std::string path = folder.file("text.snapshot");
  const auto port = make_threaded_port(tiny, 1);
  run_and_save(tiny, *port, greedy({1, 5, 9}, 4), path);
  const std::vector<std::uint8_t> host = load_snapshot(path).host;
  ASSERT_EQ(pack(unpack_saved_run(host, "file")), host);
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::uint8_t> changed = host;
    changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
    if (i % 5 == 0) changed.resize(random() % changed.size());
    try {
      const SavedRun saved = unpack_saved_run(changed, "file");
      Session session(*port, tiny.image);
      session.resume(saved.request, 1);
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::kInput || error.kind() == ErrorKind::kRequest) << error.what();
    }
  }
}

}  // namespace
}  // namespace tessera
