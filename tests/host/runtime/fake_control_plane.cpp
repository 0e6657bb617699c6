#include <bit>

#include "tests/host/runtime/fake_wafer.h"

namespace tessera {
namespace {

constexpr std::uint32_t kChildren = 0x20484;
constexpr std::uint32_t kGroup = 0x20488;
constexpr int kNorth = 0, kEast = 1, kSouth = 2, kWest = 3;

std::uint32_t bits(std::uint32_t word, int low, int count) { return word >> low & ((1u << count) - 1); }

int neighbour(const sim::WaferShape& shape, int tile, std::uint32_t direction) {
  const int x = shape.x(tile), y = shape.y(tile);
  if (direction == kNorth) return y == 0 ? -1 : tile - shape.columns;
  if (direction == kSouth) return y == shape.rows - 1 ? -1 : tile + shape.columns;
  if (direction == kEast) return x == shape.columns - 1 ? -1 : tile + 1;
  return x == 0 ? -1 : tile - 1;
}

}  // namespace

void FakeControlPlane::operator()(FakeWafer& wafer, const SentMessage& message) {
  message_ = &message;
  if (message.color != 0) {
    ++lost;
    return;
  }
  const sim::WaferShape& shape = wafer.shape();
  deliver(wafer,
          shape.index(message.edge.side == sim::EdgeSide::kWest ? 0 : shape.columns - 1, message.edge.row),
          message.words);
}

void FakeControlPlane::deliver(FakeWafer& wafer, int tile, std::vector<std::uint32_t> words) {
  if (tile < 0 || words.empty()) {
    ++lost;
    return;
  }
  const std::uint32_t head = words.front();
  const std::uint32_t kind = bits(head, 30, 2);
  if (kind == 1) {  // a path: 10 bits a turn, direction in the low two
    const std::uint32_t direction = bits(head, 0, 2);
    std::uint32_t turns = bits(head, 0, 30);
    if (bits(head, 2, 8) == 0) {
      ++lost;
      return;
    }
    turns -= 1u << 2;
    if (bits(turns, 2, 8) == 0) turns >>= 10;
    if (bits(turns, 2, 8) == 0) {
      words.erase(words.begin());
    } else {
      words.front() = 1u << 30 | turns;
    }
    deliver(wafer, neighbour(wafer.shape(), tile, direction), std::move(words));
  } else if (kind == 2) {
    const std::uint32_t group = bits(head, 16, 8);
    for (std::uint32_t direction = 0; direction < 4; ++direction) {
      if (wafer.memory[tile][kChildren] >> direction & 1)
        deliver(wafer, neighbour(wafer.shape(), tile, direction), words);
    }
    if (group == 255 || group == wafer.memory[tile][kGroup]) execute(wafer, tile, words);
  } else {
    execute(wafer, tile, words);
  }
}

void FakeControlPlane::execute(FakeWafer& wafer, int tile, const std::vector<std::uint32_t>& words) {
  ++executed;
  const std::uint32_t operation = bits(words[0], 27, 3);
  const std::uint32_t address = words[1];
  std::vector<std::uint32_t> response = {words[0]};
  auto& memory = wafer.memory[tile];
  if (operation == 1) {
    if (words.size() > 2 + 256) ++lost;
    for (size_t i = 2; i < words.size(); ++i)
      memory[address + 4 * static_cast<std::uint32_t>(i - 2)] = words[i];
  } else if (operation == 2) {
    for (std::uint32_t i = 0; i < words[2]; ++i) response.push_back(memory[address + 4 * i]);
  } else if (operation == 3) {
    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < words[2]; ++i) sum = std::rotl(sum, 1) + memory[address + 4 * i];
    response.push_back(sum);
  } else {
    ++lost;
  }
  if (bits(words[0], 30, 2) == 0) wafer.respond(message_->edge, 1, message_->cycle + 20, response);
}

}  // namespace tessera
