#include "host/model/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "host/error/error.h"
#include "host/model/validate.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

using ::testing::HasSubstr;

constexpr ModelConfig kSmall{12, 20, 2, 3, 1, 7, 5, true};

std::string error_of(const std::string& path) {
  try {
    read_checkpoint(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "one line";
    EXPECT_THAT(error.what(), HasSubstr(path));
    return error.what();
  }
  return "no error";
}

std::string header_bytes(std::array<std::int32_t, 7> header) {
  return std::string(reinterpret_cast<const char*>(header.data()), sizeof(header));
}

void expect_same(const FloatModel& a, const FloatModel& b) {
  EXPECT_EQ(a.config.dim, b.config.dim);
  EXPECT_EQ(a.config.tied, b.config.tied);
  EXPECT_EQ(a.config.vocabulary, b.config.vocabulary);
  EXPECT_EQ(a.token_embedding, b.token_embedding);
  EXPECT_EQ(a.final_norm, b.final_norm);
  EXPECT_EQ(a.logits, b.logits);
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_EQ(a.layers[i].attention_norm, b.layers[i].attention_norm);
    EXPECT_EQ(a.layers[i].query, b.layers[i].query);
    EXPECT_EQ(a.layers[i].key, b.layers[i].key);
    EXPECT_EQ(a.layers[i].value, b.layers[i].value);
    EXPECT_EQ(a.layers[i].attention_output, b.layers[i].attention_output);
    EXPECT_EQ(a.layers[i].ffn_norm, b.layers[i].ffn_norm);
    EXPECT_EQ(a.layers[i].gate, b.layers[i].gate);
    EXPECT_EQ(a.layers[i].up, b.layers[i].up);
    EXPECT_EQ(a.layers[i].down, b.layers[i].down);
  }
}

TEST(Checkpoint, ComesBackAsWritten) {
  const TemporaryFolder folder;
  for (const bool tied : {true, false}) {
    ModelConfig config = kSmall;
    config.tied = tied;
    const FloatModel model = random_model(config, test_seed());
    write_checkpoint(folder.file("model.bin"), model);
    expect_same(read_checkpoint(folder.file("model.bin")), model);
    EXPECT_FALSE(std::filesystem::exists(folder.file("model.bin.partial")));
  }
}

TEST(Checkpoint, RefusesEveryOtherLength) {
  const TemporaryFolder folder;
  const std::string path = folder.file("model.bin");
  write_checkpoint(path, random_model(kSmall, 1));
  const std::string whole = read_bytes(path);
  for (const std::size_t length : {std::size_t{0}, std::size_t{27}}) {
    write_bytes(path, whole.substr(0, length));
    EXPECT_THAT(error_of(path), HasSubstr("too short for a checkpoint, whose header alone has 28"));
  }
  for (const std::size_t length : {std::size_t{28}, std::size_t{29}, whole.size() / 2, whole.size() - 1}) {
    write_bytes(path, whole.substr(0, length));
    EXPECT_THAT(error_of(path), HasSubstr(fmt::format("{} bytes are too short", length)));
  }
  write_bytes(path, whole + "x");
  EXPECT_THAT(error_of(path), HasSubstr("too long"));
  EXPECT_THAT(error_of(path), HasSubstr(std::to_string(whole.size()))) << "says what would be right";
}

TEST(Checkpoint, RefusesAbsurdHeadersWithoutAllocating) {
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
  struct Case {
    std::array<std::int32_t, 7> header;
    const char* says;
  };
  const Case cases[] = {
      {{0, 172, 5, 8, 4, 512, 512}, "dim is 0, expected 1 to 4096"},
      {{-64, 172, 5, 8, 4, 512, 512}, "dim is -64"},
      {{kMost, kMost, kMost, kMost, kMost, kMost, kMost}, "dim is 2147483647"},
      {{kLeast, kLeast, kLeast, kLeast, kLeast, kLeast, kLeast}, "dim is -2147483648"},
      {{64, kMost, 5, 8, 4, 512, 512}, "hidden_dim is 2147483647, expected 1 to 16384"},
      {{64, 172, 2000000, 8, 4, 512, 512}, "layers is 2000000"},
      {{64, 172, 5, 0, 4, 512, 512}, "heads is 0, expected 1 to 64"},
      {{64, 172, 5, 7, 1, 512, 512}, "dim 64 is not a multiple of heads 7"},
      {{63, 172, 5, 9, 3, 512, 512}, "head_dim 7, expected an even number up to 128"},
      {{512, 172, 5, 2, 1, 512, 512}, "head_dim 256, expected an even number up to 128"},
      {{64, 172, 5, 8, 0, 512, 512}, "kv_heads is 0"},
      {{64, 172, 5, 8, 3, 512, 512}, "heads 8 is not a multiple of kv_heads 3"},
      {{64, 172, 5, 8, 16, 512, 512}, "kv_heads is 16, expected 1 to 8"},
      {{64, 172, 5, 8, 4, 0, 512}, "vocabulary is 0"},
      {{64, 172, 5, 8, 4, kLeast, 512}, "vocabulary is"},
      {{64, 172, 5, 8, 4, 512, -1}, "context is -1"},
      {{64, 172, 5, 8, 4, 512, 100000}, "context is 100000, expected 1 to 8192"},
      {{4096, 16384, 1024, 64, 64, 1 << 18, 8192}, "bytes are too short"},
      {{0x616b3432, 1, 5, 8, 4, 512, 512}, "version 1; expected version 0"},
  };
  const TemporaryFolder folder;
  for (const Case& c : cases) {
    write_bytes(folder.file("model.bin"), header_bytes(c.header) + std::string(100, '\0'));
    EXPECT_THAT(error_of(folder.file("model.bin")), HasSubstr(c.says));
  }
}

TEST(Checkpoint, RefusesWhatIsNoFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(folder.file("missing.bin")), HasSubstr("no such file"));
  EXPECT_THAT(error_of(folder.path().string()), HasSubstr("is a directory"));
  EXPECT_THAT(error_of("/dev/zero"), HasSubstr("is not a regular file"));
  write_bytes(folder.file("text.bin"), "Once upon a time, there was a little girl named Lily.");
  EXPECT_THAT(error_of(folder.file("text.bin")), HasSubstr("dim is"));
}

TEST(Checkpoint, RefusesNumbersThatAreNone) {
  const TemporaryFolder folder;
  const std::string path = folder.file("model.bin");
  write_checkpoint(path, random_model(kSmall, 1));
  const std::string whole = read_bytes(path);
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    std::string bytes = whole;
    // the third number of the first attention norm
    std::memcpy(bytes.data() + 28 + (kSmall.vocabulary * kSmall.dim + 2) * sizeof(float), &bad, sizeof(bad));
    write_bytes(path, bytes);
    EXPECT_THAT(error_of(path), HasSubstr("layers[0].attention_norm holds"));
    EXPECT_THAT(error_of(path), HasSubstr("at index 2, expected finite numbers"));
  }
}

TEST(Checkpoint, WritesOnlyWholeModels) {
  const TemporaryFolder folder;
  FloatModel model = random_model(kSmall, 1);
  model.layers[1].up.pop_back();
  EXPECT_THROW(write_checkpoint(folder.file("model.bin"), model), Error);
  EXPECT_THROW(write_checkpoint(folder.file("nowhere/model.bin"), random_model(kSmall, 1)), Error);
  EXPECT_THROW(write_checkpoint(folder.path().string(), random_model(kSmall, 1)), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Checkpoint, ReadsTheRealOne) {
  TESSERA_REQUIRE_SHARED_MODEL(path, "stories260K.bin");
  const FloatModel model = read_checkpoint(path);
  EXPECT_EQ(model.config.dim, 64);
  EXPECT_EQ(model.config.hidden_dim, 172);
  EXPECT_EQ(model.config.layers, 5);
  EXPECT_EQ(model.config.heads, 8);
  EXPECT_EQ(model.config.kv_heads, 4);
  EXPECT_EQ(model.config.vocabulary, 512);
  EXPECT_EQ(model.config.context, 512);
  EXPECT_TRUE(model.config.tied);
}

}  // namespace
}  // namespace tessera
