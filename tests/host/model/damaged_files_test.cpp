// Thousands of damaged checkpoints and tokenizers: each is read or refused with an Error, and nothing else
// happens. Under the sanitizers (the preset of that name) "nothing else" includes every access and every
// overflow.
#include <gtest/gtest.h>

#include "host/error/error.h"
#include "host/model/checkpoint.h"
#include "host/model/quantize.h"
#include "host/model/tokenizer.h"
#include "host/model/validate.h"
#include "tests/support/damage.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

constexpr int kTrials = 4000;
constexpr ModelConfig kSmall{
    .dim = 8, .hidden_dim = 12, .layers = 2, .heads = 2, .kv_heads = 1, .vocabulary = 9, .context = 5};

// How many of the trials were read and how many refused; a test in which one of them never happens shows
// nothing.
struct Outcomes {
  int read = 0;
  int refused = 0;
};

template <typename Trial>
Outcomes count(const Trial& trial) {
  Outcomes outcomes;
  for (int i = 0; i < kTrials; ++i) {
    try {
      trial();
      ++outcomes.read;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      ++outcomes.refused;
    }
  }
  return outcomes;
}

TEST(DamagedFiles, CheckpointsAreReadOrRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("model.bin");
  std::mt19937_64 random(test_seed());
  for (const bool tied : {true, false}) {
    ModelConfig config = kSmall;
    config.tied = tied;
    write_checkpoint(path, random_model(config, 1));
    const std::string whole = read_bytes(path);
    const Outcomes outcomes = count([&] {
      write_bytes(path, damaged(whole, random));
      const FloatModel model = read_checkpoint(path);
      EXPECT_NO_THROW(validate_model(model, path));
      quantize(model);
    });
    EXPECT_GT(outcomes.read, kTrials / 20);
    EXPECT_GT(outcomes.refused, kTrials / 20);
  }
}

TEST(DamagedFiles, EveryDamagedHeaderIsReadOrRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("model.bin");
  std::mt19937_64 random(test_seed());
  write_checkpoint(path, random_model(kSmall, 1));
  const std::string whole = read_bytes(path);
  const Outcomes outcomes = count([&] {
    std::string bytes = whole;
    bytes.replace(0, 28, damaged(whole.substr(0, 28), random));
    write_bytes(path, bytes);
    read_checkpoint(path);
  });
  EXPECT_GT(outcomes.refused, kTrials / 2);
}

TEST(DamagedFiles, TokenizersAreReadOrRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("tokenizer.bin");
  std::mt19937_64 random(test_seed());
  write_tokenizer(path, byte_tokenizer(280));
  const std::string whole = read_bytes(path);
  const Outcomes outcomes = count([&] {
    write_bytes(path, damaged(whole, random));
    const Tokenizer tokenizer = read_tokenizer(path, 280);
    EXPECT_EQ(tokenizer.pieces.size(), 280u);
    EXPECT_EQ(tokenizer.scores.size(), 280u);
    for (const int token : tokenizer.encode("a text \xff\xc3 <0x41>")) tokenizer.decode(1, token);
  });
  EXPECT_GT(outcomes.read, kTrials / 20);
  EXPECT_GT(outcomes.refused, kTrials / 20);
}

}  // namespace
}  // namespace tessera
