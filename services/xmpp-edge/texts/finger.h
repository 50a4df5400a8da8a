#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// What users say about themselves (JSMail's finger files).
namespace postern::xmpp_edge::texts {

// TRANSLATORS: one word that users may type beside the English one, with a name behind it.
inline std::string KeywordFinger(const Words& words) { return words.Say("finger"); }
// TRANSLATORS: one word: "finger fred wide" asks for the long text.
inline std::string KeywordWide(const Words& words) { return words.Say("wide"); }

inline std::string FingerWhom(const Words& words) {
  return words.Say(
      "Send \"finger\" with the name of a user, such as \"finger fred\"; \"finger fred wide\" "
      "shows the long text.");
}
inline std::string NoSuchUser(const Words& words, absl::string_view name) {
  return words.Say("There is no user \"$0\" who says anything here.", name);
}
inline std::string SaysNothing(const Words& words, absl::string_view name) {
  return words.Say("$0 says nothing.", name);
}

// --- the command, and its form ------------------------------------------------------
inline std::string FingerCommand(const Words& words) { return words.Say("Ask who somebody is"); }
inline std::string FingerInstructions(const Words& words) {
  return words.Say("What a user of this site says about themselves.");
}
inline std::string LabelFingerUser(const Words& words) { return words.Say("Name of the user"); }
inline std::string LabelFingerWide(const Words& words) { return words.Say("The long text"); }

}  // namespace postern::xmpp_edge::texts
