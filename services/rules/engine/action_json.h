#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/rules/engine/action.h"
#include "services/rules/engine/evaluate.h"

// What came out of an evaluation, for programs: `posternctl rules explain --json`.
namespace postern::rules {

// Its name in Sieve: "fileinto"; what Sieve has no action for is called as the vnd.postern
// extension that has it: "deliver", "hold", "quarantine", "reply", "note".
absl::string_view ActionName(const Action& action);

// {"action":"fileinto","mailbox":"A/B","flags":["\\Seen"]}. Names of arguments are those of
// Sieve's tags, without the colon. What is empty, false or as it always is, is left out. In
// UTF-8 and ASCII control characters escaped, whatever bytes a mail brought.
std::string ActionJson(const Action& action);

// {"actions":[…]} in order, the implicit keep last. Edits of the header and the body follow
// under "edits", the end of a program by an error under "error", where there are any.
std::string ActionsJson(const Evaluation& evaluation);

}  // namespace postern::rules
