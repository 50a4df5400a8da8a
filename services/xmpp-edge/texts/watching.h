#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/xmpp-edge/words.h"

// When mail is fetched: the command for it, and what it answers.
namespace postern::xmpp_edge::texts {

inline std::string WhenMailIsFetched(const Words& words) {
  return words.Say("When mail is fetched");
}
inline std::string WatchingInstructions(const Words& words) {
  return words.Say(
      "With all fields empty, mail is fetched as it arrives. Times are those of the time zone.");
}
// By POP3 nobody tells of new mail.
inline std::string Pop3WatchingInstructions(const Words& words) {
  return words.Say(
      "With all fields empty, mail is fetched at the interval of the account. Times are those of "
      "the time zone.");
}

// --- fields -------------------------------------------------------------------------
// TRANSLATORS: the entries are typed so in every language; MO and FR are days.
inline std::string LabelSchedule(const Words& words) {
  return words.Say("Look for mail at these times only: in each line one, like $0 or $1", "* 12:00",
                   "MO-FR 08-18:*0");
}
inline std::string LabelQuietHours(const Words& words) {
  return words.Say("Quiet hours, in which mail waits in the mailbox, like $0",
                   "22:00-07:00, SA-SU 00:00-24:00");
}
inline std::string LabelTimeZone(const Words& words) {
  return words.Say("Time zone, like $0", "Europe/Berlin");
}
inline std::string LabelMoreMailboxes(const Words& words) {
  return words.Say("Other folders in which to look for mail, in each line one");
}
inline std::string LabelRemoveAfterDays(const Words& words) {
  return words.Say("Days after which mails are removed from the server; 0: never");
}

// --- what was wrong -----------------------------------------------------------------
// TRANSLATORS: $0 is the name of a field, $1 a line's number, $2 what is wrong with it.
inline std::string LineError(const Words& words, absl::string_view field, absl::string_view line,
                             absl::string_view reason) {
  return words.Say("Error with '$0' field, line $1: $2", field, line, reason);
}
inline words::Wording MustBeDays() { return words::Word("must be a number of days; 0 for never"); }

// --- what holds ---------------------------------------------------------------------
inline std::string WatchingStored(const Words& words) { return words.Say("Stored."); }
// TRANSLATORS: '$0' is an account, as in the next two.
inline std::string FetchedAsItArrives(const Words& words, absl::string_view account) {
  return words.Say("'$0': mail is fetched as it arrives.", account);
}
inline std::string FetchedEvery(const Words& words, absl::string_view account, size_t minutes) {
  // TRANSLATORS: '$1' is an account.
  return words.Plural("'$1': mail is fetched every $0 minute.",
                      "'$1': mail is fetched every $0 minutes.", minutes, account);
}
inline std::string FetchedNextAt(const Words& words, absl::string_view account,
                                 absl::string_view when) {
  return words.Say("'$0': mail is fetched by a schedule, next on $1.", account, when);
}
inline std::string FetchedWhenConnected(const Words& words, absl::string_view account) {
  return words.Say("'$0': mail is fetched when its server is connected to anyhow.", account);
}
// TRANSLATORS: $0 is a list like "22:00-07:00".
inline std::string QuietAt(const Words& words, absl::string_view hours) {
  return words.Say("Quiet hours: $0.", hours);
}
inline std::string QuietNow(const Words& words, absl::string_view until) {
  return words.Say("Now it is quiet, until $0.", until);
}
inline std::string OtherFolders(const Words& words, absl::string_view folders) {
  return words.Say("Other folders: $0.", folders);
}
inline std::string RemovedAfter(const Words& words, size_t days) {
  return words.Plural("Mails are removed from the server after $0 day.",
                      "Mails are removed from the server after $0 days.", days);
}
// In the user's own time zone, which they have named.
inline std::string ZonedDate(const Words& words, absl::Time time, absl::TimeZone zone) {
  // TRANSLATORS: $0 is a date and time of day ("2026-01-05 14:05"), $1 a time zone.
  return words.Say("$0 ($1)", absl::FormatTime("%Y-%m-%d %H:%M", time, zone), zone.name());
}

// --- by chat, and in the help ---------------------------------------------------------
// TRANSLATORS: one word that users may type beside the English one, like "accounts".
inline std::string KeywordTimes(const Words& words) { return words.Say("times"); }
// TRANSLATORS: what stands first is typed; yours for "times" works as well.
inline std::string HowToSeeTimes(const Words& words) {
  return words.Say("times - when mail is fetched; \"times NAME\" of one account");
}
// TRANSLATORS: $0 is the name of a command: "When mail is fetched".
inline std::string HowToSetTimes(const Words& words) {
  return words.Say(
      "The command \"$0\" of this contact sets at which times mail is looked for, and hours in "
      "which you want none.",
      WhenMailIsFetched(words));
}

}  // namespace postern::xmpp_edge::texts
