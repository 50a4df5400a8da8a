#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Why a mail was shown, or not, and what lies in quarantine.
namespace postern::xmpp_edge::texts {

// TRANSLATORS: a mail in a list: $0 is a date, $1 its subject, $2 who it is from, $3 what was done.
inline std::string DecisionLine(const Words& words, absl::string_view when,
                                absl::string_view subject, absl::string_view sender,
                                absl::string_view done) {
  return words.Say("$0, \"$1\" from $2: $3", when, subject, sender, done);
}
// TRANSLATORS: $0 is what was done ("show it in a digest"), $1 which rule said so.
inline std::string DoneBy(const Words& words, absl::string_view done, absl::string_view rule) {
  return words.Say("$0, by $1", done, rule);
}
// TRANSLATORS: which rule: $0 is its number, $1 what it says.
inline std::string YourRule(const Words& words, size_t number, absl::string_view rule) {
  return words.Say("your rule $0 ($1)", number, rule);
}
inline std::string YourFormerRule(const Words& words) {
  return words.Say("a rule of yours that you have deleted since");
}
// TRANSLATORS: which rule; $0 is the name of a script, $1 a line's number.
inline std::string YourScript(const Words& words, absl::string_view script, size_t line) {
  return words.Say("your script \"$0\", line $1", script, line);
}
// TRANSLATORS: which rule: one that the operator made for everybody.
inline std::string GatewaysRule(const Words& words) { return words.Say("a rule of this gateway"); }
// TRANSLATORS: $0 is the name of a script or a file, $1 a line's number.
inline std::string LineOfScript(const Words& words, absl::string_view script, size_t line) {
  return words.Say("$0, line $1", script, line);
}
// TRANSLATORS: what was done with a mail, as in the next ones.
inline std::string WasKept(const Words& words) { return words.Say("keep it"); }
inline std::string WasMarked(const Words& words, absl::string_view flags) {
  return words.Say("keep it, marked with $0", flags);
}
inline std::string WasRejected(const Words& words) {
  return words.Say("refuse it: don't show it, and leave it in the mailbox");
}
inline std::string WasAnswered(const Words& words, absl::string_view address) {
  return words.Say("answer $0", address);
}
inline std::string WasHeld(const Words& words, absl::string_view until) {
  return words.Say("show it later, on $0", until);
}
inline std::string WasShownTo(const Words& words, absl::string_view jids) {
  return words.Say("show it to $0", jids);
}
inline std::string WasNoted(const Words& words) { return words.Say("make a note of it"); }
inline std::string WasEdited(const Words& words) { return words.Say("change what it says"); }
inline std::string WasLeft(const Words& words) {
  return words.Say("rules looked at it, and left it as it is");
}
// TRANSLATORS: $0 is what a rule wanted done ("move it to the folder ..."), $1 why it was not.
inline std::string WasNotDone(const Words& words, absl::string_view what, absl::string_view why) {
  return words.Say("$0 (not done: $1)", what, why);
}
inline std::string WasNotTried(const Words& words, absl::string_view what) {
  return words.Say("$0 (not done)", what);
}
// TRANSLATORS: follows what could not be done.
inline std::string WasShownInstead(const Words& words) {
  return words.Say("so it came to you after all");
}

inline std::string NoRuleDecided(const Words& words) {
  return words.Say(
      "No rule had to do with that mail in the last 7 days: it came as your account is set up to "
      "show mail. \"Change the settings\" of the account's contact changes that; reply \"rule\" to "
      "the "
      "mail to make a rule. Your word was not mailed.");
}
inline std::string RulesDecided(const Words& words) {
  return words.Say("What rules did with that mail (your word was not mailed):");
}
// TRANSLATORS: "why" is what users type.
inline std::string HowToAskWhy(const Words& words) {
  return words.Say(
      "Reply \"why\" to a mail, at the contact it came from, to learn why you got it. \"why not\" "
      "and a "
      "word of the subject or the sender, written here, tells which mails rules kept back.");
}
inline std::string KeptBack(const Words& words) {
  return words.Say("The last mails that rules kept back (they are in your mailbox):");
}
inline std::string NothingKeptBack(const Words& words) {
  return words.Say(
      "Rules kept back no such mail in the last 7 days. Mail may also wait because of your "
      "presence or "
      "quiet hours: write \"times\" or \"accounts\".");
}
inline std::string MoreKeptBack(const Words& words) {
  return words.Say("There are more. Write \"why not\" with a word of the subject or the sender.");
}

// --- quarantine -----------------------------------------------------------------------
inline std::string InQuarantine(const Words& words) {
  return words.Say("In quarantine, the newest first; \"quarantine release 1\" shows one to you:");
}
inline std::string NothingInQuarantine(const Words& words) {
  return words.Say("Nothing was put into quarantine in the last 7 days.");
}
// TRANSLATORS: a mail in a list: $0 its number, $1 a date, $2 its subject, $3 who it is from.
inline std::string QuarantineLine(const Words& words, size_t number, absl::string_view when,
                                  absl::string_view subject, absl::string_view sender) {
  return words.Say("$0. $1, \"$2\" from $3", number, when, subject, sender);
}
inline std::string ReleaseWhich(const Words& words) {
  return words.Say(
      "Write \"quarantine\" first, then \"quarantine release 1\" with the number of a mail within "
      "ten "
      "minutes.");
}
// TRANSLATORS: $0 is a subject, as in the next ones.
inline std::string Released(const Words& words, absl::string_view subject) {
  return words.Say("\"$0\" is released; it follows.", subject);
}
inline std::string NotReleasedGone(const Words& words, absl::string_view subject) {
  return words.Say("\"$0\" is not in your mailbox any more.", subject);
}
inline std::string NotReleased(const Words& words, absl::string_view subject,
                               absl::string_view why) {
  return words.Say("\"$0\" could not be released: $1", subject, why);
}

}  // namespace postern::xmpp_edge::texts
