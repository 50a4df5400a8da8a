#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/ir/problem.h"
#include "services/rules/sieve/syntax.h"

// Rules that a user made by chat or form, as one Sieve script: what is shown is what is compiled.
//
// They are a stage before the user's own script. What takes a mail away (file, redirect, discard,
// quarantine) takes it from the script, too; else the script has its say, with the flags that were
// set, and of two ways to deliver the script's counts, for it comes last. `stop` ends these rules
// alone.
namespace postern::rules::personal {

// As they are stored: JSON, for a program's source is text. kDataLoss: it can't be read.
std::string WriteStored(const v1::PersonalRules& rules);
absl::StatusOr<v1::PersonalRules> ReadStored(absl::string_view source);

// One `if` for each rule, with "# rule:[name]" (rule_name.h) above it as Roundcube and others write
// it; those that are switched off, or can't be read any more, stand there as comments. The rules
// were checked.
sieve::Script ScriptOf(const v1::PersonalRules& rules);
// The same as text; empty without rules.
std::string SieveOf(const v1::PersonalRules& rules);

// What the file of these rules is called in traces.
inline constexpr char kFileName[] = "rules";

// `source` as it is stored. Problems have the rule's number for their line, and begin with its
// name. In the program, lines are numbers of rules (Program::numbered_rules).
Compiled Compile(absl::string_view source);

}  // namespace postern::rules::personal
