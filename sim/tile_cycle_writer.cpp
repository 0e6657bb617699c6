#include "sim/tile_cycle_writer.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "sim/tile_schedule.h"
#include "sim/tile_stages.h"

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
  Writer(const VerilatedCode& code, const TileProfile& profile, bool counting)
      : code_(code), profile_(profile), counting_(counting), names_(block_names(code)) {}

  std::string write() {
    if (!calls(code_.body("eval_act")).empty()) throw UnknownForm("logic in the active region");
    Names follow_inputs;
    const std::string inputs = input_logic(follow_inputs);
    Names observed = code_.outputs();
    for (const Function& function : functions_)
      for (const Statement& statement : function.statements) merge(observed, statement.reads);
    for (const std::string& name : names_) observed.insert(enable_of(name));
    for (const std::string& name : follow_inputs) observed.erase(name);
    make_parts(schedule(statements(follow_inputs), code_.combinational(), observed));
    merge(observed, follow_inputs);
    find_private(observed);
    for (Part& part : parts_) drop_shadows(part);

    std::string definitions, cases;
    for (const Part& part : parts_) definitions += definition(part);
    for (size_t i = 0; i < profile_.hot.size(); ++i) {
      const std::string number = std::to_string(i + 1);
      definitions += hot_function("hot_" + number, profile_.hot[i]);
      cases += "    case " + number + ":\n      hot_" + number + "(vlSelf);\n      break;\n";
    }
    return "#include \"tile_cycle.h\"\n\n#include <array>\n#include <cstdio>\n\n#include "
           "\"Vtile__Syms.h\"\n\n"
           "#ifndef TILE_CYCLE_SMALL  // a profile wants them apart\n"
           "#define TILE_CYCLE_SMALL inline __attribute__((always_inline))\n"
           "#define TILE_CYCLE_LARGE __attribute__((noinline))\n#endif\n\nnamespace {\n\n" +
           (counting_ ? counters() : "") + definitions + any_function() + hot_table() +
           "}  // namespace\n\nuint32_t tile_cycle_direct(Vtile___024root* __restrict vlSelf) {\n" +
           "  uint32_t clocks = tile_clocks(*vlSelf);\n" + inputs + clocks_of(follow_inputs) +
           "  switch (kHot[clocks]) {\n" + cases +
           "    default:\n      any(vlSelf, clocks);\n  }\n  return clocks;\n}\n";
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

  // Clusters at the edge that run under the same clocks are one part. Those of the logic after it are not:
  // whether they are needed depends on more.
  void make_parts(const Schedule& order) {
    for (const bool edge : {true, false}) {
      for (const Cluster& cluster : edge ? order.edge : order.after) {
        if (!edge || parts_.empty() || parts_.back().clocks != cluster.clocks) {
          parts_.emplace_back();
          parts_.back().name = (edge ? "edge_" : "logic_") + std::to_string(parts_.size());
          parts_.back().clocks = cluster.clocks;
          parts_.back().edge = edge;
        }
        Part& part = parts_.back();
        part.statements.insert(part.statements.end(), cluster.statements.begin(), cluster.statements.end());
        merge(part.reads, cluster.reads);
        merge(part.writes, cluster.writes);
        part.cost += cluster.cost;
      }
    }
  }

  // What only one part knows, and need not know the next time, need not be kept in the model: logic, and the
  // variables of an always block.
  void find_private(const Names& observed) {
    std::map<std::string, std::set<const Part*>> users;
    for (const Part& part : parts_)
      for (const Names* names : {&part.reads, &part.writes})
        for (const std::string& name : *names) users[name].insert(&part);
    const Names logic = code_.combinational();
    for (const auto& [name, parts] : users) {
      const std::string type = code_.scalar_type(name);
      if (parts.size() != 1 || observed.contains(name) || type.empty() || type == "auto") continue;
      if (logic.contains(name) || is_set_before_use(block((*parts.begin())->statements), name))
        private_[name] = type;
    }
  }

  // A shadow costs a load and a store, even where its register stays as it is.
  void drop_shadows(Part& part) const {
    static const std::regex kBegin(R"((vlSelf->)?(__Vdly__(\w+))\s*=\s*vlSelf->(\w+);)");
    static const std::regex kEnd(R"(vlSelf->(\w+)\s*=\s*(?:vlSelf->)?(__Vdly__\w+);)");
    std::vector<Placed>& all = part.statements;
    for (size_t begin = 0; begin < all.size(); ++begin) {
      std::smatch match;
      if (!std::regex_match(all[begin].statement.text, match, kBegin) || match[3] != match[4]) continue;
      const bool member = match[1].matched;
      const std::string shadow = match[2], name = match[3];
      if (member && !private_.contains(shadow)) continue;
      std::vector<std::string> between;
      size_t end = begin + 1;
      for (; end < all.size(); ++end) {
        std::smatch last;
        if (std::regex_match(all[end].statement.text, last, kEnd) && last[1] == name && last[2] == shadow)
          break;
        between.push_back(all[end].statement.text);
      }
      if (end == all.size() || !needs_no_shadow(between, name, shadow)) continue;
      for (size_t i = begin + 1; i < end; ++i) {
        Statement& statement = all[i].statement;
        statement.text = with_word(statement.text, shadow, member ? name : "vlSelf->" + name);
        statement.locals.erase(shadow);
      }
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(end));
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(begin));
      --begin;
    }
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

  // Small ones become part of all who call them.
  std::string definition(const Part& part) {
    constexpr size_t kSmall = 60;
    std::string before, after;
    if (counting_) count_changes(part, before, after);
    return std::string(part.cost <= kSmall ? "TILE_CYCLE_SMALL" : "TILE_CYCLE_LARGE") + " void " + part.name +
           "(Vtile___024root* __restrict vlSelf) {  // " + names_of(part.clocks) +
           "\n  Vtile__Syms* const __restrict vlSymsp VL_ATTR_UNUSED = vlSelf->vlSymsp;\n" +
           with_private(before + block(part.statements) + after) + "}\n\n";
  }

  // All parts, each under its clocks.
  std::string any_function() const {
    std::string text = "void any(Vtile___024root* __restrict vlSelf, uint32_t clocks) {\n";
    uint32_t open = 0;
    for (const Part& part : parts_) {
      if (part.clocks != open) {
        text +=
            (open != 0 ? "  }\n" : "") + ("  if ((clocks & " + std::to_string(part.clocks)) + "u) != 0) {\n";
        open = part.clocks;
      }
      text += "    " + part.name + "(vlSelf);\n";
    }
    return text + "  }\n}\n\n";
  }

  // One set of clocks, straight through. Much of the logic after the edge reads little of what these clocks
  // move, and that seldom changes: such logic is left out unless it did, stage by stage, so that a change
  // goes on only as far as it makes another.
  std::string hot_function(const std::string& name, uint32_t clocks) const {
    std::string body;
    std::vector<const Part*> waiting;  // logic, in its order
    Names moved;                       // by the edge, and by logic that is always run
    Names busy;                        // of these, what changes often
    const auto move = [&](const Part& part) {
      merge(moved, part.writes);
      for (const std::string& member : part.writes)
        if (profile_.busy.contains(member) || code_.scalar_type(member).empty()) busy.insert(member);
    };
    for (const Part& part : parts_) {
      if ((part.clocks & clocks) == 0) continue;
      if (part.edge) {
        move(part);
        body += "  " + part.name + "(vlSelf);\n";
      } else {
        waiting.push_back(&part);
      }
    }
    std::set<const Part*> always;  // read something busy
    for (bool grown = true; grown;) {
      grown = false;
      for (const Part* part : waiting) {
        if (always.contains(part) || !overlap(part->reads, busy)) continue;
        always.insert(part);
        move(*part);
        grown = true;
      }
    }

    const std::vector<Stage> stages = stages_of(std::move(waiting), always);
    Names compared;
    std::string flags;
    for (size_t i = 0; i < stages.size(); ++i) {
      if (!stages[i].always) flags += "  bool run_" + std::to_string(i) + " = false;\n";
      body += stage_text(stages, i, moved, compared);
    }
    std::string before;
    for (const std::string& member : compared)
      before += "  const auto old_" + member + " = vlSelf->" + member + ";\n";
    return "void " + name + "(Vtile___024root* __restrict vlSelf) {  // " + names_of(clocks) + "\n" + before +
           flags + body + "}\n\n";
  }

  // A stage, under its condition; and when it has run, which of the later ones have to.
  std::string stage_text(const std::vector<Stage>& stages, size_t i, const Names& moved,
                         Names& compared) const {
    const Stage& stage = stages[i];
    std::string text;
    if (stage.always) {
      for (const Part* part : stage.parts) text += "  " + part->name + "(vlSelf);\n";
      return text;
    }
    const std::string flag = "run_" + std::to_string(i);
    Names direct;
    std::set_intersection(stage.reads.begin(), stage.reads.end(), moved.begin(), moved.end(),
                          std::inserter(direct, direct.end()));
    merge(compared, direct);
    if (!direct.empty()) text += "  " + flag + " |= " + difference("old_", direct) + ";\n";
    text += "  if (__builtin_expect(" + flag + ", false)) {\n";
    std::string after;
    Names told;  // to a later stage
    for (size_t later = i + 1; later < stages.size(); ++later) {
      if (stages[later].always) continue;
      Names handed;
      std::set_intersection(stage.writes.begin(), stage.writes.end(), stages[later].reads.begin(),
                            stages[later].reads.end(), std::inserter(handed, handed.end()));
      if (handed.empty()) continue;
      const bool scalar = std::none_of(handed.begin(), handed.end(), [&](const std::string& member) {
        return code_.scalar_type(member).empty();
      });
      after += "    run_" + std::to_string(later) + " |= " + (scalar ? difference("was_", handed) : "true") +
               ";\n";
      if (scalar) merge(told, handed);
    }
    for (const std::string& member : told)
      text += "    const auto was_" + member + " = vlSelf->" + member + ";\n";
    for (const Part* part : stage.parts) text += "    " + part->name + "(vlSelf);\n";
    return text + after + "  }\n";
  }

  // Whether one of the members is not any more what stands under its name and the prefix.
  static std::string difference(const std::string& prefix, const Names& members) {
    std::string text;
    for (const std::string& member : members)
      text += (text.empty() ? "((" : " | (") + prefix + member + " ^ vlSelf->" + member + ")";
    return text + ") != 0";
  }

  std::string names_of(uint32_t clocks) const {
    std::string text;
    for (size_t i = 0; i < names_.size(); ++i)
      if (clocks >> i & 1) text += (text.empty() ? "" : " ") + names_[i];
    return text;
  }

  std::string hot_table() const {
    std::string list;
    for (const uint32_t clocks : profile_.hot) list += (list.empty() ? "" : ", ") + std::to_string(clocks);
    return "// By clocks: the number of their function, 0 for any().\nconstexpr auto kHot = [] {\n"
           "  std::array<uint8_t, size_t{1} << " +
           std::to_string(names_.size()) +
           "> numbers{};\n  uint8_t number = 0;\n"
           "  for (const uint32_t clocks : std::initializer_list<uint32_t>{" +
           list + "}) numbers[clocks] = ++number;\n  return numbers;\n}();\n\n";
  }

  // ---------------------------------------------------------------- counting

  // Counts how often what a part drives changes.
  void count_changes(const Part& part, std::string& before, std::string& after) {
    for (const std::string& member : part.writes) {
      if (private_.contains(member) || code_.scalar_type(member).empty()) continue;
      before += "  const auto old_" + member + " = vlSelf->" + member + ";\n";
      after += "  changes[" + std::to_string(counted_.size()) + "].add(old_" + member + " != vlSelf->" +
               member + ");\n";
      counted_.push_back(member);
    }
  }

  // The counters, and what prints their result.
  std::string counters() const {
    std::string list;
    for (const std::string& member : counted_) list += "      \"" + member + "\",\n";
    return "struct Changes {\n  uint64_t runs = 0, changed = 0;\n"
           "  void add(bool change) { ++runs, changed += change; }\n};\nChanges changes[" +
           std::to_string(counted_.size()) + "];\nconstexpr const char* kCounted[] = {\n" + list +
           "};\nstruct Report {\n  ~Report() {\n    size_t i = 0;\n    for (const char* name : kCounted)\n"
           "      if (const Changes& one = changes[i++]; 16 * one.changed > one.runs) std::puts(name);\n  }\n"
           "} report;\n\n";
  }

  const VerilatedCode& code_;
  const TileProfile& profile_;
  const bool counting_;
  const std::vector<std::string> names_;
  std::vector<Function> functions_;
  std::vector<Part> parts_;                     // in their order
  std::map<std::string, std::string> private_;  // their types
  std::vector<std::string> counted_;
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

std::string write_tile_cycle(const VerilatedCode& code, const TileProfile& profile, bool counting) {
  return Writer(code, profile, counting).write();
}

}  // namespace tessera::sim
