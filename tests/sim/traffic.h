// Random streams over a wafer, driven from its edge links and checked where they end.
//
// Each color of a run is a multicast from one edge link to several tiles and edge links, or a merge of
// several edge links into one tile or edge link, routed over a tree of the live tiles. Sinks at an edge stop
// taking wavelets for random times; sinks in a tile are receive rules that put every message at a place of
// its own. Requests to the control planes run beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "sim/engine.h"
#include "tests/sim/wafer_control.h"

namespace tessera::sim {

struct TrafficResult {
  uint64_t link_hash = 0;
  std::vector<LinkHash::Subtotal> subtotals;
  uint64_t end_cycle = 0;  // when the wafer fell quiet
  uint64_t awake_tile_cycles = 0;
  uint64_t sent_hash = 0;  // over what the observer was shown
  size_t messages = 0;
};

// Fails the test unless they are of the same run.
void expect_same(const TrafficResult& a, const TrafficResult& b);

// Asked between cycles: gives the engine that goes on, which is this one or one whose wafer is in the same
// state. All of them live as long as the run.
using Handover = std::function<Engine&(Engine& engine)>;

// Sets up streams by seed, sends messages for so many cycles, runs until the wafer is quiet, and checks what
// arrived.
TrafficResult run_traffic(Engine& engine, unsigned seed, const Handover& handover = {},
                          uint64_t cycles = 5000);

}  // namespace tessera::sim
