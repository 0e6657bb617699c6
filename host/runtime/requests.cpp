#include "host/runtime/requests.h"

#include <bit>

#include "host/error/error.h"

namespace tessera {
namespace {

ControlMessage begin_request(const Forest& forest, int tile, rtl::RequestOperationE operation) {
  rtl::RequestOperation word{};
  word.kind = rtl::kRequestKindOperation;
  word.operation = operation;
  ControlMessage message;
  message.root = forest.root[tile];
  message.tile = tile;
  message.operation = std::bit_cast<std::uint32_t>(word);
  message.words = request_path(forest, tile);
  message.operation_at = message.words.size();
  message.words.push_back(message.operation);
  return message;
}

void append_data(ControlMessage& message, std::span<const std::uint32_t> data) {
  if (data.empty() || data.size() > rtl::kRequestMaxWords)
    fail(ErrorKind::kEngine, "a write of {} words, should be 1 to {}", data.size(), rtl::kRequestMaxWords);
  message.words.insert(message.words.end(), data.begin(), data.end());
}

}  // namespace

ControlMessage write_request(const Forest& forest, int tile, std::uint32_t address,
                             std::span<const std::uint32_t> data) {
  ControlMessage message = begin_request(forest, tile, rtl::kRequestWrite);
  message.words.push_back(address);
  append_data(message, data);
  return message;
}

ControlMessage read_request(const Forest& forest, int tile, std::uint32_t address, std::uint32_t count) {
  ControlMessage message = begin_request(forest, tile, rtl::kRequestRead);
  message.words.push_back(address);
  message.words.push_back(count);
  message.response_words = count;
  return message;
}

ControlMessage checksum_request(const Forest& forest, int tile, std::uint32_t address,
                                std::span<const std::uint32_t> data) {
  ControlMessage message = begin_request(forest, tile, rtl::kRequestChecksum);
  message.words.push_back(address);
  message.words.push_back(static_cast<std::uint32_t>(data.size()));
  message.response_words = 1;
  message.has_checksum = true;
  message.checksum = checksum(data);
  return message;
}

ControlMessage flood_write(int root, std::uint32_t group, std::uint32_t address,
                           std::span<const std::uint32_t> data) {
  rtl::RequestOperation word{};
  word.kind = rtl::kRequestKindFlood;
  word.operation = rtl::kRequestWrite;
  word.group = group;
  ControlMessage message;
  message.root = root;
  message.operation = std::bit_cast<std::uint32_t>(word);
  message.words = {message.operation, address};
  append_data(message, data);
  return message;
}

void set_identity(ControlMessage& message, std::uint16_t identity) {
  auto word = std::bit_cast<rtl::RequestOperation>(message.operation);
  word.identity = identity;
  message.operation = std::bit_cast<std::uint32_t>(word);
  message.words[message.operation_at] = message.operation;
}

std::uint32_t checksum(std::span<const std::uint32_t> words) {
  std::uint32_t sum = 0;
  for (const std::uint32_t word : words) sum = std::rotl(sum, 1) + word;
  return sum;
}

std::vector<std::uint32_t> words_of(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint32_t> words((bytes.size() + 3) / 4);
  for (size_t i = 0; i < bytes.size(); ++i) words[i / 4] |= std::uint32_t{bytes[i]} << (8 * (i % 4));
  return words;
}

}  // namespace tessera
