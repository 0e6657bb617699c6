// Drives the control plane from the west edge: requests of docs/tile.md, one row of the wafer a tree.
//
// Call from an SC_THREAD; each call waits, in simulated time, for its response.
#pragma once

#include <cstdint>
#include <vector>

#include "testbench/wafer_module.h"

namespace tessera::testbench {

struct Response {
  uint32_t operation = 0;       // request_operation_t of the request, kind 0
  std::vector<uint32_t> words;  // what was read
};

class ControlDriver {
 public:
  explicit ControlDriver(WaferModule& wafer) : wafer_(wafer) {}

  // `address` in bytes. At most kRequestMaxWords words a write, as docs/tile.md has it.
  void write(int x, int y, uint32_t address, const std::vector<uint32_t>& words);
  std::vector<uint32_t> read(int x, int y, uint32_t address, uint32_t count);
  uint32_t checksum(int x, int y, uint32_t address, uint32_t count);
  // To all tiles of a row whose group matches. Not answered.
  void flood(int y, uint32_t group, uint32_t address, const std::vector<uint32_t>& words);

 private:
  Response request(int x, int y, rtl::RequestOperationE operation, std::vector<uint32_t> body);
  void send(int y, const std::vector<uint32_t>& words);
  Response receive(int y);

  WaferModule& wafer_;
  uint16_t identity_ = 0;
};

// Sum of the control plane: rotate left by one, add, per word.
uint32_t checksum_of(const std::vector<uint32_t>& words);

}  // namespace tessera::testbench
