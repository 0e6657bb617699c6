#include "host/waves/names.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "host/waves/disassemble.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

constexpr std::uint32_t kMostValues = 16;  // no enum that is shown has more

// The generator's functions give "?" for a value without a name.
NameTable table_of(const char* (*name)(std::uint32_t)) {
  NameTable names;
  for (std::uint32_t value = 0; value < kMostValues; ++value) {
    if (std::strcmp(name(value), "?") != 0) names[value] = name(value);
  }
  return names;
}

bool touches(const Image& image, int stream, TilePosition tile) {
  const auto is_here = [&](int kernel) { return kernel != kHost && image.kernel_tiles[kernel] == tile; };
  const Stream& ends = image.graph.streams[stream];
  const std::vector<ImageStream::Hop>& hops = image.streams[stream].hops;
  return std::any_of(ends.producers.begin(), ends.producers.end(), is_here) ||
         std::any_of(ends.consumers.begin(), ends.consumers.end(), is_here) ||
         std::any_of(hops.begin(), hops.end(), [&](const auto& hop) { return hop.tile == tile; });
}

}  // namespace

NameTable port_names() { return table_of(rtl::port_name); }
NameTable error_kind_names() { return table_of(rtl::error_kind_name); }
NameTable map_operation_names() { return table_of(rtl::map_operation_name); }

NameTable color_names(const Image& image, TilePosition tile) {
  NameTable names = {{rtl::kRequestColor, "requests"}, {rtl::kResponseColor, "responses"}};
  for (size_t stream = 0; stream < image.streams.size(); ++stream) {
    if (!touches(image, static_cast<int>(stream), tile)) continue;
    std::string& name = names[static_cast<std::uint64_t>(image.streams[stream].color)];
    name += (name.empty() ? "" : " / ") + image.graph.streams[stream].name;
  }
  return names;
}

NameTable instruction_names(const Image& image, TilePosition tile) {
  NameTable names;
  for (const TileImage& entry : image.tiles) {
    if (entry.position != tile || entry.kernel < 0) continue;
    const std::vector<std::uint8_t>& bytes = image.firmware.kernels.at(entry.binary);
    for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
      const std::uint32_t word =
          bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | static_cast<std::uint32_t>(bytes[i + 3]) << 24;
      if (word != 0) names[word] = disassemble(word);
    }
  }
  return names;
}

NameTable state_names(const FstFile& file, const std::string& path) {
  const auto signal = file.signals.find(path);
  if (signal == file.signals.end()) return {};
  if (const auto names = file.enumerations.find(signal->second.enumeration); names != file.enumerations.end())
    return names->second;
  const std::string scope = path.substr(0, path.rfind('.') + 1) + "State";
  NameTable names;
  for (auto it = file.parameters.lower_bound(scope); it != file.parameters.end(); ++it) {
    if (!std::string_view(it->first).starts_with(scope)) break;
    const std::string name = it->first.substr(scope.size());
    if (name.find('.') == std::string::npos) names[it->second] = name;
  }
  return names;
}

}  // namespace tessera
