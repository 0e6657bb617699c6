#include "host/waves/save_file.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <system_error>

#include "host/error/error.h"
#include "host/waves/fst_file.h"
#include "host/waves/names.h"
#include "host/waves/views.h"

namespace tessera {
namespace {

// GTKWave's flags of a line.
constexpr unsigned kShowHex = 0x22;
constexpr unsigned kShowDecimal = 0x24;
constexpr unsigned kShowBit = 0x28;
constexpr unsigned kTranslated = 0x2000;  // through a file of names
constexpr unsigned kBlank = 0x200;
constexpr unsigned kGroupBegin = 0x800000;
constexpr unsigned kGroupEnd = 0x1000000;
constexpr unsigned kClosed = 0x400000;
constexpr unsigned kCollapsed = 0x1000;

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) fail(ErrorKind::kInput, "{}: cannot be written", path.string());
}

class SaveFileWriter {
 public:
  SaveFileWriter(const Image& image, const std::filesystem::path& trace, const std::filesystem::path& path)
      : image_(image), trace_(read_fst(trace.string())), names_folder_(path.parent_path() / "names") {
    std::error_code error;
    std::filesystem::create_directories(names_folder_, error);
    if (error) fail(ErrorKind::kInput, "{}: {}", names_folder_.string(), error.message());
    text_ = fmt::format("[*] Written by tessera debug waves.\n[dumpfile] \"{}\"\n[timestart] {}\n",
                        trace.string(), trace_.first_time);
    // The zoom shows some 80 cycles, few enough that names fit.
    text_ += fmt::format("[size] 1600 1000\n[pos] -1 -1\n*-14.0 {}\n[sst_width] 200\n[signals_width] 380\n",
                         trace_.first_time);
  }

  void add(TilePosition tile) {
    begin_group(title(tile), true);
    const std::string scope = fmt::format("tile_{}_{}.tile.", tile.x, tile.y);
    for (const ViewGroup& group : tile_views()) {
      begin_group(group.name, group.open);
      for (const View& view : group.views) add(tile, scope, view);
      end_group(group.name, group.open);
    }
    end_group(title(tile), true);
  }

  SaveFile finish(const std::filesystem::path& path) {
    write_file(path, text_);
    return std::move(result_);
  }

 private:
  std::string title(TilePosition tile) const {
    for (const TileImage& entry : image_.tiles) {
      if (entry.position == tile && entry.kernel >= 0)
        return fmt::format("tile {},{}: {}", tile.x, tile.y, entry.name);
    }
    return fmt::format("tile {},{}: forwards only", tile.x, tile.y);
  }

  void begin_group(const std::string& name, bool open) {
    text_ += fmt::format("@{:x}\n-{}\n", kGroupBegin | kBlank | (open ? 0 : kClosed), name);
  }
  void end_group(const std::string& name, bool open) {
    text_ += fmt::format("@{:x}\n-{}\n", kGroupEnd | kBlank | (open ? 0 : kClosed | kCollapsed), name);
  }

  void add(TilePosition tile, const std::string& scope, const View& view) {
    const auto found = trace_.signals.find(scope + view.path);
    if (found == trace_.signals.end()) {
      result_.missing.push_back(scope + view.path);
      return;
    }
    const FstSignal& signal = found->second;
    const std::string path = found->first + signal.range;
    const int width = view.high < 0 ? signal.width : view.high - view.low + 1;
    if (view.high >= signal.width) {
      result_.missing.push_back(fmt::format("{}[{}:{}]", scope + view.path, view.high, view.low));
      return;
    }
    unsigned flags = width == 1 ? kShowBit : view.radix == Radix::kDecimal ? kShowDecimal : kShowHex;
    std::string translation;
    if (const std::string names = names_file(tile, found->first, width, view.names); !names.empty()) {
      flags |= kTranslated;
      translation = fmt::format("^1 {}\n", names);
    }
    text_ += fmt::format("@{:x}\n{}", flags, translation);
    if (view.high < 0 || width == signal.width) {
      text_ += fmt::format("+{{{}}} {}\n", view.label, path);
    } else if (width == 1) {
      text_ += fmt::format("+{{{}}} ({}){}\n", view.label, signal.width - 1 - view.high, path);
    } else {
      // Bits count from the left.
      text_ += fmt::format("#{{{}}}", view.label);
      for (int bit = view.high; bit >= view.low; --bit)
        text_ += fmt::format(" ({}){}", signal.width - 1 - bit, path);
      text_ += "\n";
    }
  }

  // The file with the names of a signal's values, written when it is first asked for; "" without names.
  std::string names_file(TilePosition tile, const std::string& path, int width, ValueNames kind) {
    switch (kind) {
      case ValueNames::kNone:
        return {};
      case ValueNames::kColor:
        return file_of(fmt::format("colors_{}_{}", tile.x, tile.y), width,
                       [&] { return color_names(image_, tile); });
      case ValueNames::kInstruction:
        return file_of(fmt::format("instructions_{}_{}", tile.x, tile.y), width,
                       [&] { return instruction_names(image_, tile); });
      case ValueNames::kState: {
        const std::string module = path.substr(0, path.rfind('.'));
        return file_of(module.substr(module.rfind('.') + 1) + "_state", width,
                       [&] { return state_names(trace_, path); });
      }
      case ValueNames::kPort:
        return file_of("ports", width, port_names);
      case ValueNames::kErrorKind:
        return file_of("error_kinds", width, error_kind_names);
      case ValueNames::kMapOperation:
        return file_of("map_operations", width, map_operation_names);
    }
    return {};
  }

  template <typename Make>
  std::string file_of(const std::string& name, int width, const Make& make) {
    const auto known = name_files_.find(name);
    if (known != name_files_.end()) return known->second;
    const NameTable names = make();
    std::string text;
    for (const auto& [value, meaning] : names)
      text += width == 1 ? fmt::format("{} {}\n", value, meaning)
                         : fmt::format("{:0{}x} {}\n", value, (width + 3) / 4, meaning);
    std::string path;
    if (!text.empty()) {
      const std::filesystem::path file = names_folder_ / (name + ".txt");
      write_file(file, text);
      result_.name_files.push_back(file);
      path = file.string();
    }
    name_files_[name] = path;
    return path;
  }

  const Image& image_;
  const FstFile trace_;
  const std::filesystem::path names_folder_;
  std::string text_;
  std::map<std::string, std::string> name_files_;
  SaveFile result_;
};

}  // namespace

SaveFile write_save_file(const Image& image, const std::vector<TilePosition>& tiles,
                         const std::filesystem::path& trace, const std::filesystem::path& path) {
  // GTKWave looks for relative names from where it was started.
  const std::filesystem::path absolute = std::filesystem::absolute(path);
  SaveFileWriter writer(image, std::filesystem::absolute(trace), absolute);
  for (const TilePosition tile : tiles) writer.add(tile);
  return writer.finish(absolute);
}

}  // namespace tessera
