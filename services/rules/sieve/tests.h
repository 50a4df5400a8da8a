#pragma once

#include <vector>

#include "services/rules/sieve/scope.h"
#include "services/rules/sieve/signature.h"

namespace postern::rules::sieve {

// A test of Sieve, and what it becomes: tests of the program that must all be true. Nothing after
// a problem. Tests that jump (allof, not, …) are control.cc's.
struct TestRow {
  Signature signature;
  std::optional<std::vector<Test>> (*make)(Scope& scope, const Arguments& arguments);
};

std::vector<TestRow> MessageTests();  // header, address, envelope, exists, size, body, date, …
std::vector<TestRow> StateTests();    // string, environment, mailboxexists, duplicate, …

const TestRow* FindTestRow(absl::string_view name);

}  // namespace postern::rules::sieve
