// Hosts a wafer for clients, one after the other: tessera wafer.
//
// Everybody may connect and say Hello; the first one gets the wafer, as after power-on, and keeps it until it
// leaves. Whoever comes in between is told so. Whatever a client does or leaves undone, the server goes on
// with the next one.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "host/config/wafer_config.h"
#include "host/link/link_address.h"
#include "host/runtime/wafer_port.h"

namespace tessera {

struct HostedWafer {
  WaferConfig config;
  std::string engine;                                    // its name, for the clients' reports
  std::function<std::unique_ptr<WaferPort>()> power_on;  // a wafer on which nothing has happened
};

struct ServerTimes {
  std::chrono::milliseconds hello{5'000};     // from the connection to the client's Hello
  std::chrono::milliseconds frame{10'000};    // from a frame's first byte to its last
  std::chrono::milliseconds idle{3'600'000};  // between requests of the client that has the wafer
  std::chrono::milliseconds write{30'000};    // for a client to take what was sent to it
  std::chrono::milliseconds progress{1'000};  // between signs of life while the wafer runs
};

struct ServerOptions {
  LinkAddress listen;
  ServerTimes times;
  bool once = false;     // ends when the first client that had the wafer has left
  bool signals = false;  // ends at SIGINT and SIGTERM
};

class WaferServer {
 public:
  // Binds and powers the wafer on. `log` takes one line for everything that happens. Throws Error(kInput)
  // when the address cannot be had.
  WaferServer(HostedWafer wafer, const ServerOptions& options, std::function<void(const std::string&)> log);
  ~WaferServer();
  WaferServer(const WaferServer&) = delete;
  WaferServer& operator=(const WaferServer&) = delete;

  // With the port that was taken.
  const LinkAddress& address() const;
  bool is_public() const;  // reachable from other machines

  // Serves until stop(), a signal, or the end of the first client if `once`.
  void run();
  // From any thread.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera
