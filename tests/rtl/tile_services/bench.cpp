#include "tests/rtl/tile_services/bench.h"

#include <gtest/gtest.h>

#include <cstring>

namespace tessera::rtl {
namespace {

constexpr uint32_t kMemoryEnd = kInstructionBase + kInstructionBytes;

bool valid(sim::WaveletBits bits) { return bits >> sim::kWaveletValid & 1; }
bool valid_credit(sim::CreditBits bits) { return bits >> sim::kCreditValid & 1; }
uint32_t color_of(sim::CreditBits bits) { return bits % kColorCount; }

void write_bytes(uint8_t* memory, const uint32_t* data, uint32_t enables, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    if (enables >> i & 1) memory[i] = static_cast<uint8_t>(data[i / 4] >> 8 * (i % 4));
  }
}

}  // namespace

ServicesBench::ServicesBench(uint64_t seed, StallRates rates)
    : stalls(rates), random_(seed), memory_(kMemoryEnd) {
  for (auto& model : models_) model = std::make_unique<Vtile_services_top>();
  arrival_credits_.fill(kFifoDepth);
  models_[1]->gate_i = 1;
  for (const int level : {1, 0, 1}) {
    each([level](Vtile_services_top& model) {
      model.rst_ni = level;
      model.eval();
    });
  }
}

ServicesBench::~ServicesBench() = default;

// One of the colors in the mask, at random.
std::optional<uint32_t> ServicesBench::pick(uint32_t colors) {
  if (colors == 0) return std::nullopt;
  for (auto skip = random_() % static_cast<uint32_t>(std::popcount(colors)); skip > 0; --skip)
    colors &= colors - 1;
  return std::countr_zero(colors);
}

void ServicesBench::drive_arrival() {
  uint32_t colors = 0;
  for (uint32_t c = 0; c < kColorCount; ++c) {
    if (!arrivals_[c].empty() && arrival_credits_[c] > 0) colors |= 1u << c;
  }
  const bool refused = happens(stalls.arrival);
  const auto color = pick(colors);
  uint64_t bits = random_() >> 27;  // without the valid bit the rest means nothing
  if (color && !refused) {
    bits = sim::pack(arrivals_[*color].front());
    arrivals_[*color].pop_front();
    --arrival_credits_[*color];
    ++stored_[*color];
  }
  each([bits](Vtile_services_top& model) { model.wavelet_i = bits; });
}

void ServicesBench::drive_credit() {
  uint32_t colors = 0;
  for (uint32_t c = 0; c < kColorCount; ++c) {
    if (owed_[c] > 0) colors |= 1u << c;
  }
  const bool refused = happens(stalls.credit);
  const auto color = pick(colors);
  sim::CreditBits bits = 0;
  if (color && !refused) {
    bits = sim::pack_credit(static_cast<int>(*color));
    --owed_[*color];
  }
  each([bits](Vtile_services_top& model) { model.credit_i = bits; });
}

void ServicesBench::drive_units() {
  each([this](Vtile_services_top& model) {
    const CoreAccess access = core_.value_or(CoreAccess{});
    model.core_req_i = core_.has_value();
    model.core_we_i = access.write;
    model.core_addr_i = access.address;
    model.core_be_i = access.enables;
    model.core_wdata_i = access.data;
    model.map_take_i = take_colors[0].has_value();
    model.map_take_color_i = take_colors[0].value_or(0);
    model.mac_take_i = take_colors[1].has_value();
    model.mac_take_color_i = take_colors[1].value_or(0);
    const sim::Wavelet wavelet = map_sends.empty() ? sim::Wavelet{} : map_sends.front();
    model.map_send_i = !map_sends.empty();
    model.map_send_color_i = wavelet.color;
    model.map_send_last_i = wavelet.last;
    model.map_send_data_i = wavelet.data;
  });
}

void ServicesBench::check_outputs_agree() {
  const auto outputs = [](Vtile_services_top& m) {
    std::vector<uint64_t> all = {m.credit_o,         m.wavelet_o,
                                 m.request_mask_o,   m.nonempty_o,
                                 m.core_gnt_o,       m.bus_rdata_o,
                                 m.core_waiting_o,   m.control_gnt_o,
                                 m.map_take_gnt_o,   m.mac_take_gnt_o,
                                 m.map_send_ready_o, m.bus_read_o,
                                 m.bus_write_o,      m.bus_addr_o,
                                 m.bus_be_o,         m.bus_wdata_o,
                                 m.receiver_write_o, m.receiver_addr_o,
                                 m.receiver_be_o,    m.instruction_req_o,
                                 m.instruction_we_o, m.instruction_addr_o,
                                 m.instruction_be_o, m.instruction_wdata_o,
                                 m.core_run_o,       m.error_o,
                                 m.send_stalled_o,   m.idle_o,
                                 m.take_data_o};
    for (int i = 0; i < 4; ++i) all.push_back(m.receiver_wdata_o[i]);
    return all;
  };
  ASSERT_EQ(outputs(*models_[0]), outputs(*models_[1]))
      << "the state of a box changed in a cycle in which it was not busy, before cycle " << cycle_;
}

// At most one takes a wavelet, and of core, map unit and MAC array the first that asks for a color that has
// one.
void ServicesBench::check_takes() {
  const Vtile_services_top& model = *models_[0];
  const std::array<bool, 2> grants = {model.map_take_gnt_o != 0, model.mac_take_gnt_o != 0};
  const bool core_asks = core_ && !core_->write && core_->address / 64 == kRegReceive / 64 &&
                         !model.control_gnt_o && (model.nonempty_o >> core_->address / 4 % kColorCount & 1);
  ASSERT_LE(core_asks + grants[0] + grants[1], 1) << "cycle " << cycle_;
  for (size_t unit = 0; unit < grants.size(); ++unit) {
    if (!grants[unit]) continue;
    ASSERT_TRUE(take_colors[unit]);
    ASSERT_TRUE(model.nonempty_o >> *take_colors[unit] & 1);
    if (unit == 1) {
      ASSERT_FALSE(take_colors[0] && (model.nonempty_o >> *take_colors[0] & 1));
    }
  }
}

void ServicesBench::observe() {
  const Vtile_services_top& model = *models_[0];
  idle_ = model.idle_o;
  credit_ = model.credit_o;
  awake_cycles += model.awake_o;
  waiting_cycles += model.core_waiting_o;
  send_stalled_cycles += model.send_stalled_o;
  control_grants += model.control_gnt_o;

  if (valid_credit(model.credit_o)) {
    const uint32_t color = color_of(model.credit_o);
    ++arrival_credits_[color];
    ASSERT_GT(stored_[color]--, 0) << "a credit for nothing, color " << color;
  }
  if (valid(model.wavelet_o)) {
    const sim::Wavelet wavelet = sim::unpack(model.wavelet_o);
    sent.push_back({cycle_, wavelet, model.request_mask_o});
    ASSERT_LE(++owed_[wavelet.color], static_cast<int>(kFifoDepth)) << "sent without a credit";
  }

  if (model.request_mask_o != request_mask_) {
    ASSERT_EQ(owed_[kRequestColor], 0) << "the request mask changed while words were on their way";
    request_mask_ = model.request_mask_o;
  }

  if (core_answer_due_) core_data_ = model.bus_rdata_o;
  core_answer_due_ = core_ && model.core_gnt_o && !core_->write;
  if (core_ && model.core_gnt_o) core_.reset();

  const sim::Wavelet head = {0, model.take_last_o != 0, model.take_data_o};
  const std::array<bool, 2> grants = {model.map_take_gnt_o != 0, model.mac_take_gnt_o != 0};
  for (size_t unit = 0; unit < grants.size(); ++unit) {
    if (!grants[unit]) continue;
    taken[unit].push_back(head);
    taken[unit].back().color = static_cast<uint8_t>(*take_colors[unit]);
  }
  if (!map_sends.empty() && model.map_send_ready_o) map_sends.pop_front();
}

// What was granted in this cycle; what was read is on the inputs in the next.
void ServicesBench::access_memories() {
  const Vtile_services_top& model = *models_[0];
  for (uint32_t& data : sram_data_) data = static_cast<uint32_t>(random_());
  instruction_data_ = static_cast<uint32_t>(random_());

  if (model.bus_read_o) std::memcpy(sram_data_.data(), &memory_.at(16 * model.bus_addr_o), 16);
  if (model.bus_write_o) {
    std::array<uint32_t, 4> data;
    data.fill(model.bus_wdata_o);
    write_bytes(&memory_.at(16 * model.bus_addr_o), data.data(), model.bus_be_o, 16);
  }
  if (model.receiver_write_o) {
    write_bytes(&memory_.at(16 * model.receiver_addr_o), model.receiver_wdata_o.data(), model.receiver_be_o,
                16);
  }
  if (model.instruction_req_o) {
    uint8_t* place = &memory_.at(kInstructionBase + 4 * model.instruction_addr_o);
    if (model.instruction_we_o) {
      write_bytes(place, &model.instruction_wdata_o, model.instruction_be_o, 4);
    } else {
      std::memcpy(&instruction_data_, place, 4);
    }
  }
}

void ServicesBench::cycle() {
  drive_arrival();
  drive_credit();
  drive_units();
  const uint32_t refuse = happens(stalls.bus) | happens(stalls.bus) << 1 | happens(stalls.receiver) << 2;
  each([&](Vtile_services_top& model) {
    model.clk_i = 0;
    model.refuse_i = static_cast<uint8_t>(refuse);
    model.cycle_i = static_cast<uint32_t>(cycle_);
    for (int i = 0; i < 4; ++i) model.sram_rdata_i[i] = sram_data_[i];
    model.instruction_rdata_i = instruction_data_;
    model.eval();
  });
  check_outputs_agree();
  check_takes();
  observe();
  access_memories();
  each([](Vtile_services_top& model) {
    model.clk_i = 1;
    model.eval();
  });
  ++cycle_;
}

void ServicesBench::cycles(int count) {
  for (int i = 0; i < count; ++i) cycle();
}

bool ServicesBench::delivered() const {
  for (const auto& words : arrivals_) {
    if (!words.empty()) return false;
  }
  return true;
}

void ServicesBench::settle(int limit) {
  const auto all_returned = [this] {
    for (const int owed : owed_) {
      if (owed > 0) return false;
    }
    return true;
  };
  for (int i = 0; i < limit; ++i) {
    cycle();
    const bool quiet = idle_ && models_[0]->refuse_i == 0;  // what was refused would go on
    if (quiet && delivered() && all_returned() && map_sends.empty() && !valid(models_[0]->wavelet_i)) return;
  }
  FAIL() << "not idle after " << limit << " cycles";
}

void ServicesBench::deliver(uint32_t color, const std::vector<uint32_t>& words, bool last) {
  for (size_t i = 0; i < words.size(); ++i) {
    arrivals_[color].push_back({static_cast<uint8_t>(color), last && i + 1 == words.size(), words[i]});
  }
}

std::vector<uint32_t> ServicesBench::take_sent(uint32_t color) {
  std::vector<uint32_t> words;
  std::erase_if(sent, [&](const Sent& each) {
    if (each.wavelet.color != color) return false;
    words.push_back(each.wavelet.data);
    return true;
  });
  return words;
}

void ServicesBench::core_request(const CoreAccess& access) {
  ASSERT_FALSE(core_) << "the core has one access at a time";
  core_ = access;
}

uint32_t ServicesBench::core_read(uint32_t address, uint32_t enables) {
  core_request({false, address, 0, enables});
  for (int i = 0; core_ && i < 1000; ++i) cycle();
  EXPECT_FALSE(core_) << "the read of " << std::hex << address << " is not granted";
  cycle();
  return core_data_;
}

void ServicesBench::core_write(uint32_t address, uint32_t data, uint32_t enables) {
  core_request({true, address, data, enables});
  for (int i = 0; core_ && i < 1000; ++i) cycle();
  EXPECT_FALSE(core_) << "the write to " << std::hex << address << " is not granted";
}

void ServicesBench::write_rule(uint32_t color, const ReceiveRule& rule) {
  const auto words = std::bit_cast<std::array<uint32_t, 2>>(rule);
  core_write(kRegRule + 8 * color + 4, words[1]);
  core_write(kRegRule + 8 * color, words[0]);
}

uint32_t ServicesBench::word(uint32_t address) const {
  uint32_t value;
  std::memcpy(&value, &memory_.at(address), 4);
  return value;
}

void ServicesBench::set_word(uint32_t address, uint32_t value) {
  std::memcpy(&memory_.at(address), &value, 4);
}

uint32_t operation_word(RequestOperationE operation, uint32_t identity) {
  RequestOperation word{};
  word.kind = kRequestKindOperation;
  word.operation = operation;
  word.identity = identity;
  return std::bit_cast<uint32_t>(word);
}

uint32_t flood_word(RequestOperationE operation, uint32_t group) {
  RequestOperation word{};
  word.kind = kRequestKindFlood;
  word.operation = operation;
  word.group = group;
  return std::bit_cast<uint32_t>(word);
}

std::vector<uint32_t> message(const Header& header, const std::vector<uint32_t>& payload) {
  std::vector<uint32_t> words = {std::bit_cast<uint32_t>(header)};
  words.insert(words.end(), payload.begin(), payload.end());
  return words;
}

std::vector<uint32_t> random_words(std::mt19937_64& random, size_t count) {
  std::vector<uint32_t> words(count);
  for (uint32_t& word : words) word = static_cast<uint32_t>(random());
  return words;
}

}  // namespace tessera::rtl
