#include "sim/tile_parts.h"

#include <regex>
#include <set>

namespace tessera::sim {
namespace {

void add_parts(const std::vector<Cluster>& clusters, const std::string& kind, std::vector<Part>& parts) {
  const size_t first = parts.size();
  for (const Cluster& cluster : clusters) {
    if (parts.size() == first || parts.back().clocks != cluster.clocks) {
      parts.push_back({.name = kind + std::to_string(parts.size() + 1),
                       .clocks = cluster.clocks,
                       .statements = {},
                       .reads = {},
                       .writes = {}});
    }
    Part& part = parts.back();
    part.statements.insert(part.statements.end(), cluster.statements.begin(), cluster.statements.end());
    merge(part.reads, cluster.reads);
    merge(part.writes, cluster.writes);
    part.cost += cluster.cost;
  }
}

std::string text_of(const std::vector<Placed>& statements) {
  std::string text;
  for (const Placed& placed : statements) text += placed.statement.text + "\n";
  return text;
}

}  // namespace

std::vector<Part> parts_of(const Schedule& schedule) {
  std::vector<Part> parts;
  add_parts(schedule.edge, "edge_", parts);
  add_parts(schedule.after, "logic_", parts);
  return parts;
}

std::map<std::string, std::string> private_members(const std::vector<Part>& parts, const VerilatedCode& code,
                                                   const Names& observed) {
  std::map<std::string, std::set<const Part*>> users;
  for (const Part& part : parts)
    for (const Names* names : {&part.reads, &part.writes})
      for (const std::string& name : *names) users[name].insert(&part);
  const Names logic = code.combinational();
  std::map<std::string, std::string> result;
  for (const auto& [name, knowing] : users) {
    const std::string type = code.scalar_type(name);
    if (knowing.size() != 1 || observed.contains(name) || type.empty() || type == "auto") continue;
    if (logic.contains(name) || is_set_before_use(text_of((*knowing.begin())->statements), name))
      result[name] = type;
  }
  return result;
}

void drop_shadows(Part& part, const std::map<std::string, std::string>& own) {
  static const std::regex kBegin(R"((vlSelf->)?(__Vdly__(\w+))\s*=\s*vlSelf->(\w+);)");
  static const std::regex kEnd(R"(vlSelf->(\w+)\s*=\s*(?:vlSelf->)?(__Vdly__\w+);)");
  std::vector<Placed>& all = part.statements;
  for (size_t begin = 0; begin < all.size(); ++begin) {
    std::smatch match;
    if (!std::regex_match(all[begin].statement.text, match, kBegin) || match[3] != match[4]) continue;
    const bool member = match[1].matched;
    const std::string shadow = match[2], name = match[3];
    if (member && !own.contains(shadow)) continue;
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

}  // namespace tessera::sim
