#include "host/runtime/loader.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "host/error/error.h"

namespace tessera {
namespace {

int parent_of(const Forest& forest, int tile) {
  switch (static_cast<Direction>(forest.parent[tile])) {
    case Direction::kNorth:
      return tile - forest.columns;
    case Direction::kEast:
      return tile + 1;
    case Direction::kSouth:
      return tile + forest.columns;
    case Direction::kWest:
      return tile - 1;
  }
  return -1;
}

int tile_index(const Image& image, TilePosition tile) { return tile.y * image.forest.columns + tile.x; }

class Loading {
 public:
  Loading(const Image& image, LoadMode mode) : image_(image), forest_(image.forest), mode_(mode) {
    std::uint8_t group = 0;
    for (const TileImage& tile : image.tiles) {
      if (tile.kernel >= 0 && !groups_.contains(tile.binary)) groups_[tile.binary] = ++group;
    }
  }

  std::vector<ControlMessage> memories_and_registers() {
    add_trees();
    for (const TileImage& tile : image_.tiles) add_registers(tile);
    if (mode_ == LoadMode::kControl) {
      add_firmware();
      for (const TileImage& tile : image_.tiles) {
        for (const Segment& segment : tile.sram)
          add_writes(tile_index(image_, tile.position), rtl::kSramBase + segment.address,
                     words_of(segment.bytes));
      }
      for (const TileImage& tile : image_.tiles) add_checksums(tile);
    }
    return std::move(messages_);
  }

  std::vector<ControlMessage> start() {
    const std::uint32_t run = 1;
    std::set<std::pair<int, std::uint8_t>> started;
    for (const TileImage& tile : image_.tiles) {
      if (tile.kernel < 0) continue;
      const int root = forest_.root[tile_index(image_, tile.position)];
      if (started.emplace(root, groups_.at(tile.binary)).second)
        messages_.push_back(flood_write(root, groups_.at(tile.binary), rtl::kRegCoreRun, {&run, 1}));
    }
    return std::move(messages_);
  }

 private:
  // The forest as far as the image's tiles need it; the rest of a large wafer is never touched.
  void add_trees() {
    std::map<int, std::uint32_t> children;  // of every tile on the way to one in use
    for (const TileImage& tile : image_.tiles) {
      int at = tile_index(image_, tile.position);
      if (!forest_.reaches(at))
        fail(ErrorKind::kRouting, "tile {},{} is in use but no edge link reaches it", tile.position.x,
             tile.position.y);
      children[at];
      for (const int root = forest_.roots[forest_.root[at]].tile; at != root;) {
        const auto direction = opposite(static_cast<Direction>(forest_.parent[at]));
        at = parent_of(forest_, at);
        children[at] |= 1u << static_cast<int>(direction);
      }
    }
    static_assert(rtl::kRegGroup == rtl::kRegChildren + 4);
    std::map<int, std::uint32_t> group;
    for (const TileImage& tile : image_.tiles) {
      if (tile.kernel >= 0) group[tile_index(image_, tile.position)] = groups_.at(tile.binary);
    }
    for (const auto& [tile, mask] : children) {
      const std::uint32_t words[] = {mask, group.contains(tile) ? group.at(tile) : 0};
      messages_.push_back(write_request(forest_, tile, rtl::kRegChildren, words));
    }
  }

  void add_registers(const TileImage& tile) {
    std::vector<RegisterWrite> writes = tile.registers;
    std::stable_sort(writes.begin(), writes.end(),
                     [](const RegisterWrite& a, const RegisterWrite& b) { return a.address < b.address; });
    for (size_t first = 0; first < writes.size();) {
      std::vector<std::uint32_t> run;
      size_t next = first;
      for (; next < writes.size() && writes[next].address == writes[first].address + 4 * (next - first);
           ++next)
        run.push_back(writes[next].value);
      add_writes(tile_index(image_, tile.position), writes[first].address, run);
      first = next;
    }
  }

  void add_writes(int tile, std::uint32_t address, const std::vector<std::uint32_t>& words) {
    for (size_t first = 0; first < words.size(); first += rtl::kRequestMaxWords) {
      const size_t count = std::min<size_t>(rtl::kRequestMaxWords, words.size() - first);
      messages_.push_back(write_request(forest_, tile, address + static_cast<std::uint32_t>(4 * first),
                                        std::span(words).subspan(first, count)));
    }
  }

  // A binary that several tiles of a tree run goes to all of them at once.
  void add_firmware() {
    std::map<std::pair<int, std::string>, std::vector<int>> users;  // by root and kernel
    for (const TileImage& tile : image_.tiles) {
      if (tile.kernel < 0) continue;
      const int index = tile_index(image_, tile.position);
      users[{forest_.root[index], tile.binary}].push_back(index);
    }
    for (const auto& [key, tiles] : users) {
      const std::vector<std::uint32_t> words = words_of(binary(key.second));
      if (tiles.size() == 1) {
        add_writes(tiles.front(), rtl::kInstructionBase, words);
        continue;
      }
      for (size_t first = 0; first < words.size(); first += rtl::kRequestMaxWords) {
        const size_t count = std::min<size_t>(rtl::kRequestMaxWords, words.size() - first);
        messages_.push_back(flood_write(key.first, groups_.at(key.second),
                                        rtl::kInstructionBase + static_cast<std::uint32_t>(4 * first),
                                        std::span(words).subspan(first, count)));
      }
    }
  }

  void add_checksums(const TileImage& tile) {
    if (tile.kernel < 0) return;
    const int index = tile_index(image_, tile.position);
    messages_.push_back(
        checksum_request(forest_, index, rtl::kInstructionBase, words_of(binary(tile.binary))));
    for (const Segment& segment : tile.sram) {
      if (!segment.bytes.empty())
        messages_.push_back(
            checksum_request(forest_, index, rtl::kSramBase + segment.address, words_of(segment.bytes)));
    }
  }

  const std::vector<std::uint8_t>& binary(const std::string& name) const {
    return image_.firmware.kernels.at(name);
  }

  const Image& image_;
  const Forest& forest_;
  LoadMode mode_;
  std::map<std::string, std::uint8_t> groups_;  // by kernel; 0: none
  std::vector<ControlMessage> messages_;
};

void write_memories(WaferPort& port, const Image& image) {
  if (!port.has_back_door())
    fail(ErrorKind::kEngine, "this wafer has no back door, should be loaded with --load control");
  for (const TileImage& tile : image.tiles) {
    const int index = tile_index(image, tile.position);
    if (tile.kernel >= 0)
      port.write_memory(index, rtl::kInstructionBase, image.firmware.kernels.at(tile.binary));
    for (const Segment& segment : tile.sram)
      port.write_memory(index, rtl::kSramBase + segment.address, segment.bytes);
  }
}

void flood_all(WaferPort& port, const Image& image, std::uint32_t address, std::uint32_t value) {
  std::set<int> roots;
  for (const TileImage& tile : image.tiles) roots.insert(image.forest.root[tile_index(image, tile.position)]);
  std::vector<ControlMessage> messages;
  for (const int root : roots)
    messages.push_back(flood_write(root, rtl::kRequestGroupAll, address, {&value, 1}));
  run_control(port, image.forest, std::move(messages));
}

}  // namespace

std::vector<ControlMessage> load_messages(const Image& image, LoadMode mode) {
  return Loading(image, mode).memories_and_registers();
}

std::vector<ControlMessage> start_messages(const Image& image) {
  return Loading(image, LoadMode::kControl).start();
}

LoadReport load(WaferPort& port, const Image& image, LoadMode mode,
                const std::function<void(const ControlProgress&)>& progress) {
  const std::uint64_t begin = port.cycle();
  LoadReport report;
  if (mode == LoadMode::kBackDoor) write_memories(port, image);
  std::vector<ControlMessage> messages = load_messages(image, mode);
  report.messages = messages.size();
  for (const ControlMessage& message : messages) {
    report.words += message.words.size();
    report.floods += message.tile < 0;
  }
  run_control(port, image.forest, std::move(messages), progress);
  run_to_quiescence(port, "loading");
  run_control(port, image.forest, start_messages(image));
  run_to_quiescence(port, "starting the kernels");
  report.cycles = port.cycle() - begin;
  // The kernels wait by now, and a wait is measured by cycle numbers: cleared before the epoch, it would
  // count from a cycle that is past.
  port.set_epoch();
  flood_all(port, image, rtl::kRegCounter, 0);
  run_to_quiescence(port, "clearing the counters");
  return report;
}

std::vector<std::vector<std::uint32_t>> read_counters(WaferPort& port, const Image& image) {
  std::vector<ControlMessage> messages;
  for (const TileImage& tile : image.tiles)
    messages.push_back(
        read_request(image.forest, tile_index(image, tile.position), rtl::kRegCounter, rtl::kCounterCount));
  return run_control(port, image.forest, std::move(messages));
}

}  // namespace tessera
