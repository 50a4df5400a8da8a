#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// A rule made from a mail.
namespace postern::xmpp_edge::texts {

// TRANSLATORS: a numbered list of rules follows; $0 is a subject, $1 an address.
inline std::string WhatToDoWith(const Words& words, absl::string_view subject,
                                absl::string_view sender) {
  return words.Say("A rule for mail like \"$0\" from $1. Answer with the number of one:", subject,
                   sender);
}
// TRANSLATORS: the same; $0 is an address.
inline std::string WhatToDoWithMailFrom(const Words& words, absl::string_view sender) {
  return words.Say("A rule for mail from $0. Answer with the number of one:", sender);
}
inline std::string OrNameTheFolder(const Words& words, size_t number) {
  return words.Say("Another folder goes behind the number: \"$0 Lists/work\".", number);
}
// TRANSLATORS: $0 is the gateway's address; "Rules" the name of a command.
inline std::string OrOpenTheForm(const Words& words, absl::string_view domain) {
  return words.Say(
      "For any other rule open the command \"Rules\" of $0 within ten minutes: it has a form that "
      "is "
      "filled in from this mail. Nothing was sent to anybody.",
      domain);
}
inline std::string ChooseUpTo(const Words& words, size_t most) {
  return words.Say("Answer with a number from 1 to $0, or reply \"rule\" to the mail again.", most);
}
inline std::string TakesNoFolder(const Words& words) {
  return words.Say("That rule moves nothing. Answer with its number alone.");
}

}  // namespace postern::xmpp_edge::texts
