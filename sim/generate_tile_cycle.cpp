// generate_tile_cycle <folder of the Verilated tile> <tile_cycle.h> <tile_cycle_direct.cpp>
//
// Writes how the tiled engine runs a tile through one cycle. The engine is the clock gate of each of the
// tile's blocks (rtl/clock_gate.sv): it knows which clocks tick before anything is evaluated, and no clock is
// derived from another. So Verilator's general loop, which looks for changed clocks until there are none,
// always comes to the same: the functions of eval_ico(), then those of eval_nba() whose clocks tick.
//
// tile_cycle() does what these do, statement by statement, but no more than can make a difference in this
// cycle (sim/tile_schedule.h): out of reset; registers whose guards are open; logic that reads something that
// changed. It is compiled together with the model.
//
// When what Verilator wrote is not of exactly the form known here, as that of another version may be,
// tile_cycle() is tile_cycle_by_eval(), which does the same through eval() and is always there.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <regex>

#include "sim/tile_schedule.h"
#include "sim/verilated_code.h"

namespace {

using namespace tessera::sim;

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

std::string without_spaces(const std::string& text) {
  return std::regex_replace(text, std::regex(R"([\s()])"), "");
}

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

std::string enable(const std::string& block) { return "tile__DOT__" + block + "_enable"; }

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
  Writer(const VerilatedCode& code, const std::vector<std::string>& names) : code_(code), names_(names) {}

  // The definition of tile_cycle_direct().
  std::string write() {
    if (!calls(code_.body("eval_act")).empty()) throw UnknownForm("logic in the active region");
    std::string inputs;
    Names follow_inputs;
    for (const Call& call : calls(code_.body("eval_ico"))) {
      if (call.condition != "vlSelf->__VicoTriggered.at0U")
        throw UnknownForm("a condition: " + call.condition);
      functions_.push_back(code_.function(call.function));
      std::vector<Placed> statements;
      for (const Statement& statement : functions_.back().statements) {
        statements.push_back({statement, functions_.size() - 1, 0});
        follow_inputs.insert(statement.writes.begin(), statement.writes.end());
      }
      inputs += block(statements);
    }

    Names observed = code_.outputs();
    for (const Function& function : functions_)
      for (const Statement& statement : function.statements)
        observed.insert(statement.reads.begin(), statement.reads.end());
    for (const std::string& name : names_) observed.insert(enable(name));
    for (const std::string& name : follow_inputs) observed.erase(name);
    const Schedule order = schedule(edge_statements(follow_inputs), code_.combinational(), observed);

    aliases_ = order.aliases;
    for (size_t i = 0; i < order.nodes.size(); ++i)
      for (const std::string& name : order.nodes[i].triggers) readers_[name] |= uint64_t{1} << i;
    observed.merge(Names(follow_inputs));
    find_private(order, observed);
    std::string text =
        "  // what follows the inputs\n" + inputs + "\n  uint64_t changed = 0;\n" + edge(order.edge);
    constexpr size_t kTogether = 8;  // nodes, looked at one by one only when one of them has to run
    for (size_t i = 0; i < order.nodes.size(); ++i) {
      if (i % kTogether == 0) text += "  if ((changed >> " + std::to_string(i) + " & 255) != 0) {\n";
      text += "  if ((changed >> " + std::to_string(i) + " & 1) != 0) changed = node_" + std::to_string(i) +
              "(vlSelf, changed);\n";
      parts_ += node(order.nodes[i], i);
      if (i % kTogether == kTogether - 1 || i + 1 == order.nodes.size()) text += "  }\n";
    }
    std::vector<Placed> last;
    for (const Cluster& cluster : order.last)
      last.insert(last.end(), cluster.statements.begin(), cluster.statements.end());
    text += part(block(last));
    return "#include \"Vtile___024root.h\"\n#include \"Vtile__Syms.h\"\n\n"
           "#ifndef TILE_CYCLE_PART  // a profile wants them apart\n"
           "#define TILE_CYCLE_PART static inline __attribute__((always_inline))\n#endif\n\n" +
           parts_ + "void tile_cycle_direct(Vtile___024root* __restrict vlSelf) {\n" + text + "}\n";
  }

 private:
  // All of eval_nba(), out of reset, but for what follows the inputs: that is settled at the beginning of
  // each cycle.
  std::vector<Placed> edge_statements(const Names& follow_inputs) {
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

  // Logic that nothing but one part of the cycle knows need not be kept in the model.
  void find_private(const Schedule& order, const Names& observed) {
    std::map<std::string, std::set<size_t>> parts;
    const auto use = [&](const Cluster& cluster, size_t part) {
      for (const Names* names : {&cluster.reads, &cluster.writes})
        for (const std::string& name : *names) parts[name].insert(part);
    };
    size_t part = 0;
    for (size_t i = 0; i < order.edge.size(); ++i) {
      if (i > 0 && order.edge[i].clocks != order.edge[i - 1].clocks) ++part;
      use(order.edge[i], part);
    }
    for (const Node& node : order.nodes) {
      ++part;
      for (const Cluster& cluster : node.clusters) use(cluster, part);
    }
    for (const Cluster& cluster : order.last) use(cluster, part + 1);
    for (const std::string& name : code_.combinational()) {
      const std::string type = code_.scalar_type(name);
      if (parts[name].size() == 1 && !observed.contains(name) && !type.empty() && type != "auto")
        private_[name] = type;
    }
  }

  // The text of a part, with its private members as local variables.
  std::string part(const std::string& text) const {
    std::string declarations, result;
    Names declared;
    static const std::string kSelf = "vlSelf->";
    for (size_t at = 0;;) {
      const size_t found = text.find(kSelf, at);
      result += text.substr(at, found - at);
      if (found == std::string::npos) break;
      at = found + kSelf.size();
      size_t end = at;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
        ++end;
      const std::string name = text.substr(at, end - at);
      if (const auto own = private_.find(name); own == private_.end()) {
        result += kSelf;
      } else if (declared.insert(name).second) {
        declarations += "  " + own->second + " " + name + " = 0;\n";
      }
    }
    return declarations + result;
  }

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

  // The nodes that read this.
  uint64_t readers_of(const std::string& name) const {
    const auto alias = aliases_.find(name);
    const auto found = readers_.find(alias == aliases_.end() ? name : alias->second.name);
    return found == readers_.end() ? 0 : found->second;
  }

  // "changed |= mask;" for all who read one of these.
  std::string change(const Names& writes) const {
    uint64_t mask = 0;
    for (const std::string& name : writes) mask |= readers_of(name);
    return mask == 0 ? "" : "changed |= " + std::to_string(mask) + "ull;\n";
  }

  // A statement of registers; what it changes, it marks only where it does.
  std::string marked(const std::string& text) const {
    Branch branch;
    if (!parse_branch(text, branch)) return text + "\n" + change(members_written(text));
    std::string result =
        "if (" + branch.condition + ") {\n" + change(members_written(branch.then)) + branch.then + "}\n";
    if (branch.otherwise.empty()) return result;
    result += "else {\n";
    for (const std::string& other : split(branch.otherwise)) result += marked(other);
    return result + "}\n";
  }

  // What happens at the edge, by clock. A body that keeps its new values in shadows until its end is left out
  // as a whole while its guard is closed.
  std::string edge(const std::vector<Cluster>& clusters) {
    std::string text;
    uint32_t open = 0;
    std::string body;
    const auto close = [&] {
      if (open == 0) return;
      const std::string name = "edge_" + std::to_string(edge_parts_++);
      parts_ += "TILE_CYCLE_PART uint64_t " + name +
                "(Vtile___024root* __restrict vlSelf, uint64_t changed) {\n"
                "  Vtile__Syms* const __restrict vlSymsp VL_ATTR_UNUSED = vlSelf->vlSymsp;\n" +
                part(body) + "  return changed;\n}\n\n";
      text += "  if (" + ticks(open) + ") changed = " + name + "(vlSelf, changed);\n";
      body.clear();
    };
    for (const Cluster& cluster : clusters) {
      if (cluster.clocks != open) {
        close();
        open = cluster.clocks;
      }
      body += guarded(cluster);
    }
    close();
    return text;
  }

  std::string guarded(const Cluster& cluster) const {
    std::vector<Placed> statements = cluster.statements;
    if (statements.size() > 1) {
      Branch guard;
      size_t guards = 0, at = 0;
      bool shadows = true;
      for (size_t i = 0; i < statements.size(); ++i) {
        if (is_of_shadow(statements[i].statement.text)) continue;
        Branch branch;
        if (parse_branch(statements[i].statement.text, branch) && branch.otherwise.empty()) {
          guard = branch;
          at = i;
          ++guards;
        } else {
          shadows = false;
        }
      }
      if (guards == 1 && shadows) {
        statements[at].statement.text = "{" + guard.then + "}";
        return "  if (" + guard.condition + ") {\n" + change(cluster.writes) + block(statements) + "  }\n";
      }
      return block(statements) + change(cluster.writes);
    }
    statements[0].statement.text = marked(statements[0].statement.text);
    return block(statements);
  }

  // `shadow = ...;` before a body, `register = shadow;` or `if (shadow set) { ... }` after it.
  static bool is_of_shadow(const std::string& text) {
    static const std::regex kBefore(R"(\s*(vlSelf->)?__Vdly\w*\s*=[^{}]*;)");
    static const std::regex kAfter(R"(\s*vlSelf->\w+\s*=\s*(vlSelf->)?__Vdly\w+\s*;)");
    static const std::regex kMemory(R"(\s*if \((vlSelf->)?__Vdlyvset\w+\) \{[^{}]*\})");
    return std::regex_match(text, kBefore) || std::regex_match(text, kAfter) ||
           std::regex_match(text, kMemory);
  }

  std::string ticks(uint32_t clocks) const {
    std::string text;
    for (size_t i = 0; i < names_.size(); ++i)
      if (clocks >> i & 1) text += (text.empty() ? "" : " | ") + ("vlSelf->" + enable(names_[i]));
    return text;
  }

  // Compares what it drives with what it drove, and marks the readers of what has changed.
  std::string node(const Node& node, size_t index) const {
    std::string before, after;
    Names always;
    std::map<uint64_t, std::string> differences;  // by readers
    for (const std::string& name : node.writes) {
      const uint64_t readers = readers_of(name);
      if (readers == 0) continue;
      if (code_.scalar_type(name).empty()) {
        always.insert(name);
        continue;
      }
      before += "  const auto old_" + name + " = vlSelf->" + name + ";\n";
      std::string& difference = differences[readers];
      difference += (difference.empty() ? "(old_" : " | (old_") + name + " ^ vlSelf->" + name + ")";
    }
    for (const auto& [readers, difference] : differences)
      after += "  changed |= uint64_t{0} - static_cast<uint64_t>((" + difference + ") != 0) & " +
               std::to_string(readers) + "ull;\n";
    std::vector<Placed> statements;
    for (const Cluster& cluster : node.clusters)
      statements.insert(statements.end(), cluster.statements.begin(), cluster.statements.end());
    return "TILE_CYCLE_PART uint64_t node_" + std::to_string(index) +
           "(Vtile___024root* __restrict vlSelf, uint64_t changed) {\n" +
           part(before + block(statements) + after) + change(always) + "  return changed;\n}\n\n";
  }

  const VerilatedCode& code_;
  const std::vector<std::string>& names_;
  std::vector<Function> functions_;
  std::map<std::string, uint64_t> readers_;  // of a member: nodes
  Aliases aliases_;
  std::map<std::string, std::string> private_;  // their types
  std::string parts_;
  size_t edge_parts_ = 0;
};

// The enables as one mask.
std::string clocks(const std::vector<std::string>& names) {
  std::string list, mask;
  for (size_t i = 0; i < names.size(); ++i) {
    list += (i == 0 ? "" : ", ") + ('"' + names[i] + '"');
    mask += (i == 0 ? "  return " : " |\n         ") + ("static_cast<uint32_t>(root." + enable(names[i])) +
            ") << " + std::to_string(i);
  }
  return "// The blocks that have a clock of their own, and which of them tick next.\n"
         "inline constexpr std::array kTileClockNames = {" +
         list +
         "};\n"
         "inline uint32_t tile_clocks(const Vtile___024root& root) {\n" +
         mask + ";\n}\n\n";
}

std::string by_eval(const std::vector<std::string>& names) {
  std::string set, clear;
  for (const std::string& name : names) {
    const std::string clock = "  root->tile__DOT__u_" + name + "_clock__DOT__clk = ";
    set += clock + "root->" + enable(name) + ";\n";
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
    const VerilatedCode code(argv[1], "Vtile");
    const std::vector<std::string> names = blocks(code.header());
    std::string definition;
    std::string choice =
        "void tile_cycle_direct(Vtile___024root* root);\n\ninline constexpr bool kTileCycleIsDirect = "
        "true;\n\n"
        "inline void tile_cycle(Vtile& model) { tile_cycle_direct(model.rootp); }\n";
    try {
      definition = Writer(code, names).write();
    } catch (const UnknownForm& form) {
      std::cerr << "warning: Verilator's output is of another form than known (" << form.what()
                << "), so tiles are evaluated in a slower way\n";
      choice =
          "inline constexpr bool kTileCycleIsDirect = false;\n\n"
          "inline void tile_cycle(Vtile& model) { tile_cycle_by_eval(model); }\n";
    }
    write(argv[2],
          "#pragma once\n\n#include <array>\n\n#include \"Vtile.h\"\n#include \"Vtile___024root.h\"\n\n" +
              clocks(names) + by_eval(names) + "\n" + choice);
    write(argv[3], definition);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
