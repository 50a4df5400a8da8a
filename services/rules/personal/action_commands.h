#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/personal/syntax_parts.h"

namespace postern::rules::personal {

// What a rule does, as commands of Sieve: flags first, for what is filed has those that were set
// before. The rule was checked (check_rules.h).
std::vector<sieve::Command> CommandsOf(const v1::PersonalRule& rule, Extensions& needed);

// A Jabber address as RFC 5122 has it: "xmpp:ann@example.org"; what is a URI already stays.
std::string NotifyUriOf(absl::string_view target);

// The special use (RFC 8579) that "\Junk" names, and what such a folder is called where the server
// does not say: "Junk". Null: it is none of those that mail is filed by.
const char* FolderOfUse(absl::string_view use);

}  // namespace postern::rules::personal
