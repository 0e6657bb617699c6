// Control plane messages: how a request for a tile is spelled.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/compiler/forest.h"
#include "tessera_constants.h"

namespace tessera {

// One message into the edge link of a tree of the forest, and what it is to be answered with.
struct ControlMessage {
  int root = 0;   // index into forest.roots
  int tile = -1;  // that executes it; -1: a flood
  std::uint32_t operation = 0;
  size_t operation_at = 0;           // index of the operation word in `words`
  std::vector<std::uint32_t> words;  // the path first
  size_t response_words = 0;         // behind the operation word; floods have no response
  bool has_checksum = false;
  std::uint32_t checksum = 0;  // that the response must hold
};

// At most rtl::kRequestMaxWords data words.
ControlMessage write_request(const Forest& forest, int tile, std::uint32_t address,
                             std::span<const std::uint32_t> data);
ControlMessage read_request(const Forest& forest, int tile, std::uint32_t address, std::uint32_t count);
// Asks for the checksum of what should be these words.
ControlMessage checksum_request(const Forest& forest, int tile, std::uint32_t address,
                                std::span<const std::uint32_t> data);
// A write to every tile of a tree whose group register matches; rtl::kRequestGroupAll: to all.
ControlMessage flood_write(int root, std::uint32_t group, std::uint32_t address,
                           std::span<const std::uint32_t> data);

// Sets the number that the response repeats.
void set_identity(ControlMessage& message, std::uint16_t identity);

std::uint32_t checksum(std::span<const std::uint32_t> words);

// Bytes as little-endian words, the last one filled with zeros.
std::vector<std::uint32_t> words_of(std::span<const std::uint8_t> bytes);

}  // namespace tessera
