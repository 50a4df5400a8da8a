#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// How accounts fare: the status of their contacts, and the message that tells an error; what
// contacts say when they ask to be added to a roster.
namespace postern::xmpp_edge::texts {

// What the contact of the gateway is called in a roster.
inline std::string GatewayNick(const Words& words) { return words.Say("Mail gateway"); }

inline std::string RequestOfGateway(const Words& words) {
  // TRANSLATORS: "help" is what users type, in every language.
  return words.Say("Your mail gateway: send it \"help\" to see what you can do.");
}
inline std::string RequestOfMailbox(const Words& words, absl::string_view name,
                                    absl::string_view type) {
  // TRANSLATORS: $0 is the account's name, $1 its type (IMAP).
  return words.Say("Your mail account '$0' ($1): new mail comes from this contact.", name, type);
}
inline std::string RequestOfSender(const Words& words, absl::string_view name,
                                   absl::string_view type, absl::string_view from) {
  // TRANSLATORS: $0 is the account's name, $1 its type (SMTP), $2 the user's mail address.
  return words.Say("Your mail account '$0' ($1): write to this contact to send mail from $2.", name,
                   type, from);
}

inline std::string AccountsRegistered(const Words& words, size_t count) {
  return words.Plural("$0 account registered", "$0 accounts registered", count);
}
inline std::string Watching(const Words& words, absl::string_view url, absl::string_view mailbox) {
  // TRANSLATORS: $0 is a server's address, $1 a mailbox, such as INBOX.
  return words.Say("$0 — watching $1", url, mailbox);
}
inline std::string WatchingPop3(const Words& words, absl::string_view url) {
  // TRANSLATORS: $0 is a server's address; its new mail is watched for.
  return words.Say("$0 — watching", url);
}
inline std::string ReadyToSend(const Words& words, absl::string_view url) {
  // TRANSLATORS: $0 is a server's address.
  return words.Say("$0 — ready to send", url);
}
inline std::string ReadyToSendAs(const Words& words, absl::string_view from) {
  // TRANSLATORS: $0 is the user's mail address.
  return words.Say("Ready to send from $0", from);
}
inline std::string Connecting(const Words& words, absl::string_view url) {
  // TRANSLATORS: $0 is a server's address.
  return words.Say("$0 — connecting…", url);
}
inline std::string NeedsPassword(const Words& words) {
  return words.Say(
      "Waiting for your password: reply with it to the message from this contact that asks for "
      "it.");
}
inline std::string NeedsPasswordAgain(const Words& words, absl::string_view reason) {
  // TRANSLATORS: $0 says why the password given before was of no use.
  return words.Say(
      "Waiting for your password: reply with it to the message from this contact that asks for "
      "it. ($0)",
      reason);
}
inline std::string Disabled(const Words& words) { return words.Say("This account is disabled"); }
inline std::string UnknownError(const Words& words) {
  return words.Say("This account has an error");
}
inline std::string AccountError(const Words& words, absl::string_view name,
                                absl::string_view reason) {
  // TRANSLATORS: $0 is the account's name, $1 says what is wrong.
  return words.Say("Account '$0' has a problem: $1", name, reason);
}

}  // namespace postern::xmpp_edge::texts
