#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Help, and what can be said to the gateway by chat.
namespace postern::xmpp_edge::texts {

// --- keywords, as a whole message to the gateway ------------------------------------
// TRANSLATORS: each of these is one word that users may type beside the English one. Where
// clients on phones begin with a capital, give both: "pomoc|Pomoc".
inline std::string KeywordHelp(const Words& words) { return words.Say("help"); }
inline std::string KeywordAccounts(const Words& words) { return words.Say("accounts"); }
inline std::string KeywordCheck(const Words& words) { return words.Say("check"); }
inline std::string KeywordErrors(const Words& words) { return words.Say("errors"); }
inline std::string KeywordLanguage(const Words& words) { return words.Say("language"); }
inline std::string KeywordRemove(const Words& words) { return words.Say("remove"); }

// --- what they answer ----------------------------------------------------------------
// TRANSLATORS: $0 is the account's name, $1 its type (IMAP), $2 how it fares.
inline std::string AccountLine(const Words& words, absl::string_view name, absl::string_view type,
                               absl::string_view state) {
  return words.Say("$0 ($1): $2", name, type, state);
}
inline std::string StateWorks(const Words& words) { return words.Say("works"); }
inline std::string StateChecking(const Words& words) { return words.Say("connecting…"); }
inline std::string StateAsking(const Words& words) {
  return words.Say("waits for its password: send it to the contact of the account");
}
inline std::string StateError(const Words& words) { return words.Say("has an error"); }
inline std::string StateDisabled(const Words& words) { return words.Say("disabled"); }
// TRANSLATORS: $0 is the account's name, $1 a date, $2 what went wrong (a sentence with its full
// stop), $3 whether it still does.
inline std::string ErrorLine(const Words& words, absl::string_view name, absl::string_view when,
                             absl::string_view problem, absl::string_view now) {
  return words.Say("$0, $1: $2 $3", name, when, problem, now);
}
inline std::string NoErrors(const Words& words) {
  return words.Say("None of your accounts has had an error.");
}
inline std::string NoSuchMailbox(const Words& words, absl::string_view name) {
  return words.Say("You have no account \"$0\" that receives mail.", name);
}
// TRANSLATORS: "language" and "auto" are what users type, in every language.
inline std::string LanguagesSpoken(const Words& words, absl::string_view known) {
  return words.Say(
      "The gateway speaks: $0. Choose one with \"language\" and its short name, such as "
      "\"language de\"; \"language auto\" follows your client.",
      known);
}

// --- help ------------------------------------------------------------------------------
// TRANSLATORS: "To:", "Cc:" and so on are what users type, in every language.
inline std::string HowToWrite(const Words& words, absl::string_view domain) {
  return words.Say(
      "To write a new mail, begin your message with header lines, then the text:\n\n"
      "To: ann@example.org, Bob <bob@example.net>\n"
      "Cc: …\nBcc: …\nSubject: …\nSend: … (tomorrow 9:00)\nFrom: … (one of your SMTP accounts)\n\n"
      "Only To: is needed. A message to someone\\40example.org@$0 goes to someone@example.org "
      "without any.",
      domain);
}
inline std::string HowToAnswer(const Words& words) {
  return words.Say(
      "New mail arrives as messages from this contact. Write here to answer: use your client's "
      "reply function to answer one mail, else the newest is answered.");
}
inline std::string AsksForPassword(const Words& words) {
  return words.Say(
      "The password of this account is not stored. At each login this contact asks for it: reply "
      "with the password alone.");
}
inline std::string SendsFrom(const Words& words, absl::string_view name, absl::string_view from) {
  return words.Say("\"$0\" sends mail from $1.", name, from);
}
inline std::string WritesTo(const Words& words, absl::string_view address) {
  return words.Say(
      "What you write here is sent as mail to $0. Lines \"Subject: …\", \"Cc: …\", \"Bcc: …\", "
      "\"Send: …\" or \"From: …\" may stand before the text.",
      address);
}
// TRANSLATORS: the words in quotes are what users type, in every language; those that you gave
// above for "accounts" and so on work as well.
inline std::string HowToCommand(const Words& words) {
  return words.Say(
      "To the gateway itself you can say:\n\n"
      "accounts - your accounts, and how they fare\n"
      "check - look for new mail now; \"check NAME\" in one account\n"
      "errors - the last error of each account\n"
      "language - the language in which the gateway speaks to you\n"
      "remove NAME - remove an account; you are asked once more");
}
inline std::string HowToGetHelp(const Words& words) { return words.Say("help - this text"); }
inline std::string CommandsOfGateway(const Words& words) {
  return words.Say(
      "The commands of this contact (your client may call them ad-hoc commands) register accounts, "
      "look for new mail now, change your preferences and remove accounts.");
}
inline std::string CommandsOfAccount(const Words& words) {
  return words.Say(
      "The commands of this contact (your client may call them ad-hoc commands) fetch older mails, "
      "look for new mail now, tell the last error, change the settings and remove the account.");
}
inline std::string CommandsOfSender(const Words& words) {
  return words.Say(
      "The commands of this contact (your client may call them ad-hoc commands) tell the last "
      "error, change the settings and remove the account.");
}
inline std::string CommandsAtGateway(const Words& words, absl::string_view domain) {
  return words.Say("Send \"help\" to $0 for what else you can do.", domain);
}

}  // namespace postern::xmpp_edge::texts
