#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// What of a user's waits to be sent (waiting_mails).
namespace postern::xmpp_edge::texts {

// TRANSLATORS: one word that users may type beside the English one, like "accounts".
inline std::string KeywordOutbox(const Words& words) { return words.Say("outbox"); }
// TRANSLATORS: what stands first is typed; yours for "outbox" and "cancel" work as well.
inline std::string HowToSeeOutbox(const Words& words) {
  return words.Say("outbox - what of yours waits to be sent; \"cancel ID\" takes a mail back");
}
// The command's name.
inline std::string WaitingToBeSent(const Words& words) {
  return words.Say("Mail that waits to be sent");
}
inline std::string SelectToTakeBack(const Words& words) {
  return words.Say("Select the mails that shall not be sent.");
}
inline std::string TakeBackThese(const Words& words) { return words.Say("Take back"); }
inline std::string NothingWaits(const Words& words) {
  return words.Say("None of your mails waits to be sent.");
}
inline std::string NothingTakenBack(const Words& words) {
  return words.Say("No mail was selected; all of them wait on.");
}
// TRANSLATORS: "cancel" is what users type; $0 is an example of the letters in front of a mail.
inline std::string HowToCancelOne(const Words& words, absl::string_view id) {
  return words.Say("Write \"cancel $0\" to take back the mail with these letters.", id);
}
inline std::string MoreWaits(const Words& words) { return words.Say("There are more."); }
inline std::string NoSuchWaiting(const Words& words, absl::string_view beginning) {
  return words.Say("None of your mails that wait begins with \"$0\". Write \"outbox\" to see them.",
                   beginning);
}
inline std::string SeveralWaiting(const Words& words, absl::string_view beginning) {
  return words.Say("Several of your mails begin with \"$0\". Write more of the letters.",
                   beginning);
}
// TRANSLATORS: a mail in a list: $0 is its subject, $1 addresses, $2 when it goes.
inline std::string WaitingLine(const Words& words, absl::string_view subject,
                               absl::string_view recipients, absl::string_view when) {
  return words.Say("\"$0\" to $1: $2", subject, recipients, when);
}
// TRANSLATORS: when a mail goes, behind a colon; $0 is a date and time with its zone.
inline std::string GoesOn(const Words& words, absl::string_view when) {
  return words.Say("on $0", when);
}
inline std::string TriedAgainOn(const Words& words, absl::string_view when) {
  return words.Say("it could not be sent yet, and is tried again on $0", when);
}
inline std::string GoesInAMoment(const Words& words) { return words.Say("in a moment"); }
inline std::string GoesBySchedule(const Words& words) {
  return words.Say("when the schedule of its account lets it go");
}
inline std::string IsBeingSent(const Words& words) { return words.Say("it is being sent"); }
inline std::string IsHeld(const Words& words) {
  return words.Say("the operator of this gateway holds it back");
}

}  // namespace postern::xmpp_edge::texts
