#pragma once

#include <string>

#include "services/rules/engine/run.h"

// The reasons of a decision, for people: in the words of Sieve, whatever the rule was written in.
namespace postern::rules {

std::string InWords(const ActionKind& kind);
// header :contains "subject" "invoice"; the texts put together.
std::string InWords(const Test& test, const Run& run);

}  // namespace postern::rules
