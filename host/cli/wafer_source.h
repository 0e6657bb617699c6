// The wafer that a command runs on: simulated in this process, or hosted by another (tessera wafer).
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "host/cli/options.h"
#include "host/link/remote_port.h"
#include "host/runtime/engine_port.h"
#include "host/runtime/wafer_port.h"

namespace tessera {

struct SourceOptions {
  EngineChoice engine;
  std::string connect;  // "": in this process
};

// Those of an engine, or --connect.
void add_source_options(CLI::App& command, SourceOptions& options);

// A wafer in this process on which nothing has happened. Throws Error(kConfig) for an engine that there is
// not.
std::unique_ptr<WaferPort> simulate_wafer(const WaferConfig& config, const EngineChoice& engine);

class WaferSource {
 public:
  // Connects, if the wafer is hosted: its size and what is dead on it are then the host's, and so are its
  // settings unless a file was named. Throws Error(kConfig) when the options say another wafer.
  WaferSource(const WaferOptions& wafer, const SourceOptions& options);

  // Simulated in this process.
  WaferSource(const WaferConfig& config, const EngineChoice& engine) : config_(config), engine_(engine) {}

  const WaferConfig& config() const { return config_; }
  const std::string& engine() const { return engine_.name; }
  // "16 x 16 tiles, 7 dead, tiled engine"; with its ranks once it is on
  std::string describe() const;
  // The wafer, as after power-on; to be called once. The image is what it will run.
  std::unique_ptr<WaferPort> power_on(const Image& image);
  // What power_on() gave, if it is simulated in this process; else nullptr.
  EnginePort* simulated() const { return simulated_; }

 private:
  WaferConfig config_;
  EngineChoice engine_;
  std::string address_;
  std::unique_ptr<RemotePort> remote_;
  EnginePort* simulated_ = nullptr;
};

}  // namespace tessera
