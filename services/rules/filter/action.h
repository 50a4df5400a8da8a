#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/rules/filter/condition.h"

namespace postern::rules::filter {

// What becomes of one action.
struct Carried {
  std::vector<Statement> statements;  // in order
  enum class Then : uint8_t { kGoOn, kStop, kSkip, kJump } then = Then::kGoOn;
  uint64_t skipped = 0;     // kSkip: rules
  std::string target;       // kJump: a rule's name or number
  bool takes_away = false;  // the mail, or a part of it, is not there for its user any more
  std::string lost;         // why nothing became of it; else empty
  std::string changed;      // how it differs from what MDaemon does; may be empty
};

// What is wrong with it, and no matter of what can be carried over, is told to `source`.
// `may_run`: programs, for it is an operator's rule.
Carried ReadAction(const ActionLine& line, const Rule& rule, bool may_run, Gathered& gathered,
                   Source& source);

// What stands behind an action's name: "a","b", without the quotes. A quote is written twice.
// kInvalidArgument: one has no end.
absl::StatusOr<std::vector<std::string>> SplitArguments(absl::string_view text);
// & is all that matched, \0 to \9 are too and its groups, \& is the character: in RE2's words.
// kInvalidArgument: a group that the expression has not.
absl::StatusOr<std::string> TranslateReplacement(absl::string_view text, size_t groups);
// "C:\scan\check.exe" -q, and what is behind it.
struct CommandLine {
  std::string program;  // without its folder
  std::string rest;
};
CommandLine ReadCommandLine(absl::string_view text);
// How long it may take, by what stands behind the program: "wait 20 seconds", "20", "forever". It
// is waited for in any case, for rules behind it may ask how it ended.
uint32_t WaitSeconds(const std::vector<std::string>& arguments);
// Of a header field: RFC 5322 section 3.6.8.
bool IsFieldName(absl::string_view name);
// "C:\Archive", "\\server\share", "/var/mail": a place on MDaemon's own machine.
bool IsPath(absl::string_view name);

}  // namespace postern::rules::filter
