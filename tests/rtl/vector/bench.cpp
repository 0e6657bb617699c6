#include "tests/rtl/vector/bench.h"

#include <gtest/gtest.h>

#include <cstring>

#include "Vvector_top___024root.h"

namespace tessera::rtl {
namespace {

constexpr uint32_t register_index(uint32_t address) { return (address - kRegisterBase) / 4; }

}  // namespace

VectorBench::VectorBench(uint64_t seed, StallRates stalls) : random_(seed), stalls_(stalls) {
  for (auto& model : models_) {
    model = std::make_unique<Vvector_top>();
    model->rst_ni = 1;
    model->eval();
    model->rst_ni = 0;
    model->eval();
    model->rst_ni = 1;
    model->eval();
  }
}

VectorBench::~VectorBench() {
  each([](Vvector_top& model) { model.final(); });
}

// ---------------------------------------------------------------- a cycle

void VectorBench::drive_memory_ports() {
  const bool read = happens(stalls_.bus_read);
  const bool write = happens(stalls_.bus_write);
  const bool receiver = happens(stalls_.receiver_write);
  const uint64_t noise = read || write || receiver ? random_() : 0;
  each([&](Vvector_top& model) {
    model.bus_read_i = read;
    model.bus_write_i = write;
    model.bus_addr_i = (kScratchAddress + noise % kScratchBytes) / 16;
    model.bus_be_i = noise >> 16 & 0xffff;
    model.bus_wdata_i = static_cast<uint32_t>(noise);
    model.receiver_write_i = receiver;
    model.receiver_addr_i = (kScratchAddress + (noise >> 8) % kScratchBytes) / 16;
    model.receiver_be_i = noise >> 32 & 0xffff;
    for (int i = 0; i < 4; ++i) model.receiver_wdata_i[i] = static_cast<uint32_t>(noise >> (8 * i));
  });
}

// Colors that have something show it, or are late; one consumer is served a cycle, the map unit first.
void VectorBench::drive_ramp() {
  uint32_t nonempty = 0;
  for (uint32_t color = 0; color < kColorCount; ++color)
    if (!arriving_[color].empty() && !happens(stalls_.arrival)) nonempty |= 1u << color;
  const bool ready = !send_blocked && !happens(stalls_.send);
  each([&](Vvector_top& model) {
    model.nonempty_i = nonempty;
    model.send_ready_i = ready;
    model.map_take_gnt_i = model.mac_take_gnt_i = 0;
    model.eval();
  });
  const Vvector_top& first = *models_[0];
  const bool served = !happens(stalls_.take);
  const bool map = served && first.map_take_o;
  const bool mac = served && !first.map_take_o && first.mac_take_o;
  if (!map && !mac) return;
  auto& queue = arriving_[map ? first.map_take_color_o : first.mac_take_color_o];
  ASSERT_FALSE(queue.empty()) << "a unit takes from an empty color";
  const Word word = queue.front();
  queue.pop_front();
  each([&](Vvector_top& model) {
    model.map_take_gnt_i = map;
    model.mac_take_gnt_i = mac;
    model.take_data_i = word.data;
    model.take_last_i = word.last;
  });
}

void VectorBench::observe() {
  const Vvector_top& m = *models_[0];
  if (m.send_o && m.send_ready_i) sent.push_back({m.send_color_o, m.send_last_o != 0, m.send_data_o});
  if (m.queue_error_o) errors.push_back({kErrorDescriptor, 0});
  if (m.mac_error_o) errors.push_back({kErrorLength, m.mac_error_color_o});
  if (m.map_error_o)
    errors.push_back({m.map_error_kind_o, m.map_error_kind_o == kErrorLength ? m.map_error_color_o : 0u});
  busy_ = m.queue_busy_o || m.mac_busy_o || m.map_busy_o;
  counts.cycles += 1;
  counts.mac_active += m.mac_active_o;
  counts.map_active += m.map_active_o;
  counts.refused += m.sram_refused_o;
}

void VectorBench::compare_models() {
  const Vvector_top& a = *models_[0];
  const Vvector_top& b = *models_[1];
  const auto key = [](const Vvector_top& m) {
    return std::array<uint64_t, 5>{
        uint64_t{m.reg_rdata_o} << 32 | m.send_data_o,
        uint64_t{m.sram_refused_o} << 40 | uint64_t{m.map_take_color_o} << 36 |
            uint64_t{m.mac_take_color_o} << 32 | m.send_color_o << 28 | m.mac_error_color_o << 24 |
            m.map_error_color_o << 20 | m.map_error_kind_o << 16 | m.mac_tail_o << 8,
        uint64_t{m.reg_ready_o} | m.receiver_gnt_o << 1 | m.map_take_o << 2 | m.mac_take_o << 3 |
            m.send_o << 4 | m.send_last_o << 5 | m.queue_error_o << 6 | m.mac_error_o << 7 |
            m.map_error_o << 8 | m.mac_start_o << 9 | m.mac_ready_o << 10 | m.mac_active_o << 11 |
            m.map_start_o << 12 | m.map_ready_o << 13 | m.map_active_o << 14 | m.queue_busy_o << 15 |
            m.mac_busy_o << 16 | m.map_busy_o << 17 | m.mac_done_o << 18 | m.map_done_o << 19,
        uint64_t{m.entry_full_o}, uint64_t{m.sram_rdata_o[0]} << 32 | m.sram_rdata_o[3]};
  };
  ASSERT_EQ(key(a), key(b)) << "in cycle " << counts.cycles
                            << ": the state of a block changed while its clock stood still";
}

void VectorBench::cycle() {
  drive_memory_ports();
  drive_ramp();
  each([](Vvector_top& model) { model.eval(); });
  compare_models();
  observe();
  Vvector_top& all = *models_[0];
  all.sram_clk_i = all.queue_clk_i = all.mac_clk_i = all.accumulators_clk_i = all.map_clk_i = 1;
  Vvector_top& gated = *models_[1];
  gated.sram_clk_i = gated.sram_enable_o;
  gated.queue_clk_i = gated.queue_enable_o;
  gated.mac_clk_i = gated.mac_enable_o;
  gated.accumulators_clk_i = gated.accumulators_enable_o;
  gated.map_clk_i = gated.map_enable_o;
  each([](Vvector_top& model) {
    model.eval();
    model.sram_clk_i = model.queue_clk_i = model.mac_clk_i = model.accumulators_clk_i = model.map_clk_i = 0;
    model.eval();
  });
}

void VectorBench::cycles(int count) {
  for (int i = 0; i < count; ++i) cycle();
}

// ---------------------------------------------------------------- registers

bool VectorBench::register_ready(uint32_t address, bool write) {
  each([&](Vvector_top& model) {
    model.reg_re_i = !write;
    model.reg_we_i = write;
    model.reg_blocking_i = 1;
    model.reg_addr_i = register_index(address);
    model.eval();
  });
  const bool ready = models_[0]->reg_ready_o;
  each([](Vvector_top& model) {
    model.reg_re_i = model.reg_we_i = 0;
    model.eval();
  });
  return ready;
}

void VectorBench::write_register(uint32_t address, uint32_t value, bool blocking) {
  each([&](Vvector_top& model) {
    model.reg_we_i = 1;
    model.reg_blocking_i = blocking;
    model.reg_addr_i = register_index(address);
    model.reg_wdata_i = value;
  });
  bool ready = false;
  for (int i = 0; !ready; ++i) {
    ASSERT_LT(i, 200'000) << "register " << std::hex << address << " is never ready";
    each([](Vvector_top& model) { model.eval(); });
    ready = models_[0]->reg_ready_o;
    cycle();
  }
  each([](Vvector_top& model) { model.reg_we_i = 0; });
}

uint32_t VectorBench::read_register(uint32_t address, bool blocking, int limit) {
  each([&](Vvector_top& model) {
    model.reg_re_i = 1;
    model.reg_blocking_i = blocking;
    model.reg_addr_i = register_index(address);
  });
  uint32_t value = 0;
  bool ready = false;
  for (int i = 0; !ready; ++i) {
    if (i == limit) {
      ADD_FAILURE() << "register " << std::hex << address << " is never ready";
      break;
    }
    each([](Vvector_top& model) { model.eval(); });
    ready = models_[0]->reg_ready_o;
    value = models_[0]->reg_rdata_o;
    cycle();
  }
  each([](Vvector_top& model) { model.reg_re_i = 0; });
  return value;
}

void VectorBench::launch(uint32_t header, uint32_t address, uint32_t count) {
  write_register(kRegHeader, header);
  write_register(kRegLaunch, count << 16 | address);
}

Reductions VectorBench::reductions() {
  Reductions r;
  r.maximum = read_register(kRegReduceMax);
  r.index = read_register(kRegReduceIndex);
  r.sum = read_register(kRegReduceSumLow) | uint64_t{read_register(kRegReduceSumHigh)} << 32;
  return r;
}

// ---------------------------------------------------------------- memories and messages

void VectorBench::set_sram(std::span<const uint8_t> bytes) {
  ASSERT_EQ(bytes.size(), kSramBytes);
  each([&](Vvector_top& model) {
    std::memcpy(&model.rootp->vector_top__DOT__u_sram__DOT__u_memory__DOT__mem, bytes.data(), bytes.size());
  });
}

std::vector<uint8_t> VectorBench::sram() const {
  std::vector<uint8_t> bytes(kSramBytes);
  std::memcpy(bytes.data(), &models_[0]->rootp->vector_top__DOT__u_sram__DOT__u_memory__DOT__mem,
              bytes.size());
  return bytes;
}

void VectorBench::set_acc(uint32_t entry, std::span<const int32_t> lanes) {
  ASSERT_EQ(lanes.size(), kLaneCount);
  each([&](Vvector_top& model) {
    auto& root = *model.rootp;
    std::memcpy(&root.vector_top__DOT__u_accumulators__DOT__quarter0_q[entry], &lanes[0], 16);
    std::memcpy(&root.vector_top__DOT__u_accumulators__DOT__quarter1_q[entry], &lanes[4], 16);
    std::memcpy(&root.vector_top__DOT__u_accumulators__DOT__quarter2_q[entry], &lanes[8], 16);
    std::memcpy(&root.vector_top__DOT__u_accumulators__DOT__quarter3_q[entry], &lanes[12], 16);
  });
}

std::array<int32_t, kLaneCount> VectorBench::acc(uint32_t entry) const {
  std::array<int32_t, kLaneCount> lanes{};
  auto& root = *models_[0]->rootp;
  std::memcpy(&lanes[0], &root.vector_top__DOT__u_accumulators__DOT__quarter0_q[entry], 16);
  std::memcpy(&lanes[4], &root.vector_top__DOT__u_accumulators__DOT__quarter1_q[entry], 16);
  std::memcpy(&lanes[8], &root.vector_top__DOT__u_accumulators__DOT__quarter2_q[entry], 16);
  std::memcpy(&lanes[12], &root.vector_top__DOT__u_accumulators__DOT__quarter3_q[entry], 16);
  return lanes;
}

std::array<bool, kAccEntries> VectorBench::full() const {
  std::array<bool, kAccEntries> full{};
  for (uint32_t i = 0; i < kAccEntries; ++i) full[i] = (models_[0]->entry_full_o >> i & 1) != 0;
  return full;
}

void VectorBench::deliver(uint32_t color, const Message& message) {
  for (size_t i = 0; i < message.size(); ++i) deliver_word({color, i + 1 == message.size(), message[i]});
}

bool VectorBench::delivered() const {
  for (const auto& queue : arriving_)
    if (!queue.empty()) return false;
  return true;
}

}  // namespace tessera::rtl
