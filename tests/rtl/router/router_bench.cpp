#include "tests/rtl/router/router_bench.h"

#include <gtest/gtest.h>

#include "Vrouter___024root.h"

namespace tessera::rtl {

RouterBench::RouterBench()
    : model_(std::make_unique<Vrouter>()),
      in_{&model_->north_i, &model_->east_i, &model_->south_i, &model_->west_i, &model_->ramp_i},
      out_{&model_->north_o, &model_->east_o, &model_->south_o, &model_->west_o, &model_->ramp_o},
      credit_in_{&model_->north_credit_i, &model_->east_credit_i, &model_->south_credit_i,
                 &model_->west_credit_i, &model_->ramp_credit_i},
      credit_out_{&model_->north_credit_o, &model_->east_credit_o, &model_->south_credit_o,
                  &model_->west_credit_o, &model_->ramp_credit_o} {
  model_->link_present_i = mask(kPortNorth, kPortEast, kPortSouth, kPortWest);
  reset();
}

void RouterBench::reset() {
  model_->rst_ni = 1;
  model_->eval();
  model_->rst_ni = 0;
  model_->eval();
  model_->rst_ni = 1;
  model_->eval();
}

void RouterBench::cycle() {
  bool quiet = !model_->reg_we_i;
  for (int port = 0; port < kPorts; ++port) {
    quiet = quiet && *in_[port] == 0 && *credit_in_[port] == 0;
  }
  const bool busy = model_->busy_o;
  model_->eval();
  ASSERT_EQ(model_->busy_o, busy) << "busy must depend on state alone";
  const std::vector<char> before = quiet ? state() : std::vector<char>();
  model_->clk_i = 1;
  model_->eval();
  for (int port = 0; port < kPorts; ++port) {
    *in_[port] = 0;
    *credit_in_[port] = 0;
  }
  model_->reg_we_i = 0;
  model_->clk_i = 0;
  model_->eval();
  if (quiet) {
    ASSERT_EQ(state() != before, busy) << "busy must say whether state changes";
  }
}

void RouterBench::cycles(int count) {
  for (int i = 0; i < count; ++i) cycle();
}

void RouterBench::set_route(int port, int color, uint32_t outputs) {
  model_->reg_addr_i = (kRegRoute - kRegisterBase) / 4 + port * kColors + color;
  model_->reg_wdata_i = outputs;
  model_->reg_we_i = 1;
  cycle();
  model_->reg_addr_i = 0;
  model_->reg_wdata_i = 0;
  model_->eval();
}

uint32_t RouterBench::read_route(int port, int color) {
  model_->reg_addr_i = (kRegRoute - kRegisterBase) / 4 + port * kColors + color;
  model_->eval();
  const uint32_t outputs = model_->reg_rdata_o;
  model_->reg_addr_i = 0;
  model_->eval();
  return outputs;
}

void RouterBench::send(int port, const sim::Wavelet& wavelet) { *in_[port] = sim::pack(wavelet); }

void RouterBench::send_bits(int port, sim::WaveletBits bits) { *in_[port] = bits; }

void RouterBench::give_credit(int port, int color) { *credit_in_[port] = sim::pack_credit(color); }

void RouterBench::give_credit_bits(int port, sim::CreditBits bits) { *credit_in_[port] = bits; }

std::optional<sim::Wavelet> RouterBench::out(int port) const {
  if (!(*out_[port] >> sim::kWaveletValid)) return std::nullopt;
  return sim::unpack(*out_[port]);
}

std::optional<int> RouterBench::returned_credit(int port) const {
  if (!(*credit_out_[port] >> sim::kCreditValid)) return std::nullopt;
  return *credit_out_[port] & (kColors - 1);
}

std::optional<RouterError> RouterBench::error() const {
  if (!model_->error_o) return std::nullopt;
  return RouterError{model_->error_kind_o, model_->error_port_o, model_->error_color_o};
}

std::vector<char> RouterBench::state() const {
  const char* root = reinterpret_cast<const char*>(model_->rootp);
  return {root, root + sizeof(*model_->rootp)};
}

}  // namespace tessera::rtl
