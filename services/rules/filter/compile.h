#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "services/rules/ir/problem.h"

// MDaemon's content filter, compiled: docs/operators.md, "Content filter", tells what becomes of
// what. Linear in the size of the file.
namespace postern::rules::filter {

inline constexpr size_t kMaxRules = 1000;     // in one file, those that are off among them
inline constexpr size_t kMaxParts = 100;      // conditions, or actions, of one rule
inline constexpr size_t kMaxPrograms = 32;    // run by one file
inline constexpr size_t kMaxPatterns = 1000;  // regular expressions in one file

struct CompileOptions {
  std::string file_name = "cfrules.dat";
  bool operator_rule = false;  // may run programs
};

// cfrules.dat:
//
//   file      = { rule };    empty lines, and lines that begin with ; or #, say nothing
//   rule      = "[Rule" digits "]" { setting | condition | action }
//   setting   = "RuleName=" text | "Enable=" ("Yes" | "No") | "ThisRuleCondition=" ("All" | "Any")
//   |
//               "ProcessQueue=" ("LOCAL" | "REMOTE" | "BOTH")
//   condition = "Condition" digits "=" what "|" operator "|" ("AND" | "OR") "|" { value "|" }
//   action    = "Action" digits "=" name [ "|" argument { "," argument } ]
//
// Rules speak in turn. What is wrong with a line is an error. What nobody here can do is a
// warning that names the rule: the rule goes without it where no mail is lost by that, else it is
// left out. One that is left out although others hang on it (it skips, jumps or stops) is an
// error: they would take mails that it kept from them.
Compiled Compile(absl::string_view source, const CompileOptions& options);

// Whether a text looks like such a file.
bool LooksLikeFilter(absl::string_view text);

}  // namespace postern::rules::filter
