#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/sieve/syntax.h"

// Parts of a Sieve script that is put together, not written: no text of a user ever becomes syntax.
namespace postern::rules::personal {

using Texts = std::vector<std::string>;
using Arguments = std::vector<sieve::Argument>;
// What a script has to require, collected while it is made.
using Extensions = std::set<std::string>;

sieve::Argument Tag(absl::string_view name);
sieve::Argument Number(uint64_t number);
// A string, or a list of several.
sieve::Argument Strings(const Texts& texts);

sieve::TestNode MakeTest(absl::string_view name, Arguments arguments = {});
// One test is itself; none is true for all, and false for any.
sieve::TestNode AllOf(std::vector<sieve::TestNode> tests);
sieve::TestNode AnyOf(std::vector<sieve::TestNode> tests);
sieve::TestNode Not(sieve::TestNode test);

sieve::Command MakeCommand(absl::string_view name, Arguments arguments = {});
sieve::Command MakeIf(sieve::TestNode test, std::vector<sieve::Command> block);

}  // namespace postern::rules::personal
