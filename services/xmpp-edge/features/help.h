#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// True for a message that says "help", in English or as the catalogue has it, or "?", and nothing
// else: a mail may well begin with "Help me …".
bool IsHelpRequest(absl::string_view body, const Words& words);

// True when `said` is a keyword in English, or as the catalogue has it: "aide", or
// spellings beside each other, "pomoc|Pomoc".
bool IsKeyword(absl::string_view said, absl::string_view english, absl::string_view translated);

// The keyword as users are told it: its first spelling.
std::string ShownKeyword(absl::string_view translated);

// What one can do at this contact. `with_files`: uploaded ones are attached.
std::string HelpText(const Place& place, absl::string_view domain, const Words& words,
                     bool with_files);

}  // namespace postern::xmpp_edge
