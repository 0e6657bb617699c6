#include "sim/snapshot_sections.h"

#include "sim/tile_state.h"

namespace tessera::sim {
namespace {

// What a tile has, and what follows of it.
constexpr uint32_t kFlagErrorSeen = 1;
constexpr uint32_t kFlagState = 2;
constexpr uint32_t kFlagSram = 4;
constexpr uint32_t kFlagInstruction = 8;
constexpr uint32_t kTileFlags = 16;  // all are below

uint32_t flag_if(bool condition, uint32_t flag) { return condition ? flag : 0; }

// A bit for each tile, the lowest first; an empty vector is all zeros.
void put_marks(ByteWriter& out, const std::vector<bool>& marks, int tiles) {
  std::vector<uint8_t> bytes((static_cast<size_t>(tiles) + 7) / 8);
  for (size_t i = 0; i < marks.size(); ++i) bytes[i / 8] |= static_cast<uint8_t>(marks[i] << i % 8);
  out.put_bytes(bytes);
}

std::vector<bool> get_marks(ByteReader& in, int tiles) {
  const auto bytes = in.get_bytes((static_cast<size_t>(tiles) + 7) / 8);
  std::vector<bool> marks(static_cast<size_t>(tiles));
  for (size_t i = 0; i < marks.size(); ++i) marks[i] = (bytes[i / 8] >> i % 8 & 1) != 0;
  return marks;
}

Wavelet get_wavelet(ByteReader& in) {
  const auto bits = in.get<uint64_t>();
  const Wavelet wavelet = unpack(bits);
  if (pack(wavelet) != bits) fail(ErrorKind::kInput, "{}: {:#x} should be a wavelet", in.name(), bits);
  return wavelet;
}

void put_received(ByteWriter& out, const std::vector<EdgeLink::Received>& list) {
  out.put<uint64_t>(list.size());
  for (const EdgeLink::Received& entry : list) {
    out.put(entry.cycle);
    out.put<uint64_t>(pack(entry.wavelet));
  }
}

std::vector<EdgeLink::Received> get_received(ByteReader& in) {
  std::vector<EdgeLink::Received> list(in.get_count(16));
  for (EdgeLink::Received& entry : list) {
    entry.cycle = in.get<uint64_t>();
    entry.wavelet = get_wavelet(in);
  }
  return list;
}

EdgeLinkState::Color get_color(ByteReader& in, uint32_t number) {
  EdgeLinkState::Color color;
  color.credits = in.get_below<uint8_t>(rtl::kFifoDepth + 1, "credits");
  color.held = in.get_below<uint8_t>(2, "a mark") != 0;
  color.unsent.resize(in.get_count(8));
  for (Wavelet& wavelet : color.unsent) wavelet = get_wavelet(in);
  color.arrived = get_received(in);
  bool right = color.arrived.size() <= rtl::kFifoDepth;
  for (const Wavelet& wavelet : color.unsent) right = right && wavelet.color == number;
  for (const EdgeLink::Received& entry : color.arrived) right = right && entry.wavelet.color == number;
  if (!right) fail(ErrorKind::kInput, "{}: not what a link holds of color {}", in.name(), number);
  return color;
}

template <typename Memory>
void put_memory(ByteWriter& out, const Memory& memory) {
  if (memory.words() != nullptr)
    out.put_bytes({reinterpret_cast<const uint8_t*>(memory.words()), Memory::size()});
}

template <typename Memory>
void get_memory(ByteReader& in, Memory& memory) {
  memory.write(0, in.get_bytes(Memory::size()));
}

}  // namespace

void put_shape(ByteWriter& out, const WaferShape& shape) {
  put_marks(out, shape.dead_tile, shape.tiles());
  put_marks(out, shape.dead_link_east, shape.tiles());
  put_marks(out, shape.dead_link_south, shape.tiles());
}

WaferShape get_shape(ByteReader& in, int columns, int rows) {
  WaferShape shape;
  shape.columns = columns;
  shape.rows = rows;
  shape.dead_tile = get_marks(in, shape.tiles());
  shape.dead_link_east = get_marks(in, shape.tiles());
  shape.dead_link_south = get_marks(in, shape.tiles());
  return shape;
}

void put_record(ByteWriter& out, const EngineRecord& record) {
  out.put(record.statistics.awake_tile_cycles);
  out.put(record.statistics.simulated_cycles);
  out.put<uint32_t>(record.received);
  out.put<uint64_t>(record.link_hash.size());
  for (const LinkHash::Subtotal& subtotal : record.link_hash) {
    out.put(subtotal.block);
    out.put(subtotal.sum);
  }
}

EngineRecord get_record(ByteReader& in, uint64_t cycle) {
  EngineRecord record;
  record.statistics.awake_tile_cycles = in.get<uint64_t>();
  record.statistics.simulated_cycles = in.get<uint64_t>();
  record.received = in.get_below<uint32_t>(2, "a mark") != 0;
  record.link_hash.resize(in.get_count(16));
  uint64_t lowest = 0;
  for (LinkHash::Subtotal& subtotal : record.link_hash) {
    subtotal.block = in.get<uint64_t>();
    subtotal.sum = in.get<uint64_t>();
    if (subtotal.block < lowest || subtotal.block > cycle >> LinkHash::kBlockBits || subtotal.sum == 0)
      fail(ErrorKind::kInput, "{}: a subtotal of block {} that cannot be", in.name(), subtotal.block);
    lowest = subtotal.block + 1;
  }
  return record;
}

void put_edge(ByteWriter& out, const EdgeSnapshot& edge) {
  const EdgeLinkState& state = edge.state;
  out.put(static_cast<uint32_t>(edge.index));
  out.put<uint32_t>(state.awake);
  for (const EdgeLinkState::Color& color : state.colors) {
    out.put(color.credits);
    out.put<uint8_t>(color.held);
    out.put<uint64_t>(color.unsent.size());
    for (const Wavelet& wavelet : color.unsent) out.put<uint64_t>(pack(wavelet));
    put_received(out, color.arrived);
  }
  put_received(out, state.received);
}

EdgeSnapshot get_edge(ByteReader& in, const WaferShape& shape) {
  EdgeSnapshot edge;
  const auto rows = static_cast<uint32_t>(shape.rows);
  const auto index = in.get_below<uint32_t>(uint64_t{2} * rows, "edge link");
  const bool west = index < rows;
  const int tile = shape.index(west ? 0 : shape.columns - 1, static_cast<int>(index % rows));
  if ((shape.link_present(tile) >> (west ? rtl::kPortWest : rtl::kPortEast) & 1) == 0)
    fail(ErrorKind::kInput, "{}: edge link {} is dead", in.name(), index);
  edge.index = static_cast<int>(index);
  edge.state.awake = in.get_below<uint32_t>(2, "a mark") != 0;
  for (uint32_t color = 0; color < rtl::kColorCount; ++color) edge.state.colors[color] = get_color(in, color);
  edge.state.received = get_received(in);
  return edge;
}

void put_tile(ByteWriter& out, int tile, bool error_seen, std::span<const uint8_t> state,
              const TileMemory& memory) {
  out.put(static_cast<uint32_t>(tile));
  out.put(flag_if(error_seen, kFlagErrorSeen) | flag_if(!state.empty(), kFlagState) |
          flag_if(memory.sram.words() != nullptr, kFlagSram) |
          flag_if(memory.instruction.words() != nullptr, kFlagInstruction));
  out.put_bytes(state);
  put_memory(out, memory.sram);
  put_memory(out, memory.instruction);
}

TileSnapshot get_tile(ByteReader& in, const WaferShape& shape) {
  TileSnapshot tile;
  tile.tile = static_cast<int>(in.get_below<uint32_t>(static_cast<uint64_t>(shape.tiles()), "tile"));
  const auto flags = in.get_below<uint32_t>(kTileFlags, "flags");
  tile.error_seen = (flags & kFlagErrorSeen) != 0;
  if ((flags & kFlagState) != 0) {
    if (!shape.alive(tile.tile)) fail(ErrorKind::kInput, "{}: tile {} is dead", in.name(), tile.tile);
    const auto state = in.get_bytes(tile_state_bytes());
    if (const char* member = find_impossible_member(state))
      fail(ErrorKind::kInput, "{}: tile {}: {} has bits that it cannot have", in.name(), tile.tile, member);
    if ((driven_ports(state) & ~shape.link_present(tile.tile)) != 0)
      fail(ErrorKind::kInput, "{}: tile {} drives a dead link", in.name(), tile.tile);
    tile.state.assign(state.begin(), state.end());
  }
  if ((flags & kFlagSram) != 0) get_memory(in, tile.memory.sram);
  if ((flags & kFlagInstruction) != 0) get_memory(in, tile.memory.instruction);
  return tile;
}

uint64_t maximum_tile_bytes() { return 8 + tile_state_bytes() + rtl::kSramBytes + rtl::kInstructionBytes; }

}  // namespace tessera::sim
