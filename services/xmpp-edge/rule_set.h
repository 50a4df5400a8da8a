#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "postern/rules/v1/rules.pb.h"

namespace postern::xmpp_edge {

// The personal rules of a user, in their order, and what is done to them. Pure.
using Rules = std::vector<rules::v1::PersonalRule>;

inline constexpr size_t kMaxRules = 200;  // rules.proto
inline constexpr int kMaxValues = 50;     // of one condition that words by chat fill
inline constexpr size_t kMaxRuleValueBytes = 500;

// Rules that words by chat keep ("mute ann@example.org"): one for all addresses, known by its
// shape, whoever made it; one that is off is left alone. Of several rules that say how a mail is
// shown the last one counts, so they stand at the end, in this order: domains that are muted, only
// from contacts, domains of VIPs, addresses that are muted, VIPs. An address counts more than its
// domain.
enum class Standing { kNone, kMuted, kContactsOnly, kVip };
Standing StandingOf(const rules::v1::PersonalRule& rule);

// A sender as the rules name one: an address in lower case, or "@example.org" for everybody there.
// kInvalidArgument: it is neither, with a wording.
absl::StatusOr<std::string> ReadSender(absl::string_view text);

rules::v1::PersonalRule SenderRule(Standing standing, const std::string& sender);
// Mail of whoever is no contact is not shown. `account`: its name; empty: of all accounts.
rules::v1::PersonalRule ContactsOnlyRule(const std::string& account);

struct Added {
  bool changed = false;                // false: all of it was there already
  std::vector<std::string> taken_out;  // senders of it that were in rules of the other kind
  std::vector<std::string> remain;     // addresses of its domains that the other kind still has
};
// There are kMaxRules. kResourceExhausted, with a wording.
absl::Status NoRoom();
// Puts a rule where it belongs; a sender goes into the rule that there is. The latest word about a
// sender counts: who is muted now is no VIP any more, and the other way round; an address stands
// behind what is said of its domain. kResourceExhausted, with a wording: there are too many, and
// nothing was changed.
absl::StatusOr<Added> AddRule(rules::v1::PersonalRule rule, Rules& rules);
// Takes a sender out of all rules of that kind. False: none has them.
bool RemoveSender(Standing standing, const std::string& sender, Rules& rules);
// The domain of that address, "@example.org", when rules of that kind have it; else empty.
std::string DomainWith(Standing standing, const std::string& sender, const Rules& rules);
// False: there was none, of this account or of all.
bool RemoveContactsOnly(const std::string& account, Rules& rules);

// Each names a rule by its number, from 1, that the caller has checked.
void RemoveRule(size_t number, Rules& rules);
// False: it is the first one, or the last.
bool MoveRule(size_t number, bool up, Rules& rules);
// Right behind it, switched off: two that do the same at once help nobody. kResourceExhausted.
absl::Status CopyRule(size_t number, Rules& rules);
// By id; nullptr: it is gone.
rules::v1::PersonalRule* FindRule(absl::string_view id, Rules& rules);

}  // namespace postern::xmpp_edge
