#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Passwords that are not stored: asked for, given, refused.
namespace postern::xmpp_edge::texts {

inline std::string PasswordRequest(const Words& words, absl::string_view account) {
  return words.Say("Reply to this message with the password for account '$0'.", account);
}
// TRANSLATORS: $0 says why the password given before was of no use, $1 is an account's name.
inline std::string PasswordRequestAgain(const Words& words, absl::string_view reason,
                                        absl::string_view account) {
  return words.Say("$0 Reply to this message with the right password for account '$1'.", reason,
                   account);
}
inline std::string PasswordTitle(const Words& words, absl::string_view account) {
  return words.Say("Password for account '$0'", account);
}
inline std::string PasswordLabel(const Words& words) { return words.Say("Password"); }
inline std::string PasswordKept(const Words& words) {
  return words.Say(
      "Thank you. The password is being tried; it is kept in memory until you log off.");
}
inline std::string PasswordInHistory(const Words& words) {
  return words.Say(
      "It was not sent as mail. You may want to delete the message with it from your chat "
      "history.");
}
inline std::string PasswordNotTaken(const Words& words, absl::string_view account) {
  return words.Say(
      "The password for account '$0' could not be handed on. Send it again in a minute.", account);
}
inline std::string PasswordNotNow(const Words& words) {
  return words.Say(
      "Neither sent as mail nor taken as a password: the gateway can't tell at the moment which of "
      "the two it is. Try again in a minute.");
}
inline std::string PasswordUnseen(const Words& words) {
  return words.Say(
      "The gateway doesn't see that you are online, so it would forget the password at once. Let "
      "its contacts see your presence, then send the password again.");
}
inline std::string PasswordNotNeeded(const Words& words, absl::string_view account) {
  return words.Say("Account '$0' needs no password from you.", account);
}
inline std::string PasswordEmpty(const Words& words) {
  return words.Say("The password is empty or too long.");
}
inline std::string TooManyPasswords(const Words& words, size_t count) {
  return words.Say(
      "Not tried: $0 logins with passwords of yours did not work within five minutes. Wait five "
      "minutes, then send the password again.",
      count);
}
inline std::string PasswordUnderWay(const Words& words) {
  return words.Say("The password that you sent before is just being handed on.");
}

// --- what was written to a contact that asks, and is no password for sure -----------
inline std::string PasswordIsOneLine(const Words& words, absl::string_view account) {
  return words.Say(
      "Not sent: this contact waits for the password of account '$0', which is one line. To answer "
      "a mail now, use your client's reply function on it, or begin with a line \"To: "
      "someone@example.org\".",
      account);
}
inline std::string IsThisThePassword(const Words& words, absl::string_view account) {
  return words.Say(
      "Is this the password for account '$0'? Then send it once more. It was not sent as mail: to "
      "answer a mail now, use your client's reply function on it, or begin with a line \"To: "
      "someone@example.org\".",
      account);
}
inline std::string PasswordGivenBefore(const Words& words, absl::string_view account) {
  return words.Say(
      "Not sent: you gave this as the password for account '$0'. To send it as a mail all the "
      "same, begin with a line \"To: someone@example.org\".",
      account);
}
inline std::string MayBeNeededPassword(const Words& words, absl::string_view account) {
  return words.Say(
      "Not sent: account '$0' needs its password, and this may be it. To answer a mail, use your "
      "client's reply function on it, or begin with a line \"To: someone@example.org\".",
      account);
}
inline std::string MayBePassword(const Words& words) {
  return words.Say(
      "Not sent: this contact asked for a password a moment ago, and this may be one. To answer a "
      "mail, use your client's reply function on it, or begin with a line \"To: "
      "someone@example.org\".");
}

}  // namespace postern::xmpp_edge::texts
