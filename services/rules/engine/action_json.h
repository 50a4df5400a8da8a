#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/engine/action.h"
#include "services/rules/engine/evaluate.h"

// What came out of an evaluation, for programs: `posternctl rules explain --json`.
namespace postern::rules {

// Its name in Sieve: "fileinto"; what Sieve has no action for is called as the command of a
// vnd.postern extension: "deliver", "hold", "quarantine", "reply", "log".
absl::string_view ActionName(const Action& action);
// "addheader", "deleteheader"; "replace_text", "append_text", "strip_attachments",
// "strip_signature".
absl::string_view EditName(const Edit& edit);

// Actions and edits as they were made: one of the two is null. Points into the evaluation.
struct Done {
  const Action* action = nullptr;
  const Edit* edit = nullptr;
};
std::vector<Done> InOrder(const Evaluation& evaluation);

// {"action":"fileinto","mailbox":"A/B","flags":["\\Seen"]}. Names of arguments are those of
// Sieve's tags, without the colon. What is empty, false or as it always is, is left out. In
// UTF-8 and ASCII control characters escaped, whatever bytes a mail brought.
std::string ActionJson(const Action& action);

// {"actions":[…]}: actions and edits in order, the implicit keep last; the end of a program by an
// error under "error", where there is one.
std::string ActionsJson(const Evaluation& evaluation);

}  // namespace postern::rules
