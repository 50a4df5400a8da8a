#include "services/rules/ir/programs_run.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace postern::rules {
namespace {

struct Place {
  std::string program, file;
  uint32_t line = 0;
};

// The first of each program.
std::vector<Place> PlacesOf(const Program& program) {
  std::vector<Place> places;
  std::set<std::string> known;
  for (size_t at = 0; at < program.code.size(); ++at) {
    const Instruction& instruction = program.code[at];
    if (instruction.op != Op::kDo) continue;
    const auto* run = std::get_if<RunProgram>(&program.statements[instruction.operand]);
    if (run == nullptr || !known.insert(run->program).second) continue;
    places.push_back({run->program, std::string(FileNameAt(program, at)), instruction.line});
  }
  return places;
}

Problem WarningAt(const Place& place, std::string text) {
  Problem problem;
  problem.at.line = std::max(place.line, 1u);
  problem.file = place.file;
  problem.text = std::move(text);
  problem.warning = true;
  return problem;
}

}  // namespace

std::vector<Problem> UnlistedPrograms(const Program& program, const ListedPrograms& listed) {
  std::vector<Problem> problems;
  for (const Place& place : PlacesOf(program)) {
    const auto found = listed.find(place.program);
    if (found == listed.end()) {
      problems.push_back(WarningAt(
          place, absl::StrCat("the runner's list has no program \"", place.program,
                              "\" (case counts): it is not run, and its exit code is -1")));
    } else if (!found->second.empty()) {
      problems.push_back(WarningAt(place, absl::StrCat("the program \"", place.program,
                                                       "\" can't be run now: ", found->second)));
    }
  }
  return problems;
}

std::vector<Problem> WarnOfRuns(const Program& program, const std::string& text) {
  std::vector<Problem> problems;
  const std::vector<Place> places = PlacesOf(program);
  if (!places.empty()) problems.push_back(WarningAt(places.front(), text));
  return problems;
}

}  // namespace postern::rules
