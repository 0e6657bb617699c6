#include "host/golden/evaluate.h"

#include <gtest/gtest.h>

#include <iostream>

#include "host/error/error.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

constexpr ModelConfig kSmall{24, 40, 2, 4, 2, 30, 16, false};

TEST(Evaluate, IntegersAreWithinOnePercentOfFloats) {
  TESSERA_REQUIRE_SHARED_MODEL(path, "stories260K.bin");
  const FloatModel model = read_checkpoint(path);
  const EvaluationReport report = evaluate(model, sample_sequences(model, 12, model.config.context, 1));
  std::cout << "predictions " << report.predictions << ", perplexity " << report.float_perplexity
            << " float, " << report.integer_perplexity << " integer, KL " << report.kl_mean
            << ", top-1 agreement " << report.top1_agreement << "\n";
  EXPECT_LT(report.perplexity_ratio(), 1.01);
  EXPECT_GT(report.perplexity_ratio(), 0.99);
  EXPECT_LT(report.kl_mean, 0.01);
  EXPECT_GT(report.top1_agreement, 0.94);
}

TEST(Evaluate, TextInWindows) {
  TESSERA_REQUIRE_SHARED_MODEL(path, "stories260K.bin");
  TESSERA_REQUIRE_SHARED_MODEL(tokenizer_path, "tok512.bin");
  const FloatModel model = read_checkpoint(path);
  const Tokenizer tokenizer = read_tokenizer(tokenizer_path, model.config.vocabulary);
  const std::string text =
      "Tom had a red ball. He liked to play with it in the garden. One day the ball rolled under a big tree. "
      "Tom "
      "could not see it. He was sad. Then a little bird came and said, \"I can help you.\" The bird found "
      "the ball "
      "and Tom was very happy. They played together until it was time to go home.";
  const EvaluationReport report = evaluate(model, text_sequences(tokenizer, text, 64));
  EXPECT_GT(report.predictions, 90);
  EXPECT_LT(report.float_perplexity, 20);
  EXPECT_NEAR(report.perplexity_ratio(), 1, 0.03) << "a text this short is a noisy measure";
}

TEST(TextSequences, KeepEveryToken) {
  const Tokenizer tokenizer = byte_tokenizer(300);
  const std::vector<std::vector<int>> sequences = text_sequences(tokenizer, "abcdefg", 4);
  ASSERT_EQ(sequences.size(), 3u);  // a space and 7 letters, three to a window
  EXPECT_EQ(sequences[0], (std::vector<int>{1, 3 + ' ', 3 + 'a', 3 + 'b'}));
  EXPECT_EQ(sequences[2], (std::vector<int>{1, 3 + 'f', 3 + 'g'}));
}

TEST(SampleSequences, AreTheSameForTheSameSeed) {
  const FloatModel model = random_model(kSmall, 1);
  const auto sequences = sample_sequences(model, 5, 100, 3);
  EXPECT_EQ(sequences, sample_sequences(model, 5, 100, 3));
  EXPECT_NE(sequences, sample_sequences(model, 5, 100, 4));
  for (const std::vector<int>& sequence : sequences) {
    EXPECT_EQ(sequence.front(), kBeginOfText);
    EXPECT_LE(sequence.size(), 16u) << "no longer than the context";
  }
}

TEST(Evaluate, RefusesWhatItCannotMeasure) {
  const FloatModel model = random_model(kSmall, 1);
  EXPECT_THROW(evaluate(model, {}), Error);
  EXPECT_THROW(evaluate(model, {{1}, {2}}), Error);
  EXPECT_THROW(evaluate(model, {{1, 30}}), Error);
  EXPECT_THROW(evaluate(model, {std::vector<int>(18, 1)}), Error) << "longer than the context";
}

TEST(ReadText, RefusesWhatIsNoText) {
  const TemporaryFolder folder;
  EXPECT_THROW(read_text(folder.file("missing.txt")), Error);
  EXPECT_THROW(read_text(folder.path().string()), Error);
  write_bytes(folder.file("empty.txt"), "");
  EXPECT_THROW(read_text(folder.file("empty.txt")), Error);
  write_bytes(folder.file("text.txt"), "a story");
  EXPECT_EQ(read_text(folder.file("text.txt")), "a story");
}

}  // namespace
}  // namespace tessera
