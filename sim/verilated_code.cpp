#include "sim/verilated_code.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>

namespace tessera::sim {
namespace {

constexpr std::string_view kSelf = "vlSelf->";

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error(path.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)); }

size_t skip_spaces(const std::string& text, size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

std::string word_at(const std::string& text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(at, end - at);
}

// One past the bracket that closes the one at `at`.
size_t close(const std::string& text, size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\';
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if ((c == ')' || c == ']' || c == '}') && --depth == 0) {
      return at + 1;
    }
  }
  throw UnknownForm("a bracket that is not closed");
}

// Is what ends at `at`, a member or an element of it, assigned to?
bool is_assigned(const std::string& text, size_t at) {
  at = skip_spaces(text, at);
  while (at < text.size() && text[at] == '[') at = skip_spaces(text, close(text, at));
  return at + 1 < text.size() && text[at] == '=' && text[at + 1] != '=';
}

template <typename Action>
void for_each_member(const std::string& text, const Action& action) {
  for (size_t at = text.find(kSelf); at != std::string::npos; at = text.find(kSelf, at)) {
    at += kSelf.size();
    const std::string name = word_at(text, at);
    at += name.size();
    if (name != "vlSymsp") action(name, is_assigned(text, at));
  }
}

// Where the word is next, from `at` on.
size_t find_word(const std::string& text, const std::string& word, size_t at) {
  for (at = text.find(word, at); at != std::string::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end >= text.size() || !is_word(text[end]))) break;
  }
  return at;
}

// Follows the shadow's assignments: false where the member is read after one, or the shadow is read.
bool follow_shadow(const std::vector<std::string>& statements, const std::string& member,
                   const std::string& shadow, bool& assigned) {
  for (const std::string& statement : statements) {
    Branch branch;
    if (parse_branch(statement, branch)) {
      if (find_word(branch.condition, shadow, 0) != std::string::npos) return false;
      if (assigned && members_read(branch.condition).contains(member)) return false;
      bool in_then = assigned, in_else = assigned;
      if (!follow_shadow(split(branch.then), member, shadow, in_then) ||
          !follow_shadow(split(branch.otherwise), member, shadow, in_else))
        return false;
      assigned = in_then || in_else;
      continue;
    }
    if (assigned && members_read(statement).contains(member)) return false;
    if (members_written(statement).contains(member)) return false;
    const size_t use = find_word(statement, shadow, 0);
    if (use == std::string::npos) continue;
    const size_t equals = skip_spaces(statement, use + shadow.size());
    const bool whole = statement.find_first_not_of(" \n\t") == use || statement.compare(0, use, kSelf) == 0;
    if (!whole || statement[equals] != '=' || statement[equals + 1] == '=') return false;
    if (find_word(statement, shadow, use + 1) != std::string::npos) return false;
    assigned = true;
  }
  return true;
}

}  // namespace

bool needs_no_shadow(const std::vector<std::string>& statements, const std::string& member,
                     const std::string& shadow) {
  bool assigned = false;
  return follow_shadow(statements, member, shadow, assigned);
}

std::string with_word(const std::string& text, const std::string& from, const std::string& to) {
  std::string result;
  size_t at = 0;
  for (size_t found; (found = find_word(text, from, at)) != std::string::npos; at = found + from.size())
    result += text.substr(at, found - at) + to;
  return result + text.substr(at);
}

void merge(Names& all, const Names& names) { all.insert(names.begin(), names.end()); }

bool overlap(const Names& a, const Names& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& name) { return b.contains(name); });
}

Names members_read(const std::string& text) {
  Names names;
  for_each_member(text, [&](const std::string& name, bool assigned) {
    if (!assigned) names.insert(name);
  });
  return names;
}

Names members_written(const std::string& text) {
  Names names;
  for_each_member(text, [&](const std::string& name, bool assigned) {
    if (assigned) names.insert(name);
  });
  return names;
}

bool is_set_before_use(const std::string& text, const std::string& member) {
  const std::string name = std::string(kSelf) + member;
  const auto next_use = [&](size_t at) {
    for (at = text.find(name, at); at != std::string::npos; at = text.find(name, at + 1))
      if (at + name.size() >= text.size() || !is_word(text[at + name.size()])) break;
    return at;
  };
  for (size_t use = next_use(0); use != std::string::npos;) {
    const size_t before = text.find_last_not_of(" \n\t", use == 0 ? std::string::npos : use - 1);
    const bool begins = use == 0 || before == std::string::npos || before >= use ||
                        std::string_view("{};").find(text[before]) != std::string_view::npos;
    const size_t equals = skip_spaces(text, use + name.size());
    if (!begins || text[equals] != '=' || text[equals + 1] == '=') return false;
    const size_t second = next_use(use + 1);
    if (second < text.find(';', use)) return false;  // of itself
    // What follows in the block knows this value; after the block it may not have got one.
    size_t end = use;
    for (int depth = 0; end < text.size() && depth >= 0; ++end)
      depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
    for (use = second; use < end;) use = next_use(use + 1);
  }
  return true;
}

std::vector<std::string> split(const std::string& block) {
  std::vector<std::string> result;
  for (size_t at = skip_spaces(block, 0); at < block.size(); at = skip_spaces(block, at)) {
    const size_t begin = at;
    for (bool ended = false; !ended;) {
      if (at >= block.size()) throw UnknownForm("a statement without an end");
      const char c = block[at];
      if (c == '(' || c == '[' || c == '{') {
        at = close(block, at);
        if (c != '{') continue;
        const size_t next = skip_spaces(block, at);
        ended = word_at(block, next) != "else";
      } else {
        ++at;
        ended = c == ';';
      }
    }
    result.push_back(block.substr(begin, at - begin));
  }
  return result;
}

bool parse_branch(const std::string& statement, Branch& branch) {
  if (word_at(statement, 0) != "if") return false;
  const size_t condition = skip_spaces(statement, 2);
  const size_t after = close(statement, condition);
  branch.condition = statement.substr(condition + 1, after - condition - 2);
  const size_t then = skip_spaces(statement, after);
  const size_t end = close(statement, then);
  branch.then = statement.substr(then + 1, end - then - 2);
  branch.otherwise.clear();
  if (const size_t next = skip_spaces(statement, end); next < statement.size()) {
    const size_t from = skip_spaces(statement, next + 4);
    branch.otherwise = statement[from] == '{' ? statement.substr(from + 1, statement.size() - from - 2)
                                              : statement.substr(from);  // else if
  }
  return true;
}

Statement parse_statement(const std::string& text, const std::map<std::string, std::string>& locals) {
  Statement result{text, members_read(text), members_written(text), {}, false};
  result.calls = text.find("Vdpiimwrap") != std::string::npos;
  for (size_t at = 0; at < text.size();) {
    if (!is_word(text[at])) {
      ++at;
      continue;
    }
    const std::string word = word_at(text, at);
    const bool member = at >= kSelf.size() && text.compare(at - kSelf.size(), kSelf.size(), kSelf) == 0;
    if (!member && locals.contains(word)) result.locals.insert(word);
    at += word.size();
  }
  return result;
}

VerilatedCode::VerilatedCode(const std::filesystem::path& folder, const std::string& prefix)
    : prefix_(prefix), header_(read(folder / (prefix + "___024root.h"))) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix + "___024root__DepSet") && name.ends_with(".cpp"))
      code_ += read(entry.path());
  }
}

std::string VerilatedCode::text(const std::string& function) const {
  const std::string head =
      "void " + prefix_ + "___024root___" + function + "(" + prefix_ + "___024root* vlSelf) {";
  const size_t begin = code_.find(head);
  const size_t end = code_.find("\n}\n", begin);
  if (begin == std::string::npos || end == std::string::npos) throw UnknownForm("no function " + function);
  return code_.substr(begin + head.size(), end - begin - head.size());
}

std::string VerilatedCode::body(const std::string& function) const {
  const std::string all = text(function);
  const size_t statements = all.find("// Body");
  return statements == std::string::npos ? "" : all.substr(statements + 7);
}

Function VerilatedCode::function(const std::string& name) const {
  static const std::string kInit = "// Init";
  Function result;
  const std::string all = text(name);
  const size_t init = all.find(kInit);
  const size_t begin = all.find("// Body");
  if (begin == std::string::npos) return result;
  if (init != std::string::npos) {
    // "IData/*31:0*/ name;", then "name = 0;" or "VL_ZERO_W(128, name);".
    for (const std::string& line : split(all.substr(init + kInit.size(), begin - init - kInit.size()))) {
      const size_t equals = line.find('=');
      size_t end = equals == std::string::npos ? line.find_last_not_of(" ;)") + 1
                                               : line.find_last_not_of(" \n", equals - 1) + 1;
      size_t from = end;
      while (from > 0 && is_word(line[from - 1])) --from;
      result.locals[line.substr(from, end - from)] += line + " ";
    }
  }
  for (const std::string& line : split(all.substr(begin + 7)))
    result.statements.push_back(parse_statement(line, result.locals));
  return result;
}

Names VerilatedCode::combinational() const {
  static const std::regex kSettle(
      R"(void \w+___024root___(stl_(?:sequent|comb)__TOP__\d+)\(\w+\* vlSelf\) \{)");
  Names names;
  for (std::sregex_iterator match(code_.begin(), code_.end(), kSettle), end; match != end; ++match)
    names.merge(members_written(body((*match)[1])));
  return names;
}

std::string VerilatedCode::scalar_type(const std::string& member) const {
  const size_t at = header_.find("*/ " + member + ";");
  if (at != std::string::npos) {
    const size_t begin = header_.find_last_of(" \n", header_.rfind("/*", at)) + 1;
    const std::string type = word_at(header_, begin);
    for (const char* known : {"CData", "SData", "IData", "QData"})
      if (type == known) return type;
    return "";
  }
  // Ports: VL_OUT64(&name,37,0); those of more than 64 bits are VL_OUTW.
  static const std::regex kPort(R"(VL_(?:IN|OUT)(?:8|16|64)?\(&?(\w+),)");
  for (std::sregex_iterator match(header_.begin(), header_.end(), kPort), end; match != end; ++match)
    if ((*match)[1] == member) return "auto";
  return "";
}

Names VerilatedCode::outputs() const {
  static const std::regex kPort(R"(VL_OUT(?:8|16|64|W)?\(&?(\w+),)");
  Names names;
  for (std::sregex_iterator match(header_.begin(), header_.end(), kPort), end; match != end; ++match)
    names.insert((*match)[1]);
  return names;
}

}  // namespace tessera::sim
