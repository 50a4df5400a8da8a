#pragma once

#include <cstdint>

#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/rule_line.h"

namespace postern::xmpp_edge {

// What becomes of a line about rules where it was said. Pure.
enum class RuleUse : uint8_t {
  kDone,
  kNotMailed,  // a command and nothing else, but none for that contact: its author is told so
  kMailed,     // what any text is there
};
// At the gateway all is done. `is_reply`: to some message (XEP-0461).
RuleUse UseOf(const RuleLine& line, const Place& place, bool is_reply);

// "mute" and its like.
bool IsAboutSender(RuleLine::Verb verb);
// To a question that was asked.
bool IsAnswer(RuleLine::Verb verb);

}  // namespace postern::xmpp_edge
