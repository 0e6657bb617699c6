// Which signals of a tile are worth a line in a waveform viewer, grouped as one looks for them.
#pragma once

#include <string>
#include <vector>

namespace tessera {

// How a signal's values are called, beyond their numbers.
enum class ValueNames { kNone, kColor, kPort, kErrorKind, kMapOperation, kInstruction, kState };

enum class Radix { kHex, kDecimal };

struct View {
  std::string label;
  std::string path;         // in the module tile: "u_core.state_q"
  int high = -1, low = -1;  // these bits; -1: all
  Radix radix = Radix::kHex;
  ValueNames names = ValueNames::kNone;
};

struct ViewGroup {
  std::string name;
  bool open = false;  // its lines are shown at once
  std::vector<View> views;
};

std::vector<ViewGroup> tile_views();

}  // namespace tessera
