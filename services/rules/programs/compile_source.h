#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "postern/rules/v1/rules.pb.h"
#include "services/rules/engine/prepared_program.h"
#include "services/rules/ir/problem.h"

namespace postern::rules {

// The Sieve scripts of a scope, by name.
using Scripts = std::map<std::string, std::string>;
using ScriptsPtr = std::shared_ptr<const Scripts>;

// A program as it is stored, and what it may refer to. Held by value: it may be compiled on
// another thread.
struct ProgramSource {
  v1::RuleLanguage language = v1::RULE_LANGUAGE_UNSPECIFIED;
  std::string text, file_name;
  bool operator_rule = false;  // may run programs
  std::string local_domain;    // of users named without one; empty: there is none
  ScriptsPtr personal,
      global;  // what it may include (RFC 6609): its scope's, the site's; may be null
};

struct CompiledSource {
  PreparedProgramPtr program;     // null with an error, and for what judges no mails
  std::vector<Problem> problems;  // in the order of the source
  uint32_t rules = 0;             // or entries
  std::string hash;               // SHA-256 of the source, in hex
  bool includes_global = false;   // it depends on the site's scripts, too

  // kInvalidArgument with all errors, one a line: "file:line:column: reason".
  absl::Status error() const;
  std::vector<std::string> warnings() const;
};

// From any language to what the engine runs. Pure. A program of 1,000 rules takes 50 ms: see
// compiler.h. A language that this version can't compile is an error that says so.
CompiledSource CompileSource(const ProgramSource& source);

}  // namespace postern::rules
