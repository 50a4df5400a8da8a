#pragma once

#include <string>

#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge::texts {

// Of a language in itself: users choose by it.
inline std::string LanguageName(const Words& words) {
  // TRANSLATORS: not "English" in your language, but the name of your own language: "Deutsch".
  return words.Say("English");
}

}  // namespace postern::xmpp_edge::texts
