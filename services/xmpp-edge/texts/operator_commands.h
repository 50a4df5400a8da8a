#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// What operators say to the gateway by chat, and are told.
namespace postern::xmpp_edge::texts {

// TRANSLATORS: everything before " - " is typed as it stands, in every language.
inline std::string OperatorHelp(const Words& words) {
  return words.Say(
      "operator status - how the services fare\n"
      "operator users - who has registered here\n"
      "operator sessions - who is online\n"
      "operator accounts JID - somebody's accounts\n"
      "operator check JID/NAME - look for new mail of an account now\n"
      "operator disable JID/NAME, operator enable JID/NAME - an account stops, and goes on\n"
      "operator queue - what waits to be sent\n"
      "operator retry ID, hold ID, release ID, cancel ID - a mail of the queue\n"
      "operator roles - who may say this");
}
inline std::string NoOperator(const Words& words) {
  return words.Say("Only operators of this gateway may do this, and you are none.");
}
// TRANSLATORS: $0 is a command such as "operator disable", $1 what stands behind it.
inline std::string OperatorNeeds(const Words& words, absl::string_view verb,
                                 absl::string_view object) {
  return words.Say("Write \"operator $0\" with $1 behind it.", verb, object);
}
// TRANSLATORS: $0 is what was done, as it was typed: "disable ann@example.org/work".
inline std::string OperatorDone(const Words& words, absl::string_view what) {
  return words.Say("Done: $0", what);
}
inline std::string NobodyAndNothing(const Words& words) { return words.Say("None."); }
// TRANSLATORS: $0 is a Jabber address.
inline std::string UserLine(const Words& words, absl::string_view user, uint32_t accounts,
                            uint32_t in_error) {
  return words.Say("$0: accounts: $1, with an error: $2", user, accounts, in_error);
}
inline std::string MailsInQueue(const Words& words, uint64_t count) {
  return words.Say("Mails in the queue: $0", count);
}

}  // namespace postern::xmpp_edge::texts
