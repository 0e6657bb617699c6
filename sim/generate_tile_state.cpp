// generate_tile_state <folder of the Verilated tile> <tile_state_table.cpp> <SystemVerilog sources...>
//
// Writes the table of sim/tile_state.h: every member of the Verilated tile in which a value lives from one
// cycle to the next, and two hashes: of the tile's sources, and of these together with the members.
//
// A member of a kind that is not known here fails the build, because a snapshot that silently leaves one out
// would restore another tile.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Member {
  std::string type;  // as it is written: "VlUnpacked<IData/*23:0*/, 16>", "VL_OUT8(4,0)"
  std::string name;
  unsigned element_bytes;  // of an array; of any other member all of it
  unsigned element_bits;   // of these bytes, from the lowest, those that may be set
};

unsigned number(const std::string& digits) { return static_cast<unsigned>(std::stoul(digits)); }

// The lines of the class that declare its data.
std::vector<std::string> declarations(const std::string& header) {
  const size_t begin = header.find("// DESIGN SPECIFIC STATE\n");
  const size_t end = header.find("// CONSTRUCTORS\n");
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    throw std::runtime_error("the Verilated tile has no list of members of the known form");
  std::istringstream text(header.substr(begin, end - begin));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    line.erase(0, line.find_first_not_of(' '));
    if (line.empty() || line.starts_with("//") || line == "struct {" || line == "};") continue;
    lines.push_back(line);
  }
  return lines;
}

std::optional<Member> parse_port(const std::string& line) {
  static const std::regex kPort(R"((VL_(?:IN|OUT|INOUT)(8|16|64|W|))\((\w+),(\d+),(\d+)(?:,(\d+))?\);)");
  std::smatch match;
  if (!std::regex_match(line, match, kPort)) return std::nullopt;
  const unsigned bits = number(match[4]) - number(match[5]) + 1;
  const std::string size = match[2];
  const unsigned bytes = size == "W" ? 4 * number(match[6]) : size.empty() ? 4 : number(size) / 8;
  return Member{match[1].str() + "(" + match[4].str() + "," + match[5].str() + ")", match[3], bytes, bits};
}

// Values, and arrays of them (of arrays); a comment in the type gives the bits.
std::optional<Member> parse_variable(const std::string& line) {
  static const std::regex kVariable(
      R"(((?:VlUnpacked<)*(?:([CSIQ])Data|VlWide<(\d+)>)/\*(\d+):(\d+)\*/(?:, \d+>)*) (\w+);)");
  std::smatch match;
  if (!std::regex_match(line, match, kVariable)) return std::nullopt;
  const unsigned bytes =
      match[3].matched ? 4 * number(match[3]) : 1u << std::string("CSIQ").find(match[2].str());
  return Member{match[1], match[6], bytes, number(match[4]) - number(match[5]) + 1};
}

// Why a member does not belong to the state; "" when it does.
std::string exclusion(const std::string& line, const std::string& name) {
  struct Rule {
    const char* line;
    const char* name;
    const char* why;
  };
  static const std::vector<Rule> kRules = {
      {R"(VL_IN\w*\(.*)", R"(\w+)", "input: the engine drives it in every cycle, or it is a strap"},
      {R"(CData.*)", R"(\w+_clock__DOT__clk)", "clock of a block: low between cycles"},
      {R"(QData/\*63:0\*/.*)", R"(\w+__DOT__u_memory__DOT__memory)", "where the host keeps a memory"},
      {R"(.*)", R"(__Vtrig(r|)prev\w*)", "eval()'s last look at a clock: the same between cycles"},
      {R"(.*)", R"(__V(stl|ico|act|nba)\w*)", "eval()'s loop: begins anew in every call"},
      {R"(.*)", R"(__Vdly\w*)", "an assignment under way: nothing between cycles"},
      {R"(Vtile__Syms\* const vlSymsp;)", R"()", "pointer"},
      {R"(const char\* vlNamep.*)", R"()", "pointer"},
  };
  for (const Rule& rule : kRules) {
    if (std::regex_match(line, std::regex(rule.line)) && std::regex_match(name, std::regex(rule.name)))
      return rule.why;
  }
  return {};
}

struct Listing {
  std::vector<Member> state;
  std::vector<Member> clocks;         // of the blocks
  std::vector<std::string> excluded;  // "name: why"
};

Listing list_members(const std::string& header) {
  static const std::regex kTriggers(R"(VlTriggerVec<\d+> (\w+);)");
  Listing listing;
  size_t memories = 0;
  for (const std::string& line : declarations(header)) {
    std::optional<Member> member = parse_port(line);
    if (!member) member = parse_variable(line);
    std::smatch triggers;
    const bool is_triggers = std::regex_match(line, triggers, kTriggers);
    const std::string name = member ? member->name : is_triggers ? triggers[1].str() : std::string();
    if (const std::string why = exclusion(line, name); !why.empty()) {
      listing.excluded.push_back((name.empty() ? line : name) + ": " + why);
      memories += name.ends_with("__DOT__u_memory__DOT__memory");
      if (member && name.ends_with("_clock__DOT__clk") && !name.starts_with("__V"))
        listing.clocks.push_back(*member);
      continue;
    }
    if (!member)
      throw std::runtime_error("a member of the Verilated tile is of an unknown kind, state or not: " + line);
    listing.state.push_back(*member);
  }
  if (listing.clocks.empty()) throw std::runtime_error("the Verilated tile has no clocks of blocks");
  if (memories != 2)
    throw std::runtime_error("the Verilated tile has " + std::to_string(memories) +
                             " memories in C++, should be 2: SRAM and instruction memory");
  return listing;
}

class Fnv1a {
 public:
  void add(const std::string& text) {
    for (const char byte : text) hash_ = (hash_ ^ static_cast<uint8_t>(byte)) * 1099511628211u;
    hash_ = (hash_ ^ 0xff) * 1099511628211u;  // no byte of UTF-8: where a text ends counts, too
  }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 14695981039346656037u;
};

void write_members(std::ostream& out, const std::vector<Member>& members) {
  for (const Member& member : members)
    out << "    MEMBER(" << member.name << ", " << member.element_bytes << ", " << member.element_bits
        << "),  // " << member.type << "\n";
}

std::string table(const Listing& listing, uint64_t source_hash, uint64_t identity) {
  std::ostringstream text;
  text << R"(// Generated from the Verilated tile by sim/generate_tile_state.cpp.
#include "Vtile___024root.h"
#include "sim/tile_state.h"

// Every compiler that is known here knows the offsets of such a class, though the language does not ask it to.
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace tessera::sim {
namespace {

#define MEMBER(name, element_bytes, element_bits) \
  {#name, offsetof(Vtile___024root, name), sizeof(Vtile___024root::name), element_bytes, element_bits}
constexpr TileStateMember kMembers[] = {
)";
  write_members(text, listing.state);
  text << "};\n\nconstexpr TileStateMember kClocks[] = {\n";
  write_members(text, listing.clocks);
  text << "};\n\n// Not state:\n";
  for (const std::string& line : listing.excluded) text << "//   " << line << "\n";
  text << R"(
}  // namespace

std::span<const TileStateMember> tile_state_members() { return kMembers; }

std::span<const TileStateMember> tile_clocks() { return kClocks; }

uint64_t tile_source_hash() { return 0x)"
       << std::hex << source_hash << R"(u; }

uint64_t tile_identity() { return 0x)"
       << identity << "u; }\n\n}  // namespace tessera::sim\n";
  return text.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: generate_tile_state <folder of the Verilated tile> <tile_state_table.cpp> "
                 "<SystemVerilog sources...>\n";
    return 2;
  }
  try {
    const Listing listing = list_members(read(std::filesystem::path(argv[1]) / "Vtile___024root.h"));
    Fnv1a identity;
    for (const Member& member : listing.state) {
      identity.add(member.type);
      identity.add(member.name);
    }
    Fnv1a source_hash;
    for (int i = 3; i < argc; ++i) {
      const std::string source = read(argv[i]);
      source_hash.add(source);
      identity.add(source);
    }
    std::ofstream out(argv[2]);
    out << table(listing, source_hash.hash(), identity.hash());
    if (!out.flush()) throw std::runtime_error(std::string(argv[2]) + ": cannot be written");
  } catch (const std::exception& error) {
    std::cerr << "generate_tile_state: " << error.what() << "\n";
    return 2;
  }
}
