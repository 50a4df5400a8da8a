#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/rules/ir/problem.h"
#include "services/rules/sieve/syntax.h"

namespace postern::rules::sieve {

// Section 5.1 of the rules reference. Reached: a problem at the place where it was.
struct Limits {
  size_t script_bytes = 256 * 1024;
  size_t nesting = 32;  // of blocks and tests
  size_t string_bytes = 64 * 1024;
  size_t variables = 255;
  size_t includes = 50, include_depth = 5;
  size_t part_loops = 4;
  size_t patterns = 2000;               // regular expressions that are written out
  size_t included_bytes = 1024 * 1024;  // of all included scripts together
};

// Whose script it is: an operator's may run programs and use macros.
struct CompileOptions {
  std::string file_name = "script";
  bool operator_rule = false;
  Limits limits;
  // Finds an included script (RFC 6609); none: nullopt.
  std::function<std::optional<std::string>(absl::string_view name, bool personal)> include;
  // Commands and tests of these names, in lower case, are compiled to ForeignCall as they stand,
  // tags and all: for test suites. The extension that brings them is this one.
  // One with a block is like `if`: the block runs when it says true. One without is a statement.
  std::string foreign_extension;
  std::vector<std::string> foreign_names;
  // Leaves out the check that no mail says where it is redirected to or who is notified (a suite's
  // scripts do that); never for stored programs. Such scripts are not looked at any further after
  // an error of their syntax, for suites count errors.
  bool trust_mail = false;
};

// Lexer and grammar alone. Never recurses deeper than the limit; linear.
struct Parsed {
  Script script;
  std::vector<Problem> problems;
};
Parsed Parse(absl::string_view source, const CompileOptions& options);

// All errors at once: what can be read is looked at although something else can't.
Compiled Compile(absl::string_view source, const CompileOptions& options);

// As a script of its own, canonically laid out; Parse(Print(x)) == x.
std::string Print(const Script& script);

// Those of RFC 5228 section 2.10.5 and ManageSieve's SIEVE capability, in the order of their names.
const std::vector<std::string>& Extensions();
// Notification methods: "xmpp", "mailto", "https".
const std::vector<std::string>& NotifyMethods();

}  // namespace postern::rules::sieve
