#include "host/link/events.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "host/link/frame.h"
#include "tests/host/link/recorder.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

constexpr int kTiles = 1'000'000;

// What arrives, frame by frame.
std::vector<Recorder::Event> unpack(const Bytes& bytes, size_t& frames) {
  FrameDecoder decoder(kFrameLimit);
  decoder.add(bytes);
  Recorder recorder;
  for (frames = 0; const auto frame = decoder.next(); ++frames) {
    EXPECT_EQ(frame->type, FrameType::kEvents);
    unpack_events(frame->payload, kTiles, recorder);
  }
  EXPECT_FALSE(decoder.inside());
  return recorder.events;
}

void show(sim::EngineObserver& observer, const Recorder::Event& event) {
  const auto& [tile, cycle, color, last, data] = event;
  if (color < 0) {
    observer.on_error(tile, cycle, std::bit_cast<rtl::TileError>(data));
  } else {
    observer.on_sent(tile, cycle, {static_cast<std::uint8_t>(color), last, data});
  }
}

TEST(Events, ArriveInTheirOrder) {
  std::mt19937_64 random(test_seed());
  std::vector<Recorder::Event> events;
  std::uint64_t cycle = 12345;
  for (int i = 0; i < 50'000; ++i) {
    if (random() % 3 == 0) cycle += random() % 300;
    if (random() % 100 == 0) cycle -= random() % 100;  // nobody promises that cycles only grow
    const int color = static_cast<int>(random() % (rtl::kColorCount + 1)) - 1;
    events.emplace_back(static_cast<int>(random() % kTiles), cycle, color, color >= 0 && random() % 2,
                        static_cast<std::uint32_t>(random()));
  }
  EventPacker packer;
  for (const Recorder::Event& event : events) show(packer, event);
  Bytes bytes;
  packer.take(bytes);
  EXPECT_TRUE(packer.empty());
  size_t frames = 0;
  EXPECT_EQ(unpack(bytes, frames), events);
  EXPECT_GT(frames, 1u);
  bytes.clear();
  packer.take(bytes);
  EXPECT_TRUE(bytes.empty());
}

TEST(Events, TheExtremesOfEveryField) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const std::vector<Recorder::Event> events = {{0, 0, 0, false, 0},
                                               {kTiles - 1, most, 15, true, 0xffffffff},
                                               {0, 0, -1, false, 0xffffffff},
                                               {kTiles - 1, 1, 2, true, 1},
                                               {kTiles - 1, most / 2 + 1, 3, false, 2}};
  EventPacker packer;
  for (const Recorder::Event& event : events) show(packer, event);
  Bytes bytes;
  packer.take(bytes);
  size_t frames = 0;
  EXPECT_EQ(unpack(bytes, frames), events);
}

TEST(Events, AWaveletTakesFewBytes) {
  EventPacker packer;
  for (int i = 0; i < 4000; ++i)
    packer.on_sent(100 + i % 40, 1'000'000 + static_cast<std::uint64_t>(i / 3), {5, false, 0x12345678});
  Bytes bytes;
  packer.take(bytes);
  EXPECT_LT(bytes.size(), 4000u * 7);
}

TEST(Events, RandomBytesNeverReachTheObserverOutOfRange) {
  std::mt19937_64 random(test_seed());
  class Checked final : public sim::EngineObserver {
   public:
    void on_sent(int tile, std::uint64_t, const sim::Wavelet& wavelet) override {
      ASSERT_TRUE(tile >= 0 && tile < 20);
      ASSERT_LT(wavelet.color, rtl::kColorCount);
      ++shown;
    }
    int shown = 0;
  } checked;
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    Bytes payload(8 + random() % 60);
    for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(random() % (round % 2 ? 256 : 32));
    try {
      unpack_events(payload, 20, checked);
    } catch (const ProtocolError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(checked.shown, 1000);
}

}  // namespace
}  // namespace tessera
