// The wafer's side of the host link, without a socket: takes a client's frames, acts on a WaferPort, and
// says what goes back.
//
// Requests without an answer (Send, Open, WriteMemory, Observe) that fail make the next request that has one
// fail instead of it. Advance may take long, so it goes in slices: while running(), run_slice() is called
// again and again, and between the calls there is time to look at the socket.
#pragma once

#include <cstdint>
#include <optional>

#include "host/link/events.h"
#include "host/link/messages.h"

namespace tessera {

class WaferService {
 public:
  explicit WaferService(WaferPort& port) : port_(port) {}
  ~WaferService() { port_.set_observer(nullptr); }
  WaferService(const WaferService&) = delete;
  WaferService& operator=(const WaferService&) = delete;

  // Appends what goes back to `out`. Throws ProtocolError for what the client may not say, or not now; the
  // wafer is as it was before the frame.
  void handle(const FrameView& frame, Bytes& out);

  bool running() const { return running_; }
  // Some milliseconds of simulation. The request's answer is in `out` when running() is false afterwards.
  void run_slice(Bytes& out);
  // Says that the wafer is still at it.
  void report_progress(Bytes& out) const;

  bool said_goodbye() const { return said_goodbye_; }
  std::uint64_t cycle() const { return port_.cycle(); }

 private:
  template <typename Act>
  void attempt(const Act& act);
  template <typename Act>
  void answer(Bytes& out, const Act& act);
  void send(const link::Send& message);
  void begin_advance(const link::Advance& message);
  void finish_advance(WaferPort::Stop stop, Bytes& out);
  void check_edge(const EdgeAddress& edge) const;
  void check_tile(std::uint32_t tile) const;

  WaferPort& port_;
  EventPacker events_;
  std::optional<link::Failure> failed_;  // of requests without an answer, the first
  size_t queued_words_ = 0;              // sent since the last Advance
  bool said_goodbye_ = false;

  bool running_ = false;
  std::uint64_t limit_ = 0;
  std::uint64_t slice_cycles_ = 64;
};

}  // namespace tessera
