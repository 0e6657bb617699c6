#include "host/train/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "host/error/error.h"
#include "host/model/tokenizer.h"
#include "host/train/training_state.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A small text that repeats itself, and options that learn it within a second.
class Train : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("train_" + std::string(test_name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::ofstream text(folder_ / "text.txt");
    for (int chapter = 0; chapter < 12; ++chapter) {
      text << "CHAPTER " << chapter << "\n\n";
      for (int i = 0; i < 6; ++i) {
        text << "The cat sat on the mat, and the hat was on the cat. Then the rat ran to the hat.\n"
             << "\"That is my hat,\" said the cat; and the rat ran on.\n\n";
      }
    }
  }

  static const char* test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

  TrainOptions options(const std::string& output) const {
    fs::create_directories(folder_ / output);
    TrainOptions result;
    result.corpus.text_files = {(folder_ / "text.txt").string()};
    result.corpus.validation_share = 0.2;
    result.output_folder = (folder_ / output).string();
    result.config = {.dim = 32,
                     .hidden_dim = 32,
                     .layers = 2,
                     .heads = 2,
                     .kv_heads = 1,
                     .vocabulary = 300,
                     .context = 32};
    result.steps = 60;
    result.batch = 4;
    result.warmup_steps = 5;
    result.decay_begin = 30;
    result.decay_steps = 50;
    result.cooldown_steps = 20;
    result.learning_rate = 1e-2f;
    result.report_interval = 10;
    result.validation_interval = 20;
    return result;
  }

  fs::path folder_;
};

TEST_F(Train, LearnsASmallTextByHeart) {
  std::vector<TrainProgress> seen;
  const TrainOptions given = options("out");
  const TrainReport report = train(given, [&](const TrainProgress& progress) { seen.push_back(progress); });
  ASSERT_EQ(seen.size(), 6u);
  EXPECT_GT(seen.front().training_loss, 3.0);
  EXPECT_LT(seen.back().training_loss, 1.0);
  EXPECT_EQ(seen.back().step, 60);
  EXPECT_EQ(seen[0].validation_loss, 0.0);
  EXPECT_GT(seen[1].validation_loss, 0.0);
  EXPECT_LT(report.validation_loss, 1.0);
  EXPECT_LT(report.training_loss, 1.0);
  EXPECT_GT(report.validation_bits_per_byte, 0.0);
  EXPECT_EQ(report.best_step, 60);
}

TEST_F(Train, WritesAModelThatReadsBackWithTheReportedLoss) {
  const TrainOptions given = options("out");
  const TrainReport report = train(given, {});
  const FloatModel model = read_checkpoint(given.output_folder + "/model.bin");
  const Tokenizer tokenizer = read_tokenizer(given.output_folder + "/tokenizer.bin", given.config.vocabulary);
  EXPECT_EQ(model.config.dim, given.config.dim);
  EXPECT_EQ(model.config.context, given.config.context);
  const Corpus corpus = read_corpus(given.corpus);
  const TextLoss loss = measure_text(model, tokenizer, corpus.validation, 1);
  EXPECT_EQ(loss.nats_per_token, report.validation_loss);
  EXPECT_EQ(loss.bits_per_byte, report.validation_bits_per_byte);
  EXPECT_EQ(loss.tokens, report.validation_tokens);
  for (const fs::directory_entry& entry : fs::directory_iterator(given.output_folder)) {
    EXPECT_THAT(entry.path().filename().string(),
                testing::AnyOf("model.bin", "tokenizer.bin", "training.state"));
  }
}

TEST_F(Train, SameSeedGivesTheSameBytesAndAnotherSeedOthers) {
  TrainOptions first = options("first"), second = options("second"), other = options("other");
  other.seed = 2;
  for (TrainOptions* each : {&first, &second, &other}) {
    each->steps = 20;
    train(*each, {});
  }
  EXPECT_EQ(bytes_of(folder_ / "first/model.bin"), bytes_of(folder_ / "second/model.bin"));
  EXPECT_EQ(bytes_of(folder_ / "first/tokenizer.bin"), bytes_of(folder_ / "second/tokenizer.bin"));
  EXPECT_NE(bytes_of(folder_ / "first/model.bin"), bytes_of(folder_ / "other/model.bin"));
}

TEST_F(Train, ARunStoppedBeforeItsCooldownGoesOnToAnyLength) {
  TrainOptions whole = options("whole");
  train(whole, {});
  TrainOptions parts = options("parts");
  parts.steps = 40;
  parts.cooldown_steps = 0;  // that of the longer run begins after step 40
  train(parts, {});
  parts.steps = whole.steps;
  parts.cooldown_steps = whole.cooldown_steps;
  parts.resume = true;
  train(parts, {});
  EXPECT_EQ(bytes_of(folder_ / "whole/model.bin"), bytes_of(folder_ / "parts/model.bin"));
  EXPECT_EQ(bytes_of(folder_ / "whole/training.state"), bytes_of(folder_ / "parts/training.state"));
}

TEST_F(Train, RefusesTheStateOfAnotherRun) {
  TrainOptions given = options("out");
  given.steps = 2;
  train(given, {});
  given.resume = true;
  given.seed = 99;
  EXPECT_THROW(train(given, {}), Error);
  std::ofstream(given.output_folder + "/training.state") << "something else";
  EXPECT_THROW(train(given, {}), Error);
}

TEST_F(Train, RefusesOptionsOutOfRange) {
  TrainOptions given = options("out");
  given.steps = 0;
  EXPECT_THROW(train(given, {}), Error);
  given = options("out");
  given.config.heads = 3;
  EXPECT_THROW(train(given, {}), Error);
  given = options("out");
  given.config.context = 100'000;
  EXPECT_THROW(train(given, {}), Error);
  given = options("out");
  given.output_folder = (folder_ / "no-such-folder").string();
  EXPECT_THROW(train(given, {}), Error);
}

TEST(Schedule, WarmsUpStaysAndFallsToZero) {
  const Schedule schedule{.peak = 0.5f,
                          .warmup_steps = 10,
                          .decay_begin = 50,
                          .decay_steps = 99,
                          .cooldown_steps = 20,
                          .steps = 120};
  EXPECT_FLOAT_EQ(learning_rate_at(schedule, 1), 0.05f);
  EXPECT_FLOAT_EQ(learning_rate_at(schedule, 10), 0.5f);
  EXPECT_FLOAT_EQ(learning_rate_at(schedule, 50), 0.5f);
  EXPECT_NEAR(learning_rate_at(schedule, 100), 0.25f, 1e-6f);  // half way down the cosine
  EXPECT_LT(learning_rate_at(schedule, 120), 0.005f);
  for (int step = 51; step <= 120; ++step) {
    EXPECT_LT(learning_rate_at(schedule, step), learning_rate_at(schedule, step - 1));
    EXPECT_GT(learning_rate_at(schedule, step), 0.0f);
  }
}

TEST(Schedule, WithoutCooldownFollowsTheCosineToItsEnd) {
  const Schedule schedule{.peak = 1.0f,
                          .warmup_steps = 0,
                          .decay_begin = 10,
                          .decay_steps = 40,
                          .cooldown_steps = 0,
                          .steps = 60};
  EXPECT_FLOAT_EQ(learning_rate_at(schedule, 10), 1.0f);
  EXPECT_LT(learning_rate_at(schedule, 50), 0.01f);
  EXPECT_NEAR(learning_rate_at(schedule, 60), 0.0f, 1e-6f);
}

}  // namespace
}  // namespace tessera
