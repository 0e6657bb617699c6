#include "sim/tile_stages.h"

#include <algorithm>
#include <map>
#include <utility>

namespace tessera::sim {
namespace {

// Takes those of a kind that wait for nothing that is not taken.
std::vector<const Part*> take_ready(std::vector<const Part*>& waiting, const std::set<const Part*>& always,
                                    bool kind) {
  std::vector<const Part*> taken, left;
  Names to_come;  // what those left write
  for (const Part* part : waiting) {
    if (always.contains(part) == kind && !overlap(part->reads, to_come)) {
      taken.push_back(part);
    } else {
      left.push_back(part);
      merge(to_come, part->writes);
    }
  }
  waiting = std::move(left);
  return taken;
}

void add(const Part& part, Stage& stage) {
  stage.parts.push_back(&part);
  merge(stage.reads, part.reads);
  merge(stage.writes, part.writes);
}

// What is left out when nothing changed, a stage for each level: so a change goes on only as far as it makes
// another.
void add_levels(const std::vector<const Part*>& parts, std::vector<Stage>& stages) {
  std::map<std::string, size_t> level_of;  // of what parts drive
  const size_t first = stages.size();
  for (const Part* part : parts) {
    size_t level = 0;
    for (const std::string& member : part->reads)
      if (const auto driver = level_of.find(member); driver != level_of.end())
        level = std::max(level, driver->second + 1);
    for (const std::string& member : part->writes) level_of[member] = level;
    if (first + level >= stages.size()) stages.resize(first + level + 1);
    add(*part, stages[first + level]);
  }
}

}  // namespace

std::vector<Stage> stages_of(std::vector<const Part*> logic, const std::set<const Part*>& always) {
  std::vector<Stage> stages;
  for (bool kind = true; !logic.empty(); kind = !kind) {
    const std::vector<const Part*> turn = take_ready(logic, always, kind);
    if (!kind) {
      add_levels(turn, stages);
    } else if (!turn.empty()) {
      stages.push_back({.parts = {}, .reads = {}, .writes = {}, .always = true});
      for (const Part* part : turn) add(*part, stages.back());
    }
  }
  return stages;
}

}  // namespace tessera::sim
