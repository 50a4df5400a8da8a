#pragma once

#include <string>

#include "services/xmpp-edge/words.h"

// What several features say.
namespace postern::xmpp_edge::texts {

inline std::string TooMuchAtOnce(const Words& words) {
  return words.Say("Too much at once; please try again in a moment.");
}
inline std::string Starting(const Words& words) {
  return words.Say("The gateway is starting. Try again in a minute.");
}

}  // namespace postern::xmpp_edge::texts
