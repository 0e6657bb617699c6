#include "host/model/float_forward.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "host/error/error.h"
#include "host/model/tokenizer.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

constexpr ModelConfig kSmall{24, 40, 2, 4, 2, 11, 6, false};

TEST(FloatForward, WritesTheKnownStory) {
  TESSERA_REQUIRE_SHARED_MODEL(path, "stories260K.bin");
  TESSERA_REQUIRE_SHARED_MODEL(tokenizer_path, "tok512.bin");
  const FloatModel model = read_checkpoint(path);
  const Tokenizer tokenizer = read_tokenizer(tokenizer_path, model.config.vocabulary);
  FloatState state;
  std::string text;
  for (int position = 0, token = kBeginOfText; position < 60; ++position) {
    const std::vector<float>& logits = forward(model, state, token, position);
    const int next = static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    text += tokenizer.decode(token, next);
    token = next;
  }
  EXPECT_TRUE(
      text.starts_with("Once upon a time, there was a little girl named Lily. She loved to play outside "
                       "in the park."))
      << text;
}

TEST(FloatForward, AnEarlierPositionForgetsWhatFollowed) {
  const FloatModel model = random_model(kSmall, test_seed());
  FloatState state;
  for (int position = 0; position < 4; ++position) forward(model, state, position, position);
  const std::vector<float> again = forward(model, state, 9, 1);
  FloatState fresh;
  forward(model, fresh, 0, 0);
  EXPECT_EQ(again, forward(model, fresh, 9, 1));
  EXPECT_THROW(forward(model, state, 1, 3), Error) << "position 2 is forgotten";
}

TEST(FloatForward, ATiedModelIsItsUntiedCopy) {
  FloatModel tied = random_model(ModelConfig{24, 40, 2, 4, 2, 11, 6, true}, test_seed());
  FloatModel untied = tied;
  untied.config.tied = false;
  untied.logits = tied.token_embedding;
  FloatState a, b;
  EXPECT_EQ(forward(tied, a, 3, 0), forward(untied, b, 3, 0));
}

TEST(FloatForward, RefusesWhatIsOutOfRange) {
  const FloatModel model = random_model(kSmall, 1);
  FloatState state;
  EXPECT_THROW(forward(model, state, -1, 0), Error);
  EXPECT_THROW(forward(model, state, 11, 0), Error);
  EXPECT_THROW(forward(model, state, 0, 1), Error) << "nothing is at position 0 yet";
  EXPECT_THROW(forward(model, state, 0, -1), Error);
  for (int position = 0; position < 6; ++position) forward(model, state, 0, position);
  EXPECT_THROW(forward(model, state, 0, 6), Error) << "the context ends";
}

}  // namespace
}  // namespace tessera
