// A wafer behind a socket: a WaferPort whose wafer is hosted by tessera wafer.
//
// What the host queues is sent in large pieces, together with the next question; a question waits for its
// answer. The observer is called from advance(), in the order in which it would be called in the process of
// the engine, and may work while the wafer goes on.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "host/config/wafer_config.h"
#include "host/link/link_address.h"
#include "host/runtime/wafer_port.h"

namespace tessera {

struct ClientTimes {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds silence{60'000};  // of a wafer that owes an answer; it gives signs of life
  std::chrono::milliseconds write{60'000};    // for the wafer to take what was sent to it
};

class RemotePort final : public WaferPort {
 public:
  // Connects and waits for the wafer. Throws Error(kInput) when nobody answers there, and Error(kEngine) when
  // it is not a wafer of this version and of this build's tiles, or is busy. So do the other functions when
  // the connection breaks; the port is of no use any more then.
  explicit RemotePort(const LinkAddress& address, const ClientTimes& times = {});
  ~RemotePort() override;

  // The hosted wafer's settings, and the name of its engine.
  const WaferConfig& config() const;
  const std::string& engine() const;

  const sim::WaferShape& shape() const override;
  std::uint64_t cycle() const override;
  void send(const EdgeAddress& edge, int color, std::span<const std::uint32_t> words,
            std::uint64_t cycle) override;
  void open(const EdgeAddress& edge) override;
  Stop advance(std::uint64_t limit) override;
  std::vector<ReceivedMessage> take_received() override;

  bool has_back_door() const override;
  void write_memory(int tile, std::uint32_t address, std::span<const std::uint8_t> bytes) override;
  void read_memory(int tile, std::uint32_t address, std::span<std::uint8_t> bytes) const override;

  void set_epoch() override;
  std::uint64_t link_hash() const override;
  sim::EngineStatistics statistics() const override;
  WaferWorkers workers() const override;
  void set_observer(sim::EngineObserver* observer) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;  // asking changes the connection, but not the wafer
};

}  // namespace tessera
