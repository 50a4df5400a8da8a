#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/xmpp-edge/rule_set.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// What became of a mail by a decision of the rules service, in the words of its user. Pure.

// It was not shown to its user, or is not yet: the same reasoning as the fetcher's PlanOf().
bool WasKeptBack(const rules::v1::Decision& decision, int64_t now_unix);
bool IsInQuarantine(const rules::v1::Decision& decision);

// "don't show it, by your rule 2 (If sender is …)", and what of it could not be done; `rules` are
// those in force now, `zone` the user's.
std::string DecisionText(const rules::v1::Decision& decision, const Rules& rules,
                         absl::TimeZone zone, const Words& words);
// The same as a line of a list, with date, subject and sender.
std::string DecisionLine(const rules::v1::Decision& decision, const Rules& rules,
                         absl::TimeZone zone, const Words& words);
std::string SubjectOf(const rules::v1::Decision& decision, const Words& words);
std::string SenderTextOf(const rules::v1::Decision& decision, const Words& words);

}  // namespace postern::xmpp_edge
