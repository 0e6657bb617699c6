// Finished images: run on the slow wafer and compared with the golden model, message by message.
#include "host/compiler/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <optional>

#include "host/compiler/safety.h"
#include "host/compiler/tile_memory.h"
#include "host/error/error.h"
#include "host/model/checkpoint.h"
#include "tests/host/compiler/cases.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

// Runs a token on the slow wafer and compares every message. Returns the number of messages.
size_t check_token(SlowWafer& wafer, const Image& image, const QuantizedModel& model, const Trace& trace,
                   std::uint32_t tag) {
  rtl::Header header{};
  header.position = static_cast<std::uint32_t>(trace.position);
  header.slot = static_cast<std::uint32_t>(trace.slot);
  header.tag = tag;
  header.flags = rtl::kHeaderFlagOutput | rtl::kHeaderFlagLogits;
  const auto sent = wafer.run(std::bit_cast<std::uint32_t>(header), static_cast<std::uint32_t>(trace.token));
  for (const SlowMessage& message : sent) {
    const auto part = static_cast<int>(std::bit_cast<rtl::Header>(message.header).part);
    const ImageMessage* entry = find_message(image, message.tile, message.color, part);
    if (entry == nullptr) {
      ADD_FAILURE() << "message of tile " << message.tile.x << "," << message.tile.y << ", color "
                    << message.color << ", part " << part << " is not in the table";
      continue;
    }
    const Stream& stream = image.graph.streams[static_cast<size_t>(entry->stream)];
    EXPECT_EQ(message.payload, golden_payload(model, trace, entry->tensor))
        << stream.name << ", part " << part << ", position " << trace.position;
    EXPECT_EQ(message.deliveries,
              static_cast<int>(stream.kind == StreamKind::kMerge ? 1 : stream.consumers.size()))
        << stream.name;
  }
  return sent.size();
}

// Messages that one token sends: of several embedding (or rope) tiles only one has the token's row.
size_t messages_of_a_token(const Image& image) {
  size_t messages = 0;
  for (const Kernel& kernel : image.graph.kernels) {
    const bool chosen =
        (kernel.op != Operator::kEmbedding && kernel.op != Operator::kRope) || kernel.index == 0;
    messages += chosen ? kernel.sends.size() : 0;
  }
  return messages;
}

void check_image(const QuantizedModel& model, const Image& image, std::mt19937_64& random, int tokens) {
  ASSERT_NO_THROW(check_safety(image));
  SlowWafer wafer(image);
  Golden golden(model);
  std::vector<int> positions(static_cast<size_t>(image.slots), 0);
  for (int i = 0; i < tokens; ++i) {
    const auto slot = static_cast<size_t>(random() % static_cast<std::uint64_t>(image.slots));
    if (positions[slot] == image.context) positions[slot] = 0;
    const auto token = static_cast<int>(random() % static_cast<std::uint64_t>(model.config.vocabulary));
    const Trace& trace = golden.forward(static_cast<int>(slot), positions[slot]++, token);
    const auto tag = static_cast<std::uint32_t>(i % image.in_flight);
    EXPECT_EQ(check_token(wafer, image, model, trace, tag), messages_of_a_token(image));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Image, RunsTheModelOnRandomWafers) {
  std::mt19937_64 random(test_seed(2));
  int compiled = 0;
  for (int i = 0; i < 60; ++i) {
    const ModelConfig config = random_shape(random);
    const WaferConfig wafer = random_wafer(random);
    SCOPED_TRACE(name_of(config) + "\n" + describe(wafer));
    const QuantizedModel model = quantized_random_model(config, random());
    std::optional<Image> image;
    try {
      image = compile(model, wafer, fake_firmware());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCapacity) << error.what();
      continue;
    }
    ++compiled;
    check_image(model, *image, random, 5);
    if (HasFailure()) return;
  }
  EXPECT_GE(compiled, 30);  // not all wafers are large enough
}

// Inputs of o and down in parts, gate and up rows apart, and both with merges and multicasts of MX blocks.
TEST(Image, RunsWhatIsSplit) {
  std::mt19937_64 random(test_seed(7));
  // Heads of 8 (two messages in a row group), of 48 (in three), and several blocks a tile.
  const ModelConfig shapes[] = {
      {64, 172, 1, 8, 4, 40, 20, true}, {96, 40, 1, 2, 1, 40, 20, true}, {32, 300, 2, 4, 2, 40, 20, false}};
  for (const ModelConfig& shape : shapes) {
    const int hidden = (shape.hidden_dim + 31) / 32;
    for (int i = 0; i < 6; ++i) {
      WaferConfig config;
      config.seed = random();
      config.in_flight = 1 + i % 4;
      config.partition.attention = i % 2 == 0 ? shape.heads : shape.kv_heads;
      config.partition.output = 2 * (1 + static_cast<int>(random() % 2));
      config.partition.hidden = i % 3 == 0 ? hidden : 2 * ((hidden + 2) / 2);
      config.partition.down = 2 * (1 + static_cast<int>(random() % 2));
      SCOPED_TRACE(name_of(shape) + "\n" + describe(config));
      const QuantizedModel model = quantized_random_model(shape, random());
      const Image image = compile(model, config, fake_firmware());
      EXPECT_EQ(image.graph.partition.hidden_apart, i % 3 != 0);
      check_image(model, image, random, 4);
      if (HasFailure()) return;
    }
  }
}

TEST(Image, RunsTheSharedModel) {
  TESSERA_REQUIRE_SHARED_MODEL(path, "stories260K.bin");
  const QuantizedModel model = quantize(read_checkpoint(path));
  WaferConfig config = default_wafer_config();
  std::mt19937_64 random(1);
  const Image image = compile(model, config, fake_firmware());
  EXPECT_GT(image.tiles.size(), 160u);
  check_image(model, image, random, 4);
}

TEST(Image, IsTheSameForTheSameInput) {
  std::mt19937_64 random(5);
  const QuantizedModel model = quantized_random_model({48, 100, 2, 4, 2, 100, 32, true}, 3);
  WaferConfig config;
  config.columns = config.rows = 10;
  add_random_defects(config, 0.1, 0.05, 9);
  const Image first = compile(model, config, fake_firmware());
  const Image second = compile(model, config, fake_firmware());
  EXPECT_EQ(image_hash(first), image_hash(second));
  EXPECT_EQ(to_json(first), to_json(second));
  config.seed = 2;
  EXPECT_NE(image_hash(first), image_hash(compile(model, config, fake_firmware())));
}

TEST(Image, FitsAToyOntoFourByFour) {
  const QuantizedModel model = quantized_random_model({16, 24, 1, 2, 1, 40, 16, true}, 3);
  WaferConfig config;
  config.columns = config.rows = 4;
  const Image image = compile(model, config, fake_firmware());
  std::mt19937_64 random(1);
  check_image(model, image, random, 20);
}

// Buffers that tags, slots and rules write to lie within the tile and apart from each other and from what is
// loaded.
TEST(Image, MemoryDoesNotOverlap) {
  const QuantizedModel model = quantized_random_model({72, 100, 1, 6, 2, 300, 40, false}, 3);
  WaferConfig config;
  config.slots = 2;
  const Image image = compile(model, config, fake_firmware());
  for (const TileImage& tile : image.tiles) {
    EXPECT_LE(tile.sram_used, rtl::kSramBytes);
    if (tile.kernel < 0) continue;
    std::vector<char> used(rtl::kSramBytes, 0);
    const auto take = [&](std::uint32_t address, std::uint32_t bytes) {
      for (std::uint32_t i = address; i < address + bytes; ++i) {
        EXPECT_FALSE(used[i]) << tile.name << " at " << i;
        used[i] = 1;
      }
    };
    for (const Segment& segment : tile.sram)
      take(segment.address, static_cast<std::uint32_t>(segment.bytes.size()));
    for (const Receive& receive : image.graph.kernels[static_cast<size_t>(tile.kernel)].receives) {
      if (tile.binary == "rope") continue;  // token ids are dropped
      const Work& work = image.graph.kernels[static_cast<size_t>(tile.kernel)].work;
      const BufferPlace place = buffer_place(work, receive.buffer, image.in_flight);
      const Stream& stream = image.graph.streams[static_cast<size_t>(receive.stream)];
      for (int tag = 0; tag < image.in_flight; ++tag) {
        const std::uint32_t base = place.address + static_cast<std::uint32_t>(tag) * place.tag_stride +
                                   static_cast<std::uint32_t>(receive.offset);
        for (const int producer : stream.producers) {
          if (producer == kHost) take(base, 4);
          if (producer == kHost || image.graph.kernels[static_cast<size_t>(producer)].op == Operator::kRope)
            continue;
          for (const Send& send : image.graph.kernels[static_cast<size_t>(producer)].sends)
            if (send.stream == receive.stream)
              take(base + static_cast<std::uint32_t>((send.part - receive.part_base) * receive.part_stride),
                   4 * static_cast<std::uint32_t>(receive.words));
        }
      }
    }
  }
}

}  // namespace
}  // namespace tessera
