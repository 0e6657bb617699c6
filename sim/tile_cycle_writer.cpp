#include "sim/tile_cycle_writer.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "sim/tile_parts.h"
#include "sim/tile_schedule.h"

namespace tessera::sim {
namespace {

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

std::string without_spaces(const std::string& text) {
  return std::regex_replace(text, std::regex(R"([\s()])"), "");
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

struct Call {
  std::string function;
  std::string condition;
};

// The body as a list of `if (condition) { function(vlSelf); }`, and nothing else.
std::vector<Call> calls(const std::string& body) {
  static const std::regex kCall(R"(\s*Vtile___024root___(\w+)\(vlSelf\);\s*)");
  std::vector<Call> result;
  for (const std::string& text : split(body)) {
    Branch branch;
    std::smatch call;
    if (!parse_branch(text, branch) || !branch.otherwise.empty() ||
        !std::regex_match(branch.then, call, kCall))
      throw UnknownForm("a statement: " + text.substr(0, 60));
    result.push_back({call[1], without_spaces(branch.condition)});
  }
  return result;
}

// By trigger, the block whose clock pulls it.
std::map<unsigned, unsigned> triggers(const VerilatedCode& code, const std::vector<std::string>& names) {
  static const std::regex kTrigger(R"(__VactTriggered\.at\((\w+)U\)\s*=([^;]*);)");
  static const std::regex kClock(R"(tile__DOT__u_(\w+)_clock__DOT__clk)");
  std::map<unsigned, unsigned> result;
  const std::string text = code.body("eval_triggers__act");
  for (const std::smatch& match : matches(text, kTrigger)) {
    const std::string expression = match[2];
    Names clocks;
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

// The statement of a register out of reset: what stands in the branch for it.
std::vector<std::string> out_of_reset(const std::string& text) {
  Branch branch;
  if (parse_branch(text, branch) && without_spaces(branch.condition) == "vlSelf->rst_ni")
    return split(branch.then);
  return {text};
}

class Writer {
 public:
  explicit Writer(const VerilatedCode& code) : code_(code), names_(block_names(code)) {}

  std::string write() {
    if (!calls(code_.body("eval_act")).empty()) throw UnknownForm("logic in the active region");
    Names follow_inputs;
    const std::string inputs = input_logic(follow_inputs);
    Names observed = code_.outputs();
    for (const Function& function : functions_)
      for (const Statement& statement : function.statements) merge(observed, statement.reads);
    for (const std::string& name : names_) observed.insert(enable_of(name));
    for (const std::string& name : follow_inputs) observed.erase(name);
    parts_ = parts_of(schedule(statements(follow_inputs), code_.combinational(), observed));
    merge(observed, follow_inputs);
    private_ = private_members(parts_, code_, observed);
    std::string parts;
    for (Part& part : parts_) {
      drop_shadows(part, private_);
      parts += definition(part);
    }
    const std::string stages = make_stages();
    return "#include \"tile_cycle.h\"\n\n#include \"Vtile__Syms.h\"\n\n"
           "#ifndef TILE_CYCLE_PART  // a profile wants them apart\n"
           "#define TILE_CYCLE_PART inline __attribute__((always_inline))\n#endif\n\nnamespace {\n\n"
           // VL_EXTENDS_* have a form that the compiler does not know as an instruction.
           "template <int kBits>\nconstexpr IData extended(IData value) {\n"
           "  return static_cast<IData>(static_cast<int32_t>(value << (32 - kBits)) >> (32 - kBits));\n}\n"
           "template <int kBits>\nconstexpr QData extended_wide(QData value) {\n"
           "  return static_cast<QData>(static_cast<int64_t>(value << (64 - kBits)) >> (64 - kBits));\n}\n"
           "#define TILE_CYCLE_EXTENDS_II(out, bits, value) extended<bits>(value)\n"
           "#define TILE_CYCLE_EXTENDS_QI(out, bits, value) extended_wide<bits>(value)\n"
           "#define TILE_CYCLE_EXTENDS_QQ(out, bits, value) extended_wide<bits>(value)\n\n" +
           begin_function(inputs + clocks_of(follow_inputs)) + parts + stages + "}  // namespace\n\n" +
           one_tile() + many_tiles();
  }

 private:
  // What follows the inputs, to be run at the beginning of a cycle; and what it drives.
  std::string input_logic(Names& drives) {
    std::string text;
    for (const Call& call : calls(code_.body("eval_ico"))) {
      if (call.condition != "vlSelf->__VicoTriggered.at0U")
        throw UnknownForm("a condition: " + call.condition);
      functions_.push_back(code_.function(call.function));
      std::vector<Placed> placed;
      for (const Statement& statement : functions_.back().statements) {
        placed.push_back({statement, functions_.size() - 1, 0});
        merge(drives, statement.writes);
      }
      text += block(placed);
    }
    return text;
  }

  // Looks again at those of the clocks that the inputs reach.
  std::string clocks_of(const Names& follow_inputs) const {
    std::string text;
    for (size_t i = 0; i < names_.size(); ++i) {
      const std::string enable = enable_of(names_[i]);
      if (!follow_inputs.contains(enable)) continue;
      const std::string place = std::to_string(i);
      text += "  clocks = (clocks & ~(1u << " + place + ")) | uint32_t{vlSelf->" + enable + "} << " + place +
              ";\n";
    }
    return text;
  }

  // All of eval_nba(), out of reset, but for what follows the inputs: that is settled at the beginning of
  // each cycle.
  std::vector<Placed> statements(const Names& follow_inputs) {
    const auto block_of_trigger = triggers(code_, names_);
    std::vector<Placed> result;
    for (const Call& call : calls(code_.body("eval_nba"))) {
      const uint32_t clocks = mask_of(call.condition, block_of_trigger);
      functions_.push_back(code_.function(call.function));
      const Function& function = functions_.back();
      for (const Statement& whole : function.statements) {
        for (const std::string& text : out_of_reset(whole.text)) {
          const Statement statement = parse_statement(text, function.locals);
          size_t settled = 0;
          for (const std::string& name : statement.writes) settled += follow_inputs.contains(name) ? 1 : 0;
          if (settled != 0 && settled != statement.writes.size())
            throw UnknownForm("a statement that the inputs reach in part: " + text.substr(0, 60));
          if (settled == 0) result.push_back({statement, functions_.size() - 1, clocks});
        }
      }
    }
    return result;
  }

  // ---------------------------------------------------------------- text

  // The statements with the local variables that they need.
  std::string block(const std::vector<Placed>& statements) const {
    std::string declarations, text;
    std::set<std::pair<size_t, std::string>> declared;
    for (const Placed& placed : statements) {
      for (const std::string& local : placed.statement.locals)
        if (declared.insert({placed.function, local}).second)
          declarations += "    " + functions_[placed.function].locals.at(local) + "\n";
      text += "    " + placed.statement.text + "\n";
    }
    return "  {\n" + declarations + text + "  }\n";
  }

  // The text with private members as local variables.
  std::string with_private(const std::string& text) const {
    static const std::string kSelf = "vlSelf->";
    std::string declarations, result;
    Names declared;
    for (size_t at = 0;;) {
      const size_t found = text.find(kSelf, at);
      result += text.substr(at, found - at);
      if (found == std::string::npos) break;
      at = found + kSelf.size();
      size_t end = at;
      while (end < text.size() && is_word(text[end])) ++end;
      const std::string name = text.substr(at, end - at);
      if (const auto own = private_.find(name); own == private_.end()) {
        result += kSelf;
      } else if (declared.insert(name).second) {
        declarations += "  " + own->second + " " + name + " = 0;\n";
      }
    }
    return declarations + result;
  }

  std::string definition(const Part& part) const {
    std::string text = with_private(block(part.statements));
    for (const std::string kind : {"II", "QI", "QQ"})
      text = with_word(text, "VL_EXTENDS_" + kind, "TILE_CYCLE_EXTENDS_" + kind);
    return "TILE_CYCLE_PART void " + part.name + "(Vtile___024root* __restrict vlSelf) {  // " +
           names_of(part.clocks) +
           "\n  Vtile__Syms* const __restrict vlSymsp VL_ATTR_UNUSED = vlSelf->vlSymsp;\n" + text + "}\n\n";
  }

  std::string names_of(uint32_t clocks) const {
    std::string text;
    for (size_t i = 0; i < names_.size(); ++i)
      if (clocks >> i & 1) text += (text.empty() ? "" : " ") + names_[i];
    return text;
  }

  // What a cycle begins with; gives the clocks that tick in it.
  std::string begin_function(const std::string& inputs) const {
    return "TILE_CYCLE_PART uint32_t begin(Vtile___024root* __restrict vlSelf) {\n"
           "  uint32_t clocks = tile_clocks(*vlSelf);\n" +
           inputs + "  return clocks;\n}\n\n";
  }

  // All parts, each under its clocks, in stages of about the same size.
  std::string make_stages() {
    constexpr size_t kStages = 5;
    size_t all = 0, done = 0;
    for (const Part& part : parts_) all += part.cost;
    std::string text;
    for (auto part = parts_.begin(); part != parts_.end();) {
      stages_.push_back({.name = "stage_" + std::to_string(stages_.size() + 1)});
      Stage& stage = stages_.back();
      std::string body;
      for (; part != parts_.end() && done * kStages < all * stages_.size(); done += part++->cost) {
        body += "  if ((clocks & " + std::to_string(part->clocks) + "u) != 0) " + part->name + "(vlSelf);\n";
        stage.clocks |= part->clocks;
      }
      text += "TILE_CYCLE_PART void " + stage.name +
              "(Vtile___024root* __restrict vlSelf, uint32_t clocks) {\n" + body + "}\n\n";
    }
    return text;
  }

  std::string one_tile() const {
    std::string text =
        "uint32_t tile_cycle_direct(Vtile& tile) {\n  const uint32_t clocks = begin(tile.rootp);\n";
    for (const Stage& stage : stages_) text += "  " + stage.name + "(tile.rootp, clocks);\n";
    return text + "  return clocks;\n}\n\n";
  }

  // Each stage for all tiles before the next: so its code stays at hand, and what one tile waits for the next
  // does not.
  std::string many_tiles() const {
    const std::string loop = "  for (size_t i = 0; i < count; ++i)";
    std::string text = "void tile_cycles_direct(Vtile* const* tiles, size_t count, uint32_t* clocks) {\n" +
                       loop + " clocks[i] = begin(tiles[i]->rootp);\n";
    for (const Stage& stage : stages_)
      text += loop + "\n    if ((clocks[i] & " + std::to_string(stage.clocks) + "u) != 0) " + stage.name +
              "(tiles[i]->rootp, clocks[i]);\n";
    return text + "}\n";
  }

  struct Stage {
    std::string name;
    uint32_t clocks = 0;
  };

  const VerilatedCode& code_;
  const std::vector<std::string> names_;
  std::vector<Function> functions_;
  std::vector<Part> parts_;                     // in their order
  std::map<std::string, std::string> private_;  // their types
  std::vector<Stage> stages_;
};

}  // namespace

std::vector<std::string> block_names(const VerilatedCode& code) {
  static const std::regex kClock(R"(\stile__DOT__u_(\w+)_clock__DOT__clk;)");
  std::vector<std::string> result;
  for (const std::smatch& match : matches(code.header(), kClock)) result.push_back(match[1]);
  if (result.empty() || result.size() > 16)
    throw std::runtime_error("the tile has " + std::to_string(result.size()) +
                             " block clocks: should be 1 to 16");
  return result;
}

std::string enable_of(const std::string& block) { return "tile__DOT__" + block + "_enable"; }

std::string write_tile_cycle(const VerilatedCode& code) { return Writer(code).write(); }

}  // namespace tessera::sim
