#include "host/cli/wafer_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error/error.h"
#include "host/link/link_address.h"

namespace tessera {
namespace {

bool names_wafer(const WaferOptions& options) {
  return !options.file.empty() || !options.size.empty() || !options.dead_tiles.empty() ||
         !options.dead_links.empty();
}

template <typename Position>
std::vector<Position> sorted(std::vector<Position> positions) {
  std::sort(positions.begin(), positions.end());
  return positions;
}

std::vector<LinkPosition> dead_links(const WaferConfig& config) {
  std::vector<LinkPosition> links;
  for (const LinkPosition& link : config.dead_links) links.push_back(canonical(link));
  return sorted(links);
}

std::string describe_shape(const WaferConfig& config) {
  return fmt::format("{}x{} with {} dead tiles and {} dead links", config.columns, config.rows,
                     config.dead_tiles.size(), config.dead_links.size());
}

void check_same_wafer(const WaferConfig& wanted, const WaferConfig& hosted, const std::string& address) {
  const auto refuse = [&](const std::string& what) {
    fail(ErrorKind::kConfig,
         "--connect: the wafer at {} is {}, the options say {}{}; should be the same or left out", address,
         describe_shape(hosted), describe_shape(wanted), what);
  };
  if (wanted.columns != hosted.columns || wanted.rows != hosted.rows) refuse("");
  if (sorted(wanted.dead_tiles) != sorted(hosted.dead_tiles)) refuse(" (other tiles)");
  if (dead_links(wanted) != dead_links(hosted)) refuse(" (other links)");
}

}  // namespace

void add_source_options(CLI::App& command, SourceOptions& options) {
  add_engine_options(command, options.engine);
  CLI::Option* connect =
      command
          .add_option("--connect", options.connect,
                      "run on the wafer that tessera wafer hosts there: tcp:PORT, tcp:HOST:PORT or unix:PATH")
          ->type_name("ADDRESS");
  for (const char* name : {"--engine", "--threads", "--evaluation", "--no-skip", "--audit"})
    connect->excludes(command.get_option(name));
}

std::unique_ptr<WaferPort> simulate_wafer(const WaferConfig& config, const EngineChoice& engine) {
  return std::make_unique<EnginePort>(make_engine(engine, config));
}

WaferSource::WaferSource(const WaferOptions& wafer, const SourceOptions& options) : engine_(options.engine) {
  if (options.connect.empty()) {
    config_ = make_wafer_config(wafer);
    return;
  }
  const LinkAddress address = parse_link_address(options.connect, "--connect");
  if (address.kind == LinkAddress::Kind::kTcp && address.port == 0)
    fail(ErrorKind::kConfig, "--connect: port 0 should be the one that tessera wafer says, 1 to 65535");
  if (names_wafer(wafer)) config_ = make_wafer_config(wafer);
  address_ = tessera::describe(address);
  remote_ = std::make_unique<RemotePort>(address);
  engine_.name = remote_->engine();
  if (names_wafer(wafer)) check_same_wafer(config_, remote_->config(), address_);
  if (wafer.file.empty()) {
    config_ = remote_->config();
    override_settings(wafer, config_);
    validate_wafer_config(config_, "wafer at " + address_);
  }
}

std::string WaferSource::describe() const {
  const std::string engine =
      simulated_ != nullptr ? describe_engine(engine_, simulated_->engine()) : engine_.name + " engine";
  return fmt::format("{} x {} tiles, {} dead, {}{}", config_.columns, config_.rows, config_.dead_tiles.size(),
                     engine, address_.empty() ? "" : " at " + address_);
}

std::unique_ptr<WaferPort> WaferSource::power_on(const Image& image) {
  if (remote_) return std::move(remote_);
  auto port = std::make_unique<EnginePort>(make_engine(engine_, config_, work_by_row(image)));
  simulated_ = port.get();
  return port;
}

}  // namespace tessera
