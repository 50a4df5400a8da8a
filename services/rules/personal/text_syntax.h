#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/personal/syntax_parts.h"

namespace postern::rules::personal {

using Operator = v1::PersonalCondition::Operator;

// What is looked for, and how: the match type of a Sieve test, and its keys.
struct Look {
  absl::string_view match;  // "contains"
  Texts keys;
};

// `values` compared with a text that has `before` in front of what is meant and `after` behind it:
// "<" and ">" around a List-Id. Those two are patterns: "*" and "?" stand for any characters in
// them. Not for OVER, UNDER and EXISTS.
Look LookFor(Operator comparison, const Texts& values, absl::string_view before = "",
             absl::string_view after = "");

// A test of texts: `name` with `tags` before the match type, `subjects` before the keys unless they
// are empty. What people write in other alphabets is compared without regard to case, too.
sieve::TestNode TextTest(absl::string_view name, Arguments tags, const Texts& subjects,
                         const Look& look, Extensions& needed);

// With what ":matches" would take for wildcards marked as itself.
std::string PlainPattern(absl::string_view text);

}  // namespace postern::rules::personal
