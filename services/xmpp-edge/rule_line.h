#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// What users say of rules by chat: one line and nothing else, in English or as the catalogue has
// it ("mute ann@example.org", "rule delete 3"). Pure.
struct RuleLine {
  enum class Verb : uint8_t {
    kList,    // rules
    kHelp,    // something about rules that nobody understands
    kShow,    // rule 3
    kDelete,  // rule delete 3, and so on
    kUp,
    kDown,
    kOn,
    kOff,
    kCopy,
    kPropose,  // rule
    kMute,
    kUnmute,
    kVip,
    kUnvip,
    kContactsOnly,
    kNotContactsOnly,
    kQuiet,  // `argument`: hours, "off", "zone Europe/Berlin", or nothing
    kWhy,
    kWhyNot,  // `argument`: a word of the mail; may be empty
    kSieve,
    kExport,
    kTry,  // `argument`: a folder, perhaps behind an account; may be empty
    kApply,
    kQuarantine,
    kRelease,  // `number`
    kSievePassword,
    kNoSievePassword,
    kYes,
    kNo,
    kChoice,  // "2", or "2 Lists/dev", or "two"
  };
  Verb verb = Verb::kHelp;
  std::string argument;      // as written
  std::string number_text;   // of a rule, as written
  size_t number = 0;         // 0: none that is one
  bool this_sender = false;  // kMute, kUnmute, kVip, kUnvip: of the mail that is answered
};

// Nothing when it is no such line.
std::optional<RuleLine> ReadRuleLine(absl::string_view body, const Words& words);

}  // namespace postern::xmpp_edge
