// generate_tile_cycle <folder of the Verilated tile> <tile_cycle.h> <tile_cycle_direct.cpp>
//
// Writes how the tiled engine runs a tile through one cycle. The engine is the clock gate of each of the
// tile's blocks (rtl/clock_gate.sv): it knows which clocks tick before anything is evaluated, and no clock is
// derived from another. So Verilator's general loop, which looks for changed clocks until there are none,
// always comes to the same: the functions of eval_ico(), then those of eval_nba() whose clocks tick.
// tile_cycle() calls just these, in the same order, each under a mask of clocks instead of Verilator's
// triggers. It is compiled together with them, and all of them into it: between so many small functions,
// calls would cost a third of the time.
//
// When what Verilator wrote is not of exactly this form, as that of another version may be, tile_cycle() is
// tile_cycle_by_eval(), which does the same through eval() and is always there.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// Something that Verilator wrote in another way.
struct UnknownForm : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error(path.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

// The statements of a member of Vtile___024root, after its preamble.
std::string body(const std::string& code, const std::string& function) {
  const std::string head = "void Vtile___024root___" + function + "(Vtile___024root* vlSelf) {";
  const size_t begin = code.find(head);
  const size_t end = code.find("\n}\n", begin);
  if (begin == std::string::npos || end == std::string::npos) throw UnknownForm("no function " + function);
  const std::string text = code.substr(begin + head.size(), end - begin - head.size());
  const size_t statements = text.find("// Body");
  return statements == std::string::npos ? "" : text.substr(statements + 7);
}

struct Call {
  std::string function;
  std::string condition;
};

// The body as a list of `if (condition) { function(vlSelf); }`, and nothing else.
std::vector<Call> calls(const std::string& text) {
  static const std::regex kCall(R"(\s*if \(([^{}]*)\) \{\s*(\w+)\(vlSelf\);\s*\})");
  std::vector<Call> result;
  auto from = text.cbegin();
  for (std::smatch match;
       std::regex_search(from, text.cend(), match, kCall, std::regex_constants::match_continuous);
       from = match[0].second)
    result.push_back({match[2], std::regex_replace(match[1].str(), std::regex(R"([\s()])"), "")});
  const std::string rest(from, text.cend());
  if (rest.find_first_not_of(" \n") != std::string::npos)
    throw UnknownForm("a statement: " + rest.substr(0, 60));
  return result;
}

// Blocks with a clock of their own, in the order of their clocks in the model.
std::vector<std::string> blocks(const std::string& header) {
  static const std::regex kClock(R"(\stile__DOT__u_(\w+)_clock__DOT__clk;)");
  std::vector<std::string> result;
  for (const std::smatch& match : matches(header, kClock)) result.push_back(match[1]);
  if (result.empty() || result.size() > 32)
    throw std::runtime_error("the tile has " + std::to_string(result.size()) +
                             " block clocks: should be 1 to 32");
  return result;
}

// By trigger, the block whose clock pulls it.
std::map<unsigned, unsigned> triggers(const std::string& code, const std::vector<std::string>& names) {
  static const std::regex kTrigger(R"(__VactTriggered\.at\((\w+)U\)\s*=([^;]*);)");
  static const std::regex kClock(R"(tile__DOT__u_(\w+)_clock__DOT__clk)");
  std::map<unsigned, unsigned> result;
  const std::string text = body(code, "eval_triggers__act");
  for (const std::smatch& match : matches(text, kTrigger)) {
    const std::string expression = match[2];
    std::set<std::string> clocks;
    for (const std::smatch& clock : matches(expression, kClock)) clocks.insert(clock[1]);
    if (clocks.size() != 1) throw UnknownForm("a trigger of not one clock");
    const auto block = std::find(names.begin(), names.end(), *clocks.begin());
    result[static_cast<unsigned>(std::stoul(match[1], nullptr, 0))] =
        static_cast<unsigned>(block - names.begin());
  }
  return result;
}

// "vlSelf->__VnbaTriggered.at3U|vlSelf->__VnbaTriggered.at0xaU" as a mask of blocks.
uint32_t mask_of(const std::string& condition, const std::map<unsigned, unsigned>& block_of_trigger) {
  static const std::regex kTerms(R"(vlSelf->__VnbaTriggered\.at\w+U(\|vlSelf->__VnbaTriggered\.at\w+U)*)");
  static const std::regex kTerm(R"(at(\w+)U)");
  if (!std::regex_match(condition, kTerms)) throw UnknownForm("a condition: " + condition);
  uint32_t mask = 0;
  for (const std::smatch& match : matches(condition, kTerm))
    mask |= 1u << block_of_trigger.at(static_cast<unsigned>(std::stoul(match[1], nullptr, 0)));
  return mask;
}

std::string direct(const std::string& code, const std::vector<std::string>& names) {
  if (!calls(body(code, "eval_act")).empty()) throw UnknownForm("logic in the active region");
  const std::vector<Call> before = calls(body(code, "eval_ico"));
  const std::vector<Call> after = calls(body(code, "eval_nba"));
  const auto block_of_trigger = triggers(code, names);

  std::string text =
      "#include \"Vtile___024root.h\"\n\n"
      "__attribute__((flatten)) void tile_cycle_direct(Vtile___024root* root) {\n";
  for (const Call& call : before) {
    if (call.condition != "vlSelf->__VicoTriggered.at0U") throw UnknownForm("a condition: " + call.condition);
    text += "  " + call.function + "(root);\n";
  }
  text += "  uint32_t clocks = 0;\n";
  for (size_t i = 0; i < names.size(); ++i)
    text += "  clocks |= static_cast<uint32_t>(root->tile__DOT__" + names[i] + "_enable) << " +
            std::to_string(i) + ";\n";
  uint32_t open = 0;  // the mask of the if under way
  for (const Call& call : after) {
    const uint32_t mask = mask_of(call.condition, block_of_trigger);
    if (mask != open)
      text += (open != 0 ? "  }\n" : "") + ("  if (clocks & " + std::to_string(mask)) + "u) {\n";
    open = mask;
    text += "    " + call.function + "(root);\n";
  }
  return text + (open != 0 ? "  }\n" : "") + "}\n";
}

std::string by_eval(const std::vector<std::string>& names) {
  std::string set, clear;
  for (const std::string& name : names) {
    const std::string clock = "  root->tile__DOT__u_" + name + "_clock__DOT__clk = ";
    set += clock + "root->tile__DOT__" + name + "_enable;\n";
    clear += clock + "0;\n";
  }
  return "inline void tile_cycle_by_eval(Vtile& model) {\n  Vtile___024root* root = model.rootp;\n"
         "  model.eval();  // the enables follow the links\n" +
         set + "  model.eval();\n" + clear + "  model.eval();\n}\n";
}

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
    const std::filesystem::path folder = argv[1];
    const std::vector<std::string> names = blocks(read(folder / "Vtile___024root.h"));
    std::string code;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("Vtile___024root__DepSet") && name.ends_with(".cpp")) code += read(entry.path());
    }
    std::string definition;
    std::string choice =
        "void tile_cycle_direct(Vtile___024root* root);\n\ninline constexpr bool kTileCycleIsDirect = "
        "true;\n\n"
        "inline void tile_cycle(Vtile& model) { tile_cycle_direct(model.rootp); }\n";
    try {
      definition = direct(code, names);
    } catch (const UnknownForm& form) {
      std::cerr << "warning: Verilator's output is of another form than known (" << form.what()
                << "), so tiles are evaluated in a slower way\n";
      choice =
          "inline constexpr bool kTileCycleIsDirect = false;\n\n"
          "inline void tile_cycle(Vtile& model) { tile_cycle_by_eval(model); }\n";
    }
    write(argv[2], "#pragma once\n\n#include \"Vtile.h\"\n#include \"Vtile___024root.h\"\n\n" +
                       by_eval(names) + "\n" + choice);
    write(argv[3], definition);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
