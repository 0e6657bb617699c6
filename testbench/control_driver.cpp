#include "testbench/control_driver.h"

#include <bit>
#include <stdexcept>

namespace tessera::testbench {
namespace {

// A response takes a few cycles a hop and a cycle a word; this is far beyond any that comes.
constexpr int kResponseTimeoutCycles = 20'000;

uint32_t operation_word(rtl::RequestKind kind, rtl::RequestOperationE operation, uint32_t group, uint16_t identity) {
  rtl::RequestOperation word{};
  word.kind = kind;
  word.operation = operation;
  word.group = group;
  word.identity = identity;
  return std::bit_cast<uint32_t>(word);
}

// East along the row; one turn reaches 255 tiles.
uint32_t path_word(int hops) {
  rtl::RequestPath word{};
  word.kind = rtl::kRequestKindPath;
  word.direction0 = rtl::kPortEast;
  word.run0 = static_cast<uint32_t>(hops);
  return std::bit_cast<uint32_t>(word);
}

}  // namespace

uint32_t checksum_of(const std::vector<uint32_t>& words) {
  uint32_t sum = 0;
  for (uint32_t word : words) sum = std::rotl(sum, 1) + word;
  return sum;
}

void ControlDriver::send(int y, const std::vector<uint32_t>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    wafer_.to_west[y]->write(Word{{static_cast<uint8_t>(rtl::kRequestColor), i + 1 == words.size(), words[i]}});
  }
}

Response ControlDriver::receive(int y) {
  Response response;
  for (bool first = true, last = false; !last; first = false) {
    int waited = 0;
    Word word;
    while (!wafer_.from_west[y]->nb_read(word)) {
      if (++waited > kResponseTimeoutCycles) throw std::runtime_error("no response in row " + std::to_string(y));
      sc_core::wait(wafer_.clock.posedge_event());
    }
    if (word.wavelet.color != rtl::kResponseColor) throw std::runtime_error("a response on another color");
    if (first) {
      response.operation = word.wavelet.data;
    } else {
      response.words.push_back(word.wavelet.data);
    }
    last = word.wavelet.last;
  }
  return response;
}

Response ControlDriver::request(int x, int y, rtl::RequestOperationE operation, std::vector<uint32_t> body) {
  const uint32_t head = operation_word(rtl::kRequestKindOperation, operation, 0, ++identity_);
  body.insert(body.begin(), head);
  if (x > 0) body.insert(body.begin(), path_word(x));
  send(y, body);
  Response response = receive(y);
  if (response.operation != head) throw std::runtime_error("the response is to another request");
  return response;
}

void ControlDriver::write(int x, int y, uint32_t address, const std::vector<uint32_t>& words) {
  std::vector<uint32_t> body = {address};
  body.insert(body.end(), words.begin(), words.end());
  request(x, y, rtl::kRequestWrite, body);
}

std::vector<uint32_t> ControlDriver::read(int x, int y, uint32_t address, uint32_t count) {
  return request(x, y, rtl::kRequestRead, {address, count}).words;
}

uint32_t ControlDriver::checksum(int x, int y, uint32_t address, uint32_t count) {
  Response response = request(x, y, rtl::kRequestChecksum, {address, count});
  if (response.words.size() != 1) throw std::runtime_error("a checksum is one word");
  return response.words[0];
}

void ControlDriver::flood(int y, uint32_t group, uint32_t address, const std::vector<uint32_t>& words) {
  std::vector<uint32_t> body = {operation_word(rtl::kRequestKindFlood, rtl::kRequestWrite, group, 0), address};
  body.insert(body.end(), words.begin(), words.end());
  send(y, body);
}

}  // namespace tessera::testbench
