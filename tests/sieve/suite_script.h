#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/sieve/suite_commands.h"

// One file of Pigeonhole's suite: Sieve with commands of the suite, most of all
// `test "name" { … }`.
namespace postern::rules::suite {

std::optional<std::string> ReadFile(const std::string& path);

// What is answered when a fact is looked up of which nobody has said anything.
std::string NothingThere(const FactKey& key);

// How a script of the suite is compiled that lies in `folder`, as do those that it includes.
sieve::CompileOptions OptionsFor(const std::string& name, const std::string& folder);

inline constexpr absl::string_view kExtension = "vnd.dovecot.testsuite";
// With the commands of the suite.
void AddCommands(sieve::CompileOptions& options);

// Compiles and evaluates the file at `path`. A block that can't be compiled, or that ends the
// evaluation by an error, fails and is left out; the others are judged without it. What is
// wrong outside of all blocks fails those that were not begun.
absl::StatusOr<std::vector<Block>> RunFile(const std::string& path);

}  // namespace postern::rules::suite
