// A Verilated router with a hand at every port.
//
// Every cycle in which nothing arrives from outside is checked against busy: the complete state of the model
// changes if and only if the router says that it is busy. And busy must not depend on what arrives.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "Vrouter.h"
#include "sim/wavelet.h"
#include "tessera_constants.h"

namespace tessera::rtl {

inline constexpr int kPorts = kPortCount;
inline constexpr int kMeshPorts = kPortRamp;
inline constexpr int kColors = kColorCount;

constexpr uint32_t mask(auto... ports) { return (0u | ... | (1u << ports)); }

struct RouterError {
  int kind = 0;
  int port = 0;
  int color = 0;

  friend bool operator==(const RouterError&, const RouterError&) = default;
};

class RouterBench {
 public:
  RouterBench();

  void reset();
  // One clock. What was put on the inputs is taken, and the inputs are empty again.
  void cycle();
  void cycles(int count);

  void set_route(int port, int color, uint32_t outputs);
  uint32_t read_route(int port, int color);
  void set_request_mask(uint32_t outputs) { model_->request_mask_i = outputs; }
  void set_links_present(uint32_t ports) { model_->link_present_i = ports; }

  // Onto the links, for the next cycle() to take.
  void send(int port, const sim::Wavelet& wavelet);
  void send_bits(int port, sim::WaveletBits bits);
  void give_credit(int port, int color);
  void give_credit_bits(int port, sim::CreditBits bits);

  // On the links now.
  std::optional<sim::Wavelet> out(int port) const;
  sim::WaveletBits out_bits(int port) const { return *out_[port]; }
  std::optional<int> returned_credit(int port) const;
  sim::CreditBits returned_credit_bits(int port) const { return *credit_out_[port]; }
  std::optional<RouterError> error() const;
  bool busy() const { return model_->busy_o; }

  // All of the model's variables, and so of the router's registers and memories.
  std::vector<char> state() const;

 private:
  std::unique_ptr<Vrouter> model_;
  std::array<QData*, kPorts> in_, out_;
  std::array<CData*, kPorts> credit_in_, credit_out_;
};

}  // namespace tessera::rtl
