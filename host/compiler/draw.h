// Pictures of a placed program.
#pragma once

#include <string>
#include <vector>

#include "host/compiler/image.h"

namespace tessera {

// The wafer as text, one cell a tile: a letter for the operator and the number of its layer, with a legend.
// Dead tiles are crosses, tiles that only forward are dots. `colors`: with the escape codes of a terminal.
std::string draw_text(const Image& image, bool colors);

// The wafer as SVG: tiles colored by operator, streams as lines (of the color of who sends), links warmer the
// more words a token takes over them, dead tiles and links crossed out, with a legend. Tiles say more when
// pointed at.
std::string draw_svg(const Image& image);

// Words that one token moves over each directed link, headers included, without logits for the host; links as
// (tile of the wafer) * kDirections + Direction, out of the tile.
std::vector<int> link_words(const Image& image);

}  // namespace tessera
