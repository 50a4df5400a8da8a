#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Quiet hours, by chat.
namespace postern::xmpp_edge::texts {

// TRANSLATORS: '$0' is an account.
inline std::string NoQuietHours(const Words& words, absl::string_view account) {
  return words.Say("'$0' has no quiet hours.", account);
}
// TRANSLATORS: '$0' is an account, $1 a time zone ("Europe/Berlin").
inline std::string ZoneIsKept(const Words& words, absl::string_view account,
                              absl::string_view zone) {
  return words.Say("The time zone of '$0' is $1 now: times are told in it, and hours are its.",
                   account, zone);
}
// TRANSLATORS: the words in quotes are what users type; yours for "quiet" works as well, "zone"
// is typed so in every language.
inline std::string QuietHoursAreUtc(const Words& words) {
  return words.Say(
      "These are hours of UTC; write \"quiet zone Europe/Berlin\" to name your own time zone.");
}
// TRANSLATORS: as above.
inline std::string HowToBeQuiet(const Words& words) {
  return words.Say(
      "\"quiet 22:00-07:00\" sets quiet hours for every night, \"quiet SA-SU 00:00-24:00\" for the "
      "weekend, \"quiet off\" ends them.");
}
// TRANSLATORS: $0 is what is wrong.
inline std::string QuietNotSet(const Words& words, absl::string_view why) {
  return words.Say("The quiet hours were not changed: $0.", why);
}

}  // namespace postern::xmpp_edge::texts
