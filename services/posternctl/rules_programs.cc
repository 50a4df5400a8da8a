// `posternctl rules programs`: what the runner has in its list.

#include <string>

#include "absl/strings/str_cat.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/rules_verbs.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {
namespace {

absl::Status ListPrograms(Session& session) {
  auto answer = session.Call(&Session::Stub::ListRunnerPrograms, runner::v1::ListProgramsRequest());
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"PROGRAM", "FILE", ">SECONDS", "STATE"});
  for (const auto& program : answer->programs()) {
    const std::string state =
        program.problem().empty() ? "ready" : absl::StrCat("not run: ", program.problem());
    table.Add({program.id(), program.path(), absl::StrCat(program.seconds()), state});
  }
  table.Print(session.out(), "The runner's list is empty: rules run no programs.");
  return absl::OkStatus();
}

}  // namespace

void AddRulePrograms(Nouns& nouns, CLI::App& rules) {
  nouns.AddVerb(rules, "programs", "Programs that rules may run, as the runner's list has them",
                "SECONDS is how long one may run; STATE says why one can't be run now. The list\n"
                "is the runner's --programs-file. Without a runner there is none.\n\n"
                "Example:\n  posternctl rules programs\n",
                ListPrograms);
}

}  // namespace postern::posternctl
