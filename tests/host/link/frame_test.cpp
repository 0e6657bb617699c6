#include "host/link/frame.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/random_model.h"

namespace tessera {
namespace {

Bytes frame_of(FrameType type, const Bytes& payload) {
  Bytes bytes;
  FrameBuilder frame(bytes, type);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  frame.finish();
  return bytes;
}

struct Frame {
  FrameType type;
  Bytes payload;
  bool operator==(const Frame&) const = default;
};

// Everything that comes out of a stream that arrives in pieces of random lengths, up to its end or the first
// damage.
std::vector<Frame> decode(const Bytes& bytes, size_t limit, std::mt19937_64& random, bool& damaged) {
  FrameDecoder decoder(limit);
  std::vector<Frame> frames;
  damaged = false;
  try {
    for (size_t at = 0; at < bytes.size();) {
      const size_t piece = std::min<size_t>(bytes.size() - at, 1 + random() % 40);
      decoder.add(std::span(bytes).subspan(at, piece));
      at += piece;
      while (const auto frame = decoder.next())
        frames.push_back({frame->type, {frame->payload.begin(), frame->payload.end()}});
    }
  } catch (const ProtocolError&) {
    damaged = true;
  }
  return frames;
}

TEST(Frame, IsAsDocumented) {
  // docs/host_link.md shows these bytes.
  const Bytes bytes = frame_of(FrameType::kAdvance, {0x40, 0x42, 0x0f, 0, 0, 0, 0, 0});
  const Bytes expected = {0x08, 0,    0,    0,    0x12, 0, 0, 0, 0x11, 0xb3,
                          0xd4, 0x74, 0x40, 0x42, 0x0f, 0, 0, 0, 0,    0};
  EXPECT_EQ(bytes, expected);
}

TEST(Frame, ComesOutAsItWentInWhateverThePieces) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 200; ++round) {
    Bytes stream;
    std::vector<Frame> sent;
    for (int i = 0; i < 8; ++i) {
      Bytes payload(random() % 100);
      for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(random());
      sent.push_back({static_cast<FrameType>(random() % 50), payload});
      const Bytes frame = frame_of(sent.back().type, payload);
      stream.insert(stream.end(), frame.begin(), frame.end());
    }
    bool damaged = false;
    EXPECT_EQ(decode(stream, 100, random, damaged), sent);
    EXPECT_FALSE(damaged);
  }
}

TEST(Frame, DamageIsFoundAndWhatCameBeforeItIsRight) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 2000; ++round) {
    Bytes stream;
    std::vector<Frame> sent;
    std::vector<size_t> ends;
    for (int i = 0; i < 3; ++i) {
      Bytes payload(random() % 60);
      for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(random());
      sent.push_back({FrameType::kSend, payload});
      const Bytes frame = frame_of(FrameType::kSend, payload);
      stream.insert(stream.end(), frame.begin(), frame.end());
      ends.push_back(stream.size());
    }
    const size_t at = random() % stream.size();
    stream[at] ^= static_cast<std::uint8_t>(1u << random() % 8);
    // Enough behind it that a length that has grown within the limit is not waited for.
    stream.resize(stream.size() + 600);
    bool damaged = false;
    const std::vector<Frame> got = decode(stream, 512, random, damaged);
    EXPECT_TRUE(damaged);
    size_t whole = 0;
    while (ends[whole] <= at) ++whole;
    ASSERT_EQ(got.size(), whole);
    for (size_t i = 0; i < whole; ++i) EXPECT_EQ(got[i], sent[i]);
  }
}

TEST(Frame, ALengthOverTheLimitIsRefusedBeforeThePayloadComes) {
  FrameDecoder decoder(64);
  decoder.add(Bytes{65, 0, 0, 0});
  EXPECT_THROW(decoder.next(), ProtocolError);
  FrameDecoder ready(65);
  ready.add(Bytes{65, 0, 0, 0});
  EXPECT_FALSE(ready.next());
  EXPECT_TRUE(ready.inside());
}

TEST(Frame, RandomBytesNeverDoHarm) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 3000; ++round) {
    Bytes stream(random() % 300);
    for (std::uint8_t& byte : stream) byte = static_cast<std::uint8_t>(random());
    if (stream.size() > 3 && round % 2) stream[1] = stream[2] = stream[3] = 0;  // a length that can be
    bool damaged = false;
    EXPECT_TRUE(decode(stream, 4096, random, damaged).empty());
  }
}

}  // namespace
}  // namespace tessera
