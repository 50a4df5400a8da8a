#pragma once

#include <vector>

#include "services/rules/sieve/scope.h"
#include "services/rules/sieve/signature.h"

namespace postern::rules::sieve {

// A command of Sieve without a block, and what it does to the program. Commands that jump (if,
// include, …) are control.cc's. `make` tells problems.
struct CommandRow {
  Signature signature;
  void (*make)(Scope& scope, const Arguments& arguments);
};

std::vector<CommandRow> DeliveryCommands();  // keep, fileinto, redirect, reject, …
std::vector<CommandRow> AnswerCommands();    // vacation, notify, reply, …
std::vector<CommandRow> ChangeCommands();    // set, addflag, addheader, replace, …

const CommandRow* FindCommandRow(absl::string_view name);

}  // namespace postern::rules::sieve
