#pragma once

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/xmpp-edge/send_time.h"
#include "services/xmpp-edge/texts/sending_settings.h"
#include "services/xmpp-edge/words.h"

// When a mail is sent, and how it is taken back.
namespace postern::xmpp_edge::texts {

// TRANSLATORS: words that users may type after "Send:" beside the English ones, as "Send:
// tomorrow 9:00". Several are given with "|" between them; where clients on phones begin with a
// capital that is not ASCII, give both.
inline TimeWords LocalTimeWords(const Words& words) {
  TimeWords local;
  local.today = words.Say("today");
  local.tomorrow = words.Say("tomorrow");
  // TRANSLATORS: the day after tomorrow, in one word, if there is one; else as it is.
  local.after_tomorrow = words.Say("overmorrow");
  local.weekdays = {words.Say("monday"),   words.Say("tuesday"), words.Say("wednesday"),
                    words.Say("thursday"), words.Say("friday"),  words.Say("saturday"),
                    words.Say("sunday")};
  // TRANSLATORS: as in "in 2 hours".
  local.in = words.Say("in");
  // TRANSLATORS: as in "tomorrow at 9:00".
  local.at = words.Say("at");
  // TRANSLATORS: as in "in an hour", "in one hour".
  local.one = words.Say("a|an|one");
  // TRANSLATORS: as in "at 9 o'clock": one word after the number.
  local.oclock = words.Say("o'clock");
  local.noon = words.Say("noon");
  // TRANSLATORS: one word, if there is one; else as it is.
  local.tonight = words.Say("tonight");
  local.minutes = words.Say("minutes|minute");
  local.hours = words.Say("hours|hour");
  local.days = words.Say("days|day");
  local.weeks = words.Say("weeks|week");
  return local;
}
inline std::string SendLineUnreadable(const Words& words, absl::string_view value) {
  // TRANSLATORS: "Send:" is what users type, in every language; what follows it in the examples
  // may be in yours.
  return words.Say(
      "Not sent: the line \"Send: $0\" names no time. Write it like \"Send: 18:00\", \"Send: "
      "tomorrow 9:00\", \"Send: in 2 hours\" or \"Send: 2026-12-24 18:00\". If it is text, put an "
      "empty line before it.",
      value);
}
inline std::string SendLineTwice(const Words& words) {
  return words.Say(
      "Not sent: there are two lines \"Send:\". Leave one of them; if the other is text, put an "
      "empty line before it.");
}
inline std::string SendLineIsOver(const Words& words, absl::string_view value) {
  return words.Say(
      "Not sent: the line \"Send: $0\" names a time that is over, or more than a year ahead. Write "
      "it like \"Send: tomorrow 9:00\" or \"Send: in 2 hours\".",
      value);
}
// TRANSLATORS: $0 is a date and time with its zone. "cancel" is what users type; you may write
// the word that you give for it.
inline std::string WillBeSentAt(const Words& words, absl::string_view when) {
  return words.Say("It will be sent on $0. Write \"cancel\" to stop it.", when);
}
// TRANSLATORS: $0 is the name of a command: "How mail is sent"; "sending zone
// Europe/Berlin" is what users type, in every language; UTC is a time zone.
inline std::string ZoneIsUnknown(const Words& words) {
  return words.Say(
      "Your time zone is not known, so times are in UTC. Write \"sending zone Europe/Berlin\" "
      "(with "
      "yours) to the gateway, or use the command \"$0\" of your account that sends mail.",
      HowMailIsSent(words));
}
inline std::string WillBeSentIn(const Words& words, size_t seconds) {
  return words.Plural("It will be sent in $0 second; write \"cancel\" to stop it.",
                      "It will be sent in $0 seconds; write \"cancel\" to stop it.", seconds);
}
// As in ZonedDate; a clock without a name is told by its distance from UTC.
inline std::string SendingDate(const Words& words, absl::Time time, absl::TimeZone zone) {
  const std::string name = absl::StartsWith(zone.name(), "Fixed/")
                               ? absl::StrCat("UTC", absl::FormatTime("%Ez", time, zone))
                               : zone.name();
  return words.Say("$0 ($1)", absl::FormatTime("%Y-%m-%d %H:%M", time, zone), name);
}

inline std::string HowToSendLater(const Words& words) {
  // TRANSLATORS: "Send:", "From:" and "cancel" are what users type, in every language.
  return words.Say(
      "A line \"Send: tomorrow 9:00\" or \"Send: in 2 hours\" lets a mail wait. What waits can be "
      "taken back by \"cancel\", or by retracting or correcting the message. \"From:\" may name "
      "another sender of your account.");
}

// TRANSLATORS: the name of the line "Send:" that users may write beside the English one.
inline std::string KeywordSend(const Words& words) { return words.Say("Send"); }
inline std::string NothingToSend(const Words& words) {
  return words.Say("Not sent: there is no text. Write it below the lines at the head.");
}

// --- taking back ----------------------------------------------------------------------
// TRANSLATORS: one word that users may type beside the English one, like "accounts".
inline std::string KeywordCancel(const Words& words) { return words.Say("cancel"); }
// TRANSLATORS: $0 is a subject, $1 addresses.
inline std::string TakenBack(const Words& words, absl::string_view subject,
                             absl::string_view recipients) {
  return words.Say("Taken back: \"$0\" is not sent to $1.", subject, recipients);
}
inline std::string TakenBackBefore(const Words& words, absl::string_view subject) {
  return words.Say("\"$0\" was taken back before. It is not sent.", subject);
}
// TRANSLATORS: $0 is a subject, $1 is why, in small letters: "the mail was sent or given up
// already".
inline std::string NotTakenBack(const Words& words, absl::string_view subject,
                                absl::string_view why) {
  return words.Say("\"$0\" can't be taken back: $1.", subject, why);
}
inline std::string NothingToTakeBack(const Words& words) {
  // TRANSLATORS: "Subject:" is what users type, in every language.
  return words.Say(
      "There is nothing to take back: no mail that you wrote here is waiting. To mail this word "
      "alone, put a line \"Subject: …\" before it.");
}
inline std::string NothingOfThisWaits(const Words& words) {
  return words.Say(
      "Nothing was taken back: no mail of that message is waiting. A mail that has left can't be "
      "taken back.");
}
// A message of which no mail came (or it is long ago).
inline std::string CorrectionOfNothing(const Words& words) {
  return words.Say(
      "Not sent: the message that this corrects is no mail that waits. Write a new message "
      "instead.");
}
inline std::string CorrectionOfTakenBack(const Words& words) {
  return words.Say("Not sent: that mail was taken back. Write a new message instead.");
}
inline std::string NotTakenBackNow(const Words& words) {
  return words.Say("It could not be taken back at this moment. Try again.");
}

}  // namespace postern::xmpp_edge::texts
