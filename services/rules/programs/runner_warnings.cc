#include "services/rules/programs/runner_warnings.h"

#include "absl/strings/str_cat.h"
#include "services/rules/ir/programs_run.h"

namespace postern::rules {
namespace {

std::vector<Problem> ProblemsOf(const Program& program,
                                const absl::StatusOr<runner::v1::ListProgramsResponse>& answer) {
  if (absl::IsFailedPrecondition(answer.status()))
    return WarnOfRuns(program,
                      "programs are not run here: the rules service has no runner "
                      "(--runner-addr), so each has the exit code -1");
  if (!answer.ok())
    return WarnOfRuns(program, absl::StrCat("nobody can say whether the runner has this program: ",
                                            answer.status().message()));
  ListedPrograms listed;
  for (const auto& one : answer->programs()) listed.emplace(one.id(), one.problem());
  return UnlistedPrograms(program, listed);
}

}  // namespace

net::Task<std::vector<std::string>> RunnerWarnings(PreparedProgramPtr program,
                                                   ProgramRunner& runner) {
  std::vector<std::string> warnings;
  if (program == nullptr || program->program().runs == 0) co_return warnings;
  const auto answer = co_await runner.List();
  for (const Problem& problem : ProblemsOf(program->program(), answer))
    warnings.push_back(absl::StrCat(problem.file, ":", problem.at.line, ":", problem.at.column,
                                    ": ", problem.text));
  co_return warnings;
}

}  // namespace postern::rules
