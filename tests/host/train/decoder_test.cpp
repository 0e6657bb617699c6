#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/error/error.h"
#include "host/train/bible_data.h"
#include "host/train/r_data.h"

namespace tessera {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

std::string r_header() {
  return "X\n" + big_endian(3) + big_endian(0x030504) + big_endian(0x030500) + big_endian(5) + "UTF-8";
}
std::string r_string(const std::string& text) {
  return big_endian(0x40009) + big_endian(static_cast<std::uint32_t>(text.size())) + text;
}
std::string r_strings(const std::vector<std::string>& texts) {
  std::string bytes = big_endian(16) + big_endian(static_cast<std::uint32_t>(texts.size()));
  for (const std::string& text : texts) bytes += r_string(text);
  return bytes;
}
std::string r_symbol(const std::string& name) { return big_endian(1) + r_string(name); }

std::string compress_zlib(const std::string& text) {
  uLongf length = compressBound(text.size());
  std::string bytes(length, '\0');
  compress(reinterpret_cast<Bytef*>(bytes.data()), &length, reinterpret_cast<const Bytef*>(text.data()),
           text.size());
  bytes.resize(length);
  return bytes;
}

void expect_input_error(const std::function<void()>& action, const std::string& part) {
  try {
    action();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

TEST(RData, ReadsAVectorOfStrings) {
  EXPECT_THAT(parse_r_strings(r_header() + r_strings({"one", "", "two words"}), "test"),
              ElementsAre("one", "", "two words"));
}

TEST(RData, RefusesDamagedData) {
  const std::string good = r_header() + r_strings({"one", "two"});
  expect_input_error([] { parse_r_strings("RDX3", "name.rdb"); }, "name.rdb");
  expect_input_error([&] { parse_r_strings(good.substr(0, good.size() - 1), "name"); }, "ends");
  expect_input_error([] { parse_r_strings(r_header() + big_endian(16) + big_endian(1 << 30), "name"); },
                     "items");
  expect_input_error([] { parse_r_strings(r_header() + big_endian(14), "name"); }, "type 14");
}

// An index of two variables, and the data they lie in.
void write_data_base(const std::filesystem::path& stem, bool damaged) {
  std::string data, places;
  for (const std::vector<std::string>& lines : {std::vector<std::string>{"CHAPTER I", "Words."}, {"Other"}}) {
    const std::string serialized = r_header() + r_strings(lines);
    const std::string packed =
        big_endian(static_cast<std::uint32_t>(serialized.size())) + compress_zlib(serialized);
    places += big_endian(13) + big_endian(2) + big_endian(static_cast<std::uint32_t>(data.size())) +
              big_endian(static_cast<std::uint32_t>(packed.size() + (damaged ? 1000 : 0)));
    data += packed;
  }
  const std::string variables = big_endian(0x213) + big_endian(2) + places + big_endian(0x402) +
                                r_symbol("names") + r_strings({"first", "second"}) + big_endian(254);
  const std::string index = r_header() + big_endian(0x13) + big_endian(1) + variables;
  std::ofstream(stem.string() + ".rdb", std::ios::binary) << data;
  std::ofstream(stem.string() + ".rdx", std::ios::binary) << compress_zlib(index);
}

TEST(RData, FindsVariablesByTheIndex) {
  const std::filesystem::path stem = std::filesystem::path(testing::TempDir()) / "r_data_good";
  write_data_base(stem, false);
  const std::vector<RVariable> variables = read_r_data(stem.string());
  ASSERT_EQ(variables.size(), 2u);
  EXPECT_EQ(variables[0].name, "first");
  EXPECT_THAT(variables[0].lines, ElementsAre("CHAPTER I", "Words."));
  EXPECT_EQ(variables[1].name, "second");
  EXPECT_THAT(variables[1].lines, ElementsAre("Other"));
}

TEST(RData, RefusesAPlaceOutsideTheFile) {
  const std::filesystem::path stem = std::filesystem::path(testing::TempDir()) / "r_data_bad";
  write_data_base(stem, true);
  expect_input_error([&] { read_r_data(stem.string()); }, "first");
}

TEST(RData, InflateRefusesTooMuch) {
  const std::string packed = compress_zlib(std::string(100'000, 'a'));
  EXPECT_EQ(inflate_bytes(packed, 100'000, "test").size(), 100'000u);
  expect_input_error([&] { inflate_bytes(packed, 1000, "test"); }, "more than 1000");
  expect_input_error([&] { inflate_bytes(packed.substr(0, 20), 1 << 20, "test"); }, "truncated");
}

// Writes codes as compress does: low bits first, in groups of eight that a change of width fills up with
// zeros.
class LzwWriter {
 public:
  std::string pack(const std::string& text) {
    std::map<std::string, int> known;
    for (int byte = 0; byte < 256; ++byte) known[std::string(1, static_cast<char>(byte))] = byte;
    int next = 257;
    std::string phrase;
    for (const char c : text) {
      if (known.count(phrase + c)) {
        phrase += c;
        continue;
      }
      put(known[phrase]);
      // The reader learns an entry one code later than the writer, and widens its codes by its own count.
      if (next - 1 == (1 << width_) - 1 && next - 1 >= 511) widen();
      known[phrase + c] = next++;
      phrase = std::string(1, c);
    }
    put(known[phrase]);
    return bytes_;
  }

 private:
  void put(int code) {
    for (int i = 0; i < width_; ++i, ++bit_) {
      if (bit_ % 8 == 0) bytes_ += '\0';
      bytes_.back() = static_cast<char>(bytes_.back() | (code >> i & 1) << (bit_ % 8));
    }
  }
  void widen() {
    const size_t group = static_cast<size_t>(width_);
    const size_t used = bytes_.size() - group_start_;
    bytes_.resize(group_start_ + (used + group - 1) / group * group, '\0');
    group_start_ = bytes_.size();
    bit_ = bytes_.size() * 8;
    ++width_;
  }

  std::string bytes_;
  size_t bit_ = 0, group_start_ = 0;
  int width_ = 9;
};

std::string long_text() {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "verse " + std::to_string(i * 7919 % 4001) + (i % 5 ? ", " : ".\n");
  return text;
}

TEST(Lzw, UnpacksRepeatsAndTheCodeThatCompletesItself) {
  EXPECT_EQ(unpack_lzw(LzwWriter().pack("aaaaaaaaaaabababab"), 100, "test"), "aaaaaaaaaaabababab");
}

TEST(Lzw, FollowsTheCodesAsTheyWiden) {
  const std::string text = long_text();
  EXPECT_EQ(unpack_lzw(LzwWriter().pack(text), text.size(), "test"), text);
}

TEST(Lzw, RefusesImpossibleCodesAndTooMuch) {
  expect_input_error([] { unpack_lzw(std::string("\xff\xff\xff", 3), 100, "test"); }, "code 511");
  expect_input_error([] { unpack_lzw(LzwWriter().pack("many words"), 4, "test"); }, "more than 4");
}

std::string bible_file(const std::vector<std::string>& windows) {
  std::string bytes = "EC02";
  bytes.resize(0x54, '\0');
  bytes += big_endian(1 << 16) + big_endian(static_cast<std::uint32_t>(windows.size()));
  std::string packed;
  const size_t begin = bytes.size() + 4 * windows.size() + 3;
  for (const std::string& window : windows) {
    bytes += big_endian(static_cast<std::uint32_t>(begin + packed.size()));
    packed += LzwWriter().pack(window);
  }
  return bytes + "\x1f\x9d\x90" + packed;
}

TEST(BibleData, JoinsItsWindows) {
  const std::string bytes = bible_file({long_text(), "Ge1:1 In the beg", "inning.\n"});
  EXPECT_EQ(unpack_bible_data(bytes, "test"), long_text() + "Ge1:1 In the beginning.\n");
}

TEST(BibleData, RefusesOtherFilesAndTruncatedOnes) {
  const std::string bytes = bible_file({"one", "two"});
  expect_input_error([] { unpack_bible_data("PK\x03\x04", "name"); }, "EC02");
  expect_input_error([&] { unpack_bible_data(bytes.substr(0, 0x58), "name"); }, "too few");
  expect_input_error([&] { unpack_bible_data(bytes.substr(0, 0x66), "name"); }, "outside");
}

}  // namespace
}  // namespace tessera
