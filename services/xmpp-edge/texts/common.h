#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// What several features say.
namespace postern::xmpp_edge::texts {

inline std::string TooMuchAtOnce(const Words& words) {
  return words.Say("Too much at once; please try again in a moment.");
}
inline std::string Stopping(const Words& words) {
  return words.Say("The gateway is restarting. Try again in a minute.");
}
inline std::string Starting(const Words& words) {
  return words.Say("The gateway is starting. Try again in a minute.");
}
inline std::string NoSuchContact(const Words& words, absl::string_view local) {
  return words.Say("You have no account \"$0\" here.", local);
}

}  // namespace postern::xmpp_edge::texts
