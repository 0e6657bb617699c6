// generate_tile_cycle <folder of the Verilated tile> <tile_cycle.h> <tile_cycle_direct.cpp>
//
// Writes how the tiled engine runs a tile through one cycle. The engine is the clock gate of each of the
// tile's blocks (rtl/clock_gate.sv): it knows which clocks tick before anything is evaluated, and no clock is
// derived from another. So Verilator's general loop, which looks for changed clocks until there are none,
// always comes to the same: the functions of eval_ico(), then those of eval_nba() whose clocks tick.
//
// tile_cycle() does what these do out of reset, statement by statement, but only those that the clocks that
// tick can make a difference to (sim/tile_schedule.h); tile_cycles() does it for many tiles, stage by stage.
// They are compiled together with the model.
//
// When what Verilator wrote is not of exactly the form known here, as that of another version may be,
// tile_cycle() is tile_cycle_by_eval(), which does the same through eval() and is always there.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "sim/tile_cycle_writer.h"

namespace {

using namespace tessera::sim;

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

// What the engine calls: a tile through a cycle, or many, whose clocks come into an array.
constexpr const char* kDirect =
    "inline constexpr bool kTileCycleIsDirect = true;\n\n"
    "uint32_t tile_cycle_direct(Vtile& tile);\n"
    "void tile_cycles_direct(Vtile* const* tiles, size_t count, uint32_t* clocks);\n\n"
    "inline uint32_t tile_cycle(Vtile& tile) { return tile_cycle_direct(tile); }\n"
    "inline void tile_cycles(Vtile* const* tiles, size_t count, uint32_t* clocks) {\n"
    "  tile_cycles_direct(tiles, count, clocks);\n}\n";
constexpr const char* kByEval =
    "inline constexpr bool kTileCycleIsDirect = false;\n\n"
    "inline uint32_t tile_cycle(Vtile& tile) { return tile_cycle_by_eval(tile); }\n"
    "inline void tile_cycles(Vtile* const* tiles, size_t count, uint32_t* clocks) {\n"
    "  for (size_t i = 0; i < count; ++i) clocks[i] = tile_cycle_by_eval(*tiles[i]);\n}\n";

void write(const char* path, const std::string& text) {
  std::ofstream out(path);
  out << "// Generated from the Verilated tile by sim/generate_tile_cycle.cpp.\n" << text;
  if (!out.flush()) throw std::runtime_error(std::string(path) + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: generate_tile_cycle <folder of the Verilated tile> <tile_cycle.h> "
                 "<tile_cycle_direct.cpp>\n";
    return 2;
  }
  try {
    const VerilatedCode code(argv[1], "Vtile");
    const std::vector<std::string> names = block_names(code);
    std::string definition;
    std::string choice = kDirect;
    try {
      definition = write_tile_cycle(code);
    } catch (const UnknownForm& form) {
      std::cerr << "warning: Verilator's output is of another form than known (" << form.what()
                << "), so tiles are evaluated in a slower way\n";
      choice = kByEval;
    }
    write(argv[2],
          "#pragma once\n\n#include <array>\n#include <bit>\n#include <cstring>\n\n#include "
          "\"Vtile.h\"\n#include \"Vtile___024root.h\"\n\n" +
              clocks(names) + by_eval(names) + "\n" + choice);
    write(argv[3], definition);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
