#pragma once

#include <string>

#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge::texts {

// TRANSLATORS: not "English" in your language, but the name of your language in itself:
// "Deutsch", "Français". Users choose by it.
inline std::string LanguageName(const Words& words) { return words.Say("English"); }

}  // namespace postern::xmpp_edge::texts
