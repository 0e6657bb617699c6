// generate_tile_cycle <folder of the Verilated tile> <profile> <tile_cycle.h> <tile_cycle_direct.cpp>
//
// Writes how the tiled engine runs a tile through one cycle. The engine is the clock gate of each of the
// tile's blocks (rtl/clock_gate.sv): it knows which clocks tick before anything is evaluated, and no clock is
// derived from another. So Verilator's general loop, which looks for changed clocks until there are none,
// always comes to the same: the functions of eval_ico(), then those of eval_nba() whose clocks tick.
//
// tile_cycle() does what these do out of reset, statement by statement, but only those that the clocks that
// tick can make a difference to (sim/tile_schedule.h). Few sets of clocks make up nearly all cycles: each of
// those in the profile gets a function of its own, straight through its statements; for all other sets there
// is one that looks at the clocks at every turn. They are compiled together with the model.
//
// When what Verilator wrote is not of exactly the form known here, as that of another version may be,
// tile_cycle() is tile_cycle_by_eval(), which does the same through eval() and is always there.
//
// With TESSERA_COUNT_CHANGES in the environment, the code counts what its profile should hold.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "sim/tile_cycle_writer.h"

namespace {

using namespace tessera::sim;

// The profile's lines: "clocks" and the blocks whose clocks tick together, or "busy" and members of the
// model;
// `#` begins a comment. A member that is not in the model any more does no harm.
TileProfile read_profile(const std::string& path, const std::vector<std::string>& blocks) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error(path + ": cannot be read");
  TileProfile profile;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const auto refuse = [&](const std::string& what) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + what);
    };
    std::istringstream words(line.substr(0, line.find('#')));
    std::string kind, word;
    if (!(words >> kind)) continue;
    if (kind == "busy") {
      while (words >> word) profile.busy.insert(word);
    } else if (kind == "clocks") {
      uint32_t clocks = 0;
      while (words >> word) {
        const auto block = std::find(blocks.begin(), blocks.end(), word);
        if (block == blocks.end()) refuse("no block of the tile with a clock of its own is " + word);
        clocks |= 1u << (block - blocks.begin());
      }
      if (std::find(profile.hot.begin(), profile.hot.end(), clocks) != profile.hot.end())
        refuse("the same clocks once more");
      profile.hot.push_back(clocks);
    } else {
      refuse("begins with " + kind + ", should be clocks or busy");
    }
  }
  if (profile.hot.size() > 255) throw std::runtime_error(path + ": has more than 255 sets of clocks");
  return profile;
}

// The enables as one mask. Verilator keeps each in a byte, and those of one declaration side by side: then
// two multiplications gather them, whose factor moves bit 0 of byte i to bit 56 + i.
std::string clocks(const std::vector<std::string>& names) {
  std::string list, mask, side_by_side;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string enable = "root." + enable_of(names[i]);
    list += (i == 0 ? "" : ", ") + ('"' + names[i] + '"');
    mask += (i == 0 ? "  return " : " |\n         ") + ("static_cast<uint32_t>(" + enable + ") << ") +
            std::to_string(i);
    side_by_side += " && &" + enable + " == first + " + std::to_string(i);
  }
  const std::string last = std::to_string(std::max<size_t>(8, names.size()) - 8);
  return "// The blocks that have a clock of their own, and which of them tick next.\n"
         "inline constexpr std::array<const char*, " +
         std::to_string(names.size()) + "> kTileClockNames = {" + list +
         "};\n"
         "inline uint32_t tile_clocks(const Vtile___024root& root) {\n"
         "  const CData* first = &root." +
         enable_of(names[0]) +
         ";\n"
         "  const auto gather = [](const CData* eight) {\n"
         "    uint64_t bytes;\n    std::memcpy(&bytes, eight, 8);\n"
         "    return static_cast<uint32_t>(bytes * 0x0102040810204080 >> 56);\n  };\n"
         "  if (kTileClockNames.size() >= 8 && std::endian::native == std::endian::little" +
         side_by_side + ")\n    return gather(first) | gather(first + " + last + ") << " + last + ";\n" +
         mask + ";\n}\n\n";
}

std::string by_eval(const std::vector<std::string>& names) {
  std::string set, clear;
  for (const std::string& name : names) {
    const std::string clock = "  root->tile__DOT__u_" + name + "_clock__DOT__clk = ";
    set += clock + "root->" + enable_of(name) + ";\n";
    clear += clock + "0;\n";
  }
  return "// A cycle; gives the clocks that ticked.\n"
         "inline uint32_t tile_cycle_by_eval(Vtile& model) {\n  Vtile___024root* root = model.rootp;\n"
         "  model.eval();  // the enables follow the links\n  const uint32_t clocks = tile_clocks(*root);\n" +
         set + "  model.eval();\n" + clear + "  model.eval();\n  return clocks;\n}\n";
}

void write(const char* path, const std::string& text) {
  std::ofstream out(path);
  out << "// Generated from the Verilated tile by sim/generate_tile_cycle.cpp.\n" << text;
  if (!out.flush()) throw std::runtime_error(std::string(path) + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: generate_tile_cycle <folder of the Verilated tile> <profile> <tile_cycle.h> "
                 "<tile_cycle_direct.cpp>\n";
    return 2;
  }
  try {
    const VerilatedCode code(argv[1], "Vtile");
    const std::vector<std::string> names = block_names(code);
    const TileProfile profile = read_profile(argv[2], names);
    std::string definition;
    std::string choice =
        "uint32_t tile_cycle_direct(Vtile___024root* root);\n\ninline constexpr bool kTileCycleIsDirect = "
        "true;\n\n"
        "inline uint32_t tile_cycle(Vtile& model) { return tile_cycle_direct(model.rootp); }\n";
    try {
      definition = write_tile_cycle(code, profile, std::getenv("TESSERA_COUNT_CHANGES") != nullptr);
    } catch (const UnknownForm& form) {
      std::cerr << "warning: Verilator's output is of another form than known (" << form.what()
                << "), so tiles are evaluated in a slower way\n";
      choice =
          "inline constexpr bool kTileCycleIsDirect = false;\n\n"
          "inline uint32_t tile_cycle(Vtile& model) { return tile_cycle_by_eval(model); }\n";
    }
    write(argv[3],
          "#pragma once\n\n#include <array>\n#include <bit>\n#include <cstring>\n\n#include "
          "\"Vtile.h\"\n#include \"Vtile___024root.h\"\n\n" +
              clocks(names) + by_eval(names) + "\n" + choice);
    write(argv[4], definition);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
