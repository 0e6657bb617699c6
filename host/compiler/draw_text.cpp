#include <fmt/format.h>

#include <array>

#include "host/compiler/draw.h"
#include "host/compiler/operator_style.h"

namespace tessera {
namespace {

constexpr int kLegendColumns = 4;

std::string painted(const std::string& text, std::uint32_t color, bool colors) {
  if (!colors) return text;
  return fmt::format("\x1b[48;2;{};{};{};38;2;0;0;0m{}\x1b[0m", color >> 16, color >> 8 & 255, color & 255,
                     text);
}

std::string cell_text(const Kernel& kernel) {
  const char letter = style_of(kernel.op).letter;
  return has_layer(kernel.op) ? fmt::format("{}{}", letter, kernel.layer) : fmt::format("{}", letter);
}

}  // namespace

std::string draw_text(const Image& image, bool colors) {
  const int columns = image.wafer.columns;
  const Wafer wafer = make_wafer(image.wafer);
  std::vector<const TileImage*> tiles(static_cast<size_t>(wafer.tiles()), nullptr);
  for (const TileImage& tile : image.tiles) tiles[static_cast<size_t>(wafer.index(tile.position))] = &tile;
  const int width = image.graph.shape.config.layers > 10 ? 4 : 3;

  std::string text;
  std::array<int, kOperators> counts{};
  for (int index = 0; index < wafer.tiles(); ++index) {
    const TileImage* tile = tiles[static_cast<size_t>(index)];
    if (tile != nullptr && tile->kernel >= 0) {
      const Kernel& kernel = image.graph.kernels[static_cast<size_t>(tile->kernel)];
      ++counts[static_cast<size_t>(kernel.op)];
      text += painted(fmt::format("{:^{}}", cell_text(kernel), width), style_of(kernel.op).color, colors);
    } else {
      const bool dead = !wafer.live[static_cast<size_t>(index)];
      const std::string cell = fmt::format("{:^{}}", dead ? "#" : tile != nullptr ? "." : " ", width);
      text += dead && colors ? fmt::format("\x1b[90m{}\x1b[0m", cell) : cell;
    }
    if (index % columns == columns - 1) {
      while (!colors && text.ends_with(' ')) text.pop_back();
      text += '\n';
    }
  }

  text += '\n';
  int entries = 0;
  for (int op = 0; op < kOperators; ++op) {
    const OperatorStyle& style = kOperatorStyles[op];
    const std::string entry = fmt::format("{} {}", style.label, counts[static_cast<size_t>(op)]);
    text += painted(fmt::format(" {} ", style.letter), style.color, colors);
    const bool last = ++entries % kLegendColumns == 0 || op == kOperators - 1;
    text += last ? fmt::format(" {}\n", entry) : fmt::format(" {:<28}", entry);
  }
  text += fmt::format(
      "a number is the layer; # dead, . only forwards; token in at {},{} {}, answer out at {},{} {}\n",
      image.inlet.tile.x, image.inlet.tile.y, direction_name(image.inlet.side), image.answer.tile.x,
      image.answer.tile.y, direction_name(image.answer.side));
  return text;
}

}  // namespace tessera
