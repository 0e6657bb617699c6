#include "host/compiler/partition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "host/compiler/compile.h"
#include "host/compiler/fit.h"
#include "host/compiler/kernel_graph.h"
#include "host/error/error.h"
#include "tests/host/compiler/cases.h"

namespace tessera {
namespace {

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return std::string(error_kind_name(error.kind())) + ": " + error.what();
  }
  return "";
}

// Shapes need no weights: a model of this config with none.
ModelShape shape_of(const ModelConfig& model, const WaferConfig& wafer) {
  QuantizedModel quantized;
  quantized.config = model;
  quantized.layers.resize(static_cast<size_t>(model.layers));
  return make_shape(quantized, wafer);
}

constexpr ModelConfig kStories{64, 172, 5, 8, 4, 512, 512, true};

TEST(Partition, SpreadsTheModelOverTheWafer) {
  WaferConfig wafer;
  const ModelShape shape = shape_of(kStories, wafer);
  const Partition large = choose_partition(shape, wafer, 256, 200);
  EXPECT_EQ(large.stripes, 2);
  EXPECT_EQ(large.qkv, 8);
  EXPECT_EQ(large.attention, 8);
  EXPECT_EQ(large.hidden, 6);
  EXPECT_GT(partition_tiles(shape, large), 170);
  const Partition small = choose_partition(shape, wafer, 64, 55);
  EXPECT_LE(partition_tiles(shape, small), 64);
  EXPECT_GT(small.cycles, large.cycles);
  EXPECT_THAT(describe(large), testing::HasSubstr("qkv 8"));
}

TEST(Partition, MoreTilesAreNeverSlower) {
  WaferConfig wafer;
  const ModelShape shape = shape_of(kStories, wafer);
  double last = 1e9;
  for (int wanted = 55; wanted < 256; wanted += 20) {
    const Partition partition = choose_partition(shape, wafer, 256, wanted);
    EXPECT_LE(partition_tiles(shape, partition), wanted);
    EXPECT_LE(partition.cycles, last * 1.001);
    last = partition.cycles;
  }
}

// However many tiles there are, those taken beyond what a small wafer has save a thousandth of a token each.
TEST(Partition, TilesThatSaveNextToNothingAreNotTaken) {
  WaferConfig wafer;
  const ModelShape shape = shape_of(kStories, wafer);
  const Partition all = choose_partition(shape, wafer, 100'000, 100'000);
  const Partition few = choose_partition(shape, wafer, 256, 100);
  const int more = partition_tiles(shape, all) - partition_tiles(shape, few);
  EXPECT_GT(more, 0);
  EXPECT_GT(few.cycles - all.cycles, 0.001 * all.cycles * more);
}

TEST(Partition, KnobsAreKept) {
  WaferConfig wafer;
  wafer.partition = {1, 2, 1, 3, 4, 2, 5, 3, 7};
  const ModelShape shape = shape_of(kStories, wafer);
  const Partition p = choose_partition(shape, wafer, 256, 200);
  EXPECT_EQ(p.rope, 2);
  EXPECT_EQ(p.stripes, 1);
  EXPECT_EQ(p.qkv, 3);
  EXPECT_EQ(p.attention, 4);
  EXPECT_EQ(p.output, 2);
  EXPECT_EQ(p.hidden, 5);
  EXPECT_EQ(p.down, 3);
  EXPECT_EQ(p.logits, 7);
}

// Every part of a linear's inputs is what some of the tiles before it send, and all parts together are all
// blocks.
TEST(Partition, InputsAreSplitAmongTheTilesThatSendThem) {
  WaferConfig wafer;
  const ModelShape shape = shape_of(kStories, wafer);
  for (int output = 1; output <= 32; ++output) {
    for (const int hidden : {2, 3, 6, 8, 12}) {
      wafer.partition = {};
      wafer.partition.output = output;
      wafer.partition.down = output;
      wafer.partition.hidden = hidden;
      Partition p;
      try {
        p = choose_partition(shape, wafer, 256, 250);
      } catch (const Error&) {
        continue;  // no number of parts suits
      }
      EXPECT_EQ(p.hidden_apart, hidden > 6);
      for (const Operator op : {Operator::kOutput, Operator::kDown}) {
        EXPECT_EQ(row_tiles_of(p, op) * splits_of(p, op), output);
        EXPECT_LE(splits_of(p, op), input_tiles_of(p, op));
        int next = 0;
        for (int split = 0; split < splits_of(p, op); ++split) {
          const Share blocks = split_blocks(shape, p, op, split);
          EXPECT_EQ(blocks.first, next);
          EXPECT_GT(blocks.count, 0);
          next += blocks.count;
        }
        EXPECT_EQ(next, op == Operator::kOutput ? 8 : 6);
      }
    }
  }
}

TEST(Partition, KnobsThatNoPartitionCanHave) {
  WaferConfig wafer;
  const ModelShape shape = shape_of(kStories, wafer);
  wafer.partition.hidden = 7;
  EXPECT_EQ(error_of([&] { choose_partition(shape, wafer, 256, 200); }),
            "config: partition.hidden is 7, should be at most 6, or even and at most 12, for this model");
  wafer.partition = {};
  wafer.partition.down = 7;
  EXPECT_EQ(error_of([&] { choose_partition(shape, wafer, 256, 200); }),
            "config: partition.down is 7, should be at most 4, or 2 to 6 times a number up to that, for this "
            "model");
  wafer.partition = {};
  wafer.partition.output = 5;
  wafer.partition.attention = 4;
  EXPECT_EQ(error_of([&] { choose_partition(shape, wafer, 256, 200); }),
            "capacity: output: 5 parts of the inputs, 1 more than the 4 there can be");
  wafer.partition = {};
  wafer.partition.attention = 6;
  EXPECT_EQ(error_of([&] { choose_partition(shape, wafer, 256, 200); }),
            "config: partition.attention is 6, should be a multiple of the 4 KV heads");
  wafer.partition = {};
  wafer.partition.stripes = 3;
  EXPECT_EQ(error_of([&] { choose_partition(shape, wafer, 256, 200); }),
            "config: partition.stripes is 3, should be at most 2 for this model");
}

TEST(Partition, CapacityErrorsNameTheResourceAndHowMuchIsMissing) {
  WaferConfig wafer;
  EXPECT_EQ(error_of([&] { choose_partition(shape_of(kStories, wafer), wafer, 40, 40); }),
            "capacity: tiles: the model needs at least 55, 15 more than the 40 that are live and connected");

  ModelConfig long_context = kStories;
  long_context.context = 4096;
  EXPECT_THAT(error_of([&] { choose_partition(shape_of(long_context, wafer), wafer, 256, 200); }),
              testing::MatchesRegex(
                  "capacity: SRAM of a tile of attention: 1 slots of 4096 positions of a KV head of "
                  "8 need [0-9]+ bytes, [0-9]+ more than the 49152 there are; a context of [0-9]+ "
                  "would fit one slot"));
  long_context.context = 1040;  // fits the SRAM, but not the sums of the softmax's weights
  EXPECT_EQ(error_of([&] { choose_partition(shape_of(long_context, wafer), wafer, 256, 200); }),
            "capacity: attention: 1040 positions of a tile, 16 more than the 1024 there can be");
  wafer.slots = 8;
  EXPECT_THAT(error_of([&] { choose_partition(shape_of(kStories, wafer), wafer, 256, 200); }),
              testing::MatchesRegex(
                  "capacity: SRAM of a tile of attention: 8 slots of 512 positions .*; 3 slots would "
                  "fit"));
  wafer.slots = 0;

  const ModelConfig wide{1024, 8192, 1, 16, 16, 512, 64, true};
  EXPECT_THAT(error_of([&] { choose_partition(shape_of(wide, wafer), wafer, 4000, 4000); }),
              testing::MatchesRegex("capacity: .*, [0-9]+ more than the .*"));
  const ModelConfig huge_vocabulary{64, 172, 1, 8, 4, 100000, 64, true};
  EXPECT_EQ(error_of([&] { choose_partition(shape_of(huge_vocabulary, wafer), wafer, 4000, 4000); }),
            "capacity: logits: 100000 token ids, 34464 more than the 65536 there can be");
  const ModelConfig many_blocks{64, 16384, 1, 8, 4, 512, 64, true};
  EXPECT_EQ(error_of([&] { shape_of(many_blocks, wafer); }),
            "capacity: the hidden vector is 512 MX blocks, 256 more than the part of a message header can "
            "number (256)");
}

TEST(Partition, InstructionMemoryIsChecked) {
  const QuantizedModel model = quantized_random_model({16, 24, 1, 2, 1, 40, 16, true}, 3);
  Firmware firmware = fake_firmware();
  firmware.kernels["stripe"].resize(8200);
  EXPECT_EQ(error_of([&] { compile(model, WaferConfig(), firmware); }),
            "capacity: instruction memory: kernel stripe needs 8200 bytes, 8 more than the 8192 there are");
  firmware.kernels.erase("stripe");
  EXPECT_EQ(error_of([&] { compile(model, WaferConfig(), firmware); }),
            "input: firmware: the kernel 'stripe' is missing, should be among the binaries of firmware/");
}

TEST(Partition, SlotsFillTheMemory) {
  WaferConfig wafer;
  const ModelShape shape = shape_of(kStories, wafer);
  EXPECT_EQ(choose_partition(shape, wafer, 256, 200).slots, 3);
  wafer.context = 40;
  const ModelShape shorter = shape_of(kStories, wafer);
  EXPECT_EQ(shorter.context, 40);
  EXPECT_EQ(shorter.padded_context, 48);
  EXPECT_GT(choose_partition(shorter, wafer, 256, 200).slots, 20);
}

TEST(Share, IsEven) {
  for (int total = 0; total < 40; ++total) {
    for (int parts = 1; parts < 12; ++parts) {
      int next = 0;
      for (int i = 0; i < parts; ++i) {
        const Share piece = share(total, parts, i);
        EXPECT_EQ(piece.first, next);
        EXPECT_GE(piece.count, total / parts);
        EXPECT_LE(piece.count, divide_up(total, parts));
        next += piece.count;
      }
      EXPECT_EQ(next, total);
    }
  }
}

}  // namespace
}  // namespace tessera
