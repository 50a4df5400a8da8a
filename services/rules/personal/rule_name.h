#pragma once

#include <string>

#include "postern/rules/v1/rules.pb.h"

namespace postern::rules::personal {

// What a rule is called where people meet it: in its script, in traces, in problems. The name that
// its user gave it, else what it does: "from is ann@example.org: deliver none". One line, at most
// kMaxNameBytes. Pure.
std::string NameOf(const v1::PersonalRule& rule);

}  // namespace postern::rules::personal
