// A wafer behind a socket is the wafer in this process: the same report, but for the time that it took.
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/link/remote_port.h"
#include "host/link/wafer_server.h"
#include "sim/tiled_engine.h"
#include "tests/end_to_end/cases.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

// Hosts a case's wafer in a thread.
class Host {
 public:
  Host(const Case& on, LinkAddress::Kind kind) {
    ServerOptions options;
    options.listen.kind = kind;
    options.listen.host = "127.0.0.1";
    options.listen.path = folder_.file("wafer");
    const WaferConfig config = on.image.wafer;
    server_ = std::make_unique<WaferServer>(
        HostedWafer{config, "tiled",
                    [config] {
                      return std::make_unique<EnginePort>(
                          std::make_unique<sim::TiledEngine>(engine_shape(config)));
                    }},
        options, [](const std::string&) {});
    thread_ = std::thread([this] { server_->run(); });
  }
  ~Host() {
    server_->stop();
    thread_.join();
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  const LinkAddress& address() const { return server_->address(); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<WaferServer> server_;
  std::thread thread_;
};

// The run's report without what depends on the machine. `fault` acts on the loaded wafer.
nlohmann::json report_of(WaferPort& port, const Case& on, const RunOptions& options,
                         const std::function<void(WaferPort&)>& fault = {}) {
  RunEvents events;
  if (fault) events.loaded = [&] { fault(port); };
  auto json = nlohmann::json::parse(to_json(run(port, on.image, on.model, options, events)));
  for (const char* key :
       {"load_seconds", "wall_seconds", "tokens_per_second", "awake_tile_cycles_per_second"})
    json.erase(key);
  return json;
}

nlohmann::json local_report(const Case& on, const RunOptions& options,
                            const std::function<void(WaferPort&)>& fault = {}) {
  return report_of(*make_port(on, EngineKind::kTiled), on, options, fault);
}

class HostLink : public testing::TestWithParam<LinkAddress::Kind> {};

INSTANTIATE_TEST_SUITE_P(Sockets, HostLink,
                         testing::Values(LinkAddress::Kind::kTcp, LinkAddress::Kind::kUnix),
                         [](const auto& kind) {
                           return kind.param == LinkAddress::Kind::kTcp ? "Tcp" : "Unix";
                         });

TEST_P(HostLink, EveryKindOfRunIsTheSame) {
  WaferConfig wafer = make_wafer(5, 4);
  wafer.dead_tiles = {{2, 1}};
  wafer.dead_links = {{{0, 0}, Direction::kWest}, {{3, 2}, Direction::kSouth}};
  const Case tiny = make_case(random_model(tiny_config(), test_seed()), wafer);
  const Host host(tiny, GetParam());

  std::vector<RunOptions> runs(4, greedy({1, 5, 9, 60, 33, 12}, 6));
  runs[1].load = LoadMode::kBackDoor;
  runs[2].request.temperature = 0.9;  // all logits come back
  runs[2].request.seed = 4711;
  runs[3].check = false;
  for (const RunOptions& options : runs) {
    const nlohmann::json local = local_report(tiny, options);
    RemotePort port(host.address());
    EXPECT_EQ(report_of(port, tiny, options), local);
    EXPECT_EQ(local["mismatches"], 0);
    EXPECT_EQ(local["compared"] > 0, options.check);
    EXPECT_FALSE(local.contains("error"));
  }
}

TEST_P(HostLink, AFaultIsFoundAtTheSamePlace) {
  const Case tiny = make_case(random_model(tiny_config(), 3), make_wafer(4, 4));
  const Host host(tiny, GetParam());
  const RunOptions options = greedy({1, 5, 9}, 4);
  // A bit of every kernel's memory, where its weights or tables may be.
  const auto flip = [&](WaferPort& port) {
    for (const TileImage& tile : tiny.image.tiles) {
      if (tile.kernel < 0) continue;
      const int index = port.shape().index(tile.position.x, tile.position.y);
      std::uint8_t byte[1];
      port.read_memory(index, rtl::kSramBase + 1024, byte);
      byte[0] ^= 0x40;
      port.write_memory(index, rtl::kSramBase + 1024, byte);
    }
  };
  const nlohmann::json local = local_report(tiny, options, flip);
  RemotePort port(host.address());
  EXPECT_EQ(report_of(port, tiny, options, flip), local);
  EXPECT_GT(local["mismatches"], 0);
  EXPECT_FALSE(local["first_mismatch"].is_null());
}

TEST_P(HostLink, AFailureIsExplainedInTheSameWords) {
  Case tiny = make_case(random_model(tiny_config(), 3), make_wafer(4, 4));
  const Host host(tiny, GetParam());
  const RunOptions options = greedy({1, 5, 9}, 4);
  // The first linear has neither routes nor anything else.
  for (TileImage& tile : tiny.image.tiles) {
    if (tile.kernel >= 0 && tiny.image.graph.kernels[tile.kernel].op == Operator::kQkv) {
      tile.registers.clear();
      break;
    }
  }
  const nlohmann::json local = local_report(tiny, options);
  RemotePort port(host.address());
  EXPECT_EQ(report_of(port, tiny, options), local);
  EXPECT_TRUE(local.contains("error")) << local.dump(1);
}

}  // namespace
}  // namespace tessera
