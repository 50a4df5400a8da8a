#pragma once

#include <string>

#include "services/xmpp-edge/words.h"

// What service discovery says: features/disco*.
namespace postern::xmpp_edge::texts {

// The operator's own server for mail that goes out, when the operator has not named it.
inline std::string Relay(const Words& words) { return words.Say("Default SMTP Server"); }
inline std::string Commands(const Words& words) { return words.Say("Commands"); }
inline std::string FoldersAway(const Words& words) {
  return words.Say("The folders can't be listed at the moment. Try again in a minute.");
}

}  // namespace postern::xmpp_edge::texts
