// The two memories against an array in the test: directed and random, both bodies side by side.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "Vinstruction_array.h"
#include "Vinstruction_host.h"
#include "Vsram_array.h"
#include "Vsram_host.h"
#include "sim/host_memory.h"

namespace tessera::sim {
namespace {

using Word = std::array<uint32_t, 4>;

template <typename Model>
void clock(Model& model) {
  model.clk_i = 1;
  model.eval();
  model.clk_i = 0;
  model.eval();
}

// The models find their memory in the first eval().
template <typename Model>
std::unique_ptr<Model> make_host_model(VerilatedContext& context, TileMemory& memory) {
  const MemoryBinding binding([&](std::string_view) -> TileMemory& { return memory; });
  auto model = std::make_unique<Model>(&context, "memory");
  model->clk_i = 0;
  model->eval();
  return model;
}

class SramTest : public testing::Test {
 protected:
  struct Access {
    bool read = false;
    uint32_t read_address = 0;
    bool write = false;
    uint32_t write_address = 0;
    uint32_t be = 0;
    Word data = {};
  };

  template <typename Model>
  static Word run(Model& model, const Access& access) {
    model.read_i = access.read;
    model.read_addr_i = access.read_address;
    model.write_i = access.write;
    model.write_addr_i = access.write_address;
    model.write_be_i = access.be;
    for (int i = 0; i < 4; ++i) model.write_data_i[i] = access.data[i];
    clock(model);
    return {model.rdata_o[0], model.rdata_o[1], model.rdata_o[2], model.rdata_o[3]};
  }

  void SetUp() override { array_.eval(); }  // with the clock low, so that the first edge is one

  void expect(const Access& access) {
    if (access.read) read_data_ = access.read_address < words_.size() ? words_[access.read_address] : Word{};
    if (access.write && access.write_address < words_.size()) {
      auto* bytes = reinterpret_cast<uint8_t*>(words_[access.write_address].data());
      const auto* data = reinterpret_cast<const uint8_t*>(access.data.data());
      for (int i = 0; i < 16; ++i)
        if (access.be >> i & 1) bytes[i] = data[i];
    }
    ASSERT_EQ(run(array_, access), read_data_);
    ASSERT_EQ(run(*host_, access), read_data_);
  }

  VerilatedContext context_;
  TileMemory memory_;
  Vsram_array array_{&context_};
  std::unique_ptr<Vsram_host> host_ = make_host_model<Vsram_host>(context_, memory_);
  std::vector<Word> words_{rtl::kSramWords};
  Word read_data_ = {};  // a read holds until the next
};

TEST_F(SramTest, AllocatedByTheFirstWrite) {
  expect({.read = true, .read_address = 5});
  EXPECT_EQ(memory_.sram.words(), nullptr);
  expect({.write = true, .write_address = 5, .be = 0x8421, .data = {1, 0x0200, 0x030000, 0x04000000}});
  EXPECT_NE(memory_.sram.words(), nullptr);
  expect({.read = true, .read_address = 5});
  EXPECT_EQ(read_data_, (Word{1, 0x0200, 0x030000, 0x04000000}));
}

TEST_F(SramTest, AReadGivesTheWordBeforeTheWrite) {
  expect({.write = true, .write_address = 7, .be = 0xffff, .data = {1, 2, 3, 4}});
  expect({.read = true,
          .read_address = 7,
          .write = true,
          .write_address = 7,
          .be = 0xffff,
          .data = {5, 6, 7, 8}});
  EXPECT_EQ(read_data_, (Word{1, 2, 3, 4}));
  expect({});
  expect({.read = true, .read_address = 7});
  EXPECT_EQ(read_data_, (Word{5, 6, 7, 8}));
}

TEST_F(SramTest, Random) {
  constexpr unsigned kSeed = 1;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  const auto address = [&] {  // few words, so that accesses meet; some beyond the end
    return random() % 8 == 0 ? random() % 4096 : rtl::kSramWords - 4 + random() % 8;
  };
  for (int i = 0; i < 50000; ++i) {
    Access access{.read = random() % 2 == 0,
                  .read_address = static_cast<uint32_t>(address()),
                  .write = random() % 2 == 0,
                  .write_address = static_cast<uint32_t>(address()),
                  .be = random() % 2 == 0 ? 0xffff : static_cast<uint32_t>(random() % 0x10000)};
    for (uint32_t& word : access.data) word = static_cast<uint32_t>(random());
    ASSERT_NO_FATAL_FAILURE(expect(access)) << "access " << i;
  }
  std::vector<Word> through_back_door(rtl::kSramWords);
  memory_.sram.read(0, {reinterpret_cast<uint8_t*>(through_back_door.data()), rtl::kSramBytes});
  EXPECT_EQ(through_back_door, words_);
}

TEST(InstructionMemory, RandomDataAccessesBeforeFetches) {
  constexpr unsigned kSeed = 2;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  VerilatedContext context;
  TileMemory memory;
  Vinstruction_array array{&context};
  array.eval();
  const auto host = make_host_model<Vinstruction_host>(context, memory);
  std::vector<uint32_t> words(rtl::kInstructionWords);
  uint32_t read_data = 0;

  for (int i = 0; i < 50000; ++i) {
    const bool data_req = random() % 2 == 0;
    const bool data_we = random() % 2 == 0;  // also without a request, where it means nothing
    const uint32_t data_address = random() % 16;
    const uint32_t be = random() % 16;
    const uint32_t data = static_cast<uint32_t>(random());
    const bool fetch_req = random() % 2 == 0;
    const uint32_t fetch_address = random() % 16;
    const auto run = [&](auto& model) {
      model.data_req_i = data_req;
      model.data_we_i = data_we;
      model.data_addr_i = data_address;
      model.data_be_i = be;
      model.data_wdata_i = data;
      model.fetch_req_i = fetch_req;
      model.fetch_addr_i = fetch_address;
      model.eval();
      EXPECT_EQ(model.fetch_gnt_o, fetch_req && !data_req);
      clock(model);
      return model.rdata_o;
    };
    if (data_req && data_we) {
      for (int byte = 0; byte < 4; ++byte)
        if (be >> byte & 1)
          words[data_address] = (words[data_address] & ~(0xffu << 8 * byte)) | (data & 0xffu << 8 * byte);
    } else if (data_req) {
      read_data = words[data_address];
    } else if (fetch_req) {
      read_data = words[fetch_address];
    }
    ASSERT_EQ(run(array), read_data) << "access " << i;
    ASSERT_EQ(run(*host), read_data) << "access " << i;
  }
}

}  // namespace
}  // namespace tessera::sim
