#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// What the gateway is called, and its address prompt.
namespace postern::xmpp_edge::texts {

// A name: the same in every language.
constexpr absl::string_view kGatewayName = "Postern";

inline std::string GatewayDescription(const Words& words) {
  return words.Say("E-mail gateway: your mail as chat, your chat as mail.");
}
inline std::string AccountsOfType(const Words& words, absl::string_view type) {
  // TRANSLATORS: $0 is "IMAP", "POP3" or "SMTP".
  return words.Say("$0 accounts", type);
}
inline std::string PromptDescription(const Words& words) {
  return words.Say("Please enter the email address of your contact");
}
inline std::string PromptLabel(const Words& words) { return words.Say("Email address"); }
inline std::string NoMailAddress(const Words& words, absl::string_view reason) {
  // TRANSLATORS: $0 says what is wrong with what was typed.
  return words.Say("This is no mail address ($0).", reason);
}

}  // namespace postern::xmpp_edge::texts
