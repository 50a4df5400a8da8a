// Rules that words by chat keep: how a new one finds its place among the others (rule_set.h).
#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "services/xmpp-edge/rule_set.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::PersonalRule;

bool IsDomain(absl::string_view value) { return absl::StartsWith(value, "@"); }

bool IsOfSenders(Standing standing) {
  return standing == Standing::kMuted || standing == Standing::kVip;
}

Standing OtherThan(Standing standing) {
  return standing == Standing::kVip ? Standing::kMuted : Standing::kVip;
}

// The order in which such rules stand; of several the last one that fits a mail counts.
enum class Rank { kOther, kMutedDomains, kContactsOnly, kVipDomains, kMuted, kVips };
Rank RankOf(const PersonalRule& rule) {
  const Standing standing = StandingOf(rule);
  if (standing == Standing::kNone) return Rank::kOther;
  if (standing == Standing::kContactsOnly) return Rank::kContactsOnly;
  const bool domains = absl::c_any_of(rule.conditions(0).values(), &IsDomain);
  if (standing == Standing::kMuted) return domains ? Rank::kMutedDomains : Rank::kMuted;
  return domains ? Rank::kVipDomains : Rank::kVips;
}

bool Has(const PersonalRule& rule, absl::string_view sender) {
  return absl::c_any_of(rule.conditions(0).values(), [sender](const std::string& value) {
    return absl::EqualsIgnoreCase(value, sender);
  });
}

// Whether it has the domain of that address.
bool HasDomainOf(const PersonalRule& rule, absl::string_view sender) {
  return !IsDomain(sender) && Has(rule, sender.substr(std::min(sender.rfind('@'), sender.size())));
}

// Whether what one of them says is said of all mail of the other, too. A rule that is off says
// nothing.
bool IsForMailOf(const PersonalRule& rule, const PersonalRule& added) {
  return !rule.disabled() && (added.account().empty() || rule.account() == added.account());
}

void EraseSender(absl::string_view sender, PersonalRule& rule) {
  auto& values = *rule.mutable_conditions(0)->mutable_values();
  values.erase(std::remove_if(
                   values.begin(), values.end(),
                   [&](const std::string& value) { return absl::EqualsIgnoreCase(value, sender); }),
               values.end());
}

// A condition without values would ask for something else.
void EraseEmptied(Standing standing, Rules& rules) {
  std::erase_if(rules, [standing](const PersonalRule& rule) {
    return rule.conditions_size() == 1 && rule.conditions(0).values().empty() &&
           StandingOf(rule) == standing;
  });
}

// Takes these out of the first `end` rules of one kind, as far as they are about the same mail.
// Answers whether it had any.
bool TakeOut(Standing standing, absl::string_view sender, const PersonalRule& added, size_t end,
             Rules& rules) {
  bool found = false;
  for (size_t i = 0; i < end; ++i) {
    if (StandingOf(rules[i]) != standing || !IsForMailOf(rules[i], added) ||
        !Has(rules[i], sender)) {
      continue;
    }
    EraseSender(sender, rules[i]);
    found = true;
  }
  return found;
}

// Behind which rules a new one has to stand to have the last word: those of the other kind with
// the domain of one of its senders.
size_t FirstPlaceFor(const PersonalRule& added, const Rules& rules) {
  size_t place = 0;
  for (size_t i = 0; i < rules.size(); ++i) {
    if (StandingOf(rules[i]) != OtherThan(StandingOf(added)) || rules[i].disabled()) continue;
    const bool covers = absl::c_any_of(added.conditions(0).values(), [&](const auto& sender) {
      return HasDomainOf(rules[i], sender);
    });
    if (covers) place = i + 1;
  }
  return place;
}

// Where a rule that does the same is, and is on, from `begin`; the end: nowhere.
size_t PlaceOfSame(const PersonalRule& added, size_t begin, const Rules& rules) {
  const Standing standing = StandingOf(added);
  for (size_t i = begin; standing != Standing::kNone && i < rules.size(); ++i) {
    const PersonalRule& rule = rules[i];
    if (StandingOf(rule) != standing || rule.disabled()) continue;
    if (!rule.account().empty() && rule.account() != added.account()) continue;
    const bool same = standing == Standing::kContactsOnly ||
                      absl::c_all_of(added.conditions(0).values(),
                                     [&rule](const auto& value) { return Has(rule, value); });
    if (same) return i;
  }
  return rules.size();
}

// Into a rule of its kind, from `begin`; its place, or the end: there is none with room.
size_t AddSenderTo(const PersonalRule& added, size_t begin, Rules& rules) {
  const auto& condition = added.conditions(0);
  for (size_t i = begin; i < rules.size(); ++i) {
    PersonalRule& rule = rules[i];
    if (RankOf(rule) != RankOf(added) || rule.account() != added.account() || rule.disabled() ||
        rule.conditions(0).comparison() != condition.comparison() ||
        rule.conditions(0).values_size() + condition.values_size() > kMaxValues) {
      continue;
    }
    rule.mutable_conditions(0)->mutable_values()->MergeFrom(condition.values());
    return i;
  }
  return rules.size();
}

// Before the first of those that come after it by their rank.
absl::StatusOr<size_t> Insert(PersonalRule rule, size_t begin, Rules& rules) {
  if (rules.size() >= kMaxRules) return NoRoom();
  const Rank rank = RankOf(rule);
  const auto place =
      std::find_if(rules.begin() + static_cast<ptrdiff_t>(begin), rules.end(),
                   [rank](const PersonalRule& other) { return RankOf(other) > rank; });
  const auto inserted = rules.insert(place, std::move(rule));
  return static_cast<size_t>(inserted - rules.begin());
}

// Of whole domains: what the other kind says of addresses there counts where it comes later.
void JudgeAddresses(const PersonalRule& added, size_t place, Rules& rules, Added& outcome) {
  const Standing other = OtherThan(StandingOf(added));
  for (size_t i = 0; i < rules.size(); ++i) {
    if (StandingOf(rules[i]) != other || !IsForMailOf(rules[i], added)) continue;
    const auto values = rules[i].conditions(0).values();
    for (const std::string& value : values) {
      if (!HasDomainOf(added, value)) continue;
      if (i < place) EraseSender(value, rules[i]);
      (i < place ? outcome.taken_out : outcome.remain).push_back(value);
    }
  }
  EraseEmptied(other, rules);
}

absl::StatusOr<Added> AddSenders(PersonalRule rule, Rules& rules) {
  Added outcome;
  const Standing standing = StandingOf(rule), other = OtherThan(standing);
  for (const std::string& sender : rule.conditions(0).values()) {
    if (TakeOut(other, sender, rule, rules.size(), rules)) outcome.taken_out.push_back(sender);
  }
  EraseEmptied(other, rules);
  size_t begin = FirstPlaceFor(rule, rules);
  size_t place = PlaceOfSame(rule, begin, rules);
  outcome.changed = place == rules.size();
  if (outcome.changed) {
    // There they would have no say.
    for (const std::string& sender : rule.conditions(0).values())
      (void)TakeOut(standing, sender, rule, begin, rules);
    EraseEmptied(standing, rules);
    begin = FirstPlaceFor(rule, rules);
    place = AddSenderTo(rule, begin, rules);
  }
  if (place == rules.size()) {
    auto inserted = Insert(rule, begin, rules);
    if (!inserted.ok()) return inserted.status();
    place = *inserted;
  }
  JudgeAddresses(rule, place, rules, outcome);
  outcome.changed = outcome.changed || !outcome.taken_out.empty();
  return outcome;
}

absl::StatusOr<Added> AddOther(PersonalRule rule, Rules& rules) {
  const Standing standing = StandingOf(rule);
  Added outcome;
  if (!rule.disabled() && PlaceOfSame(rule, 0, rules) < rules.size()) return outcome;
  outcome.changed = true;
  for (PersonalRule& other : rules) {
    const bool slept = standing == Standing::kContactsOnly && !rule.disabled() &&
                       StandingOf(other) == standing && other.account() == rule.account();
    if (!slept) continue;
    other.set_disabled(false);
    return outcome;
  }
  auto place = Insert(std::move(rule), 0, rules);
  if (!place.ok()) return place.status();
  return outcome;
}

}  // namespace

absl::StatusOr<Added> AddRule(PersonalRule rule, Rules& rules) {
  Rules changed = rules;
  const bool of_senders = IsOfSenders(StandingOf(rule)) && !rule.disabled();
  auto added =
      of_senders ? AddSenders(std::move(rule), changed) : AddOther(std::move(rule), changed);
  if (added.ok()) rules = std::move(changed);
  return added;
}

bool RemoveSender(Standing standing, const std::string& sender, Rules& rules) {
  bool found = false;
  for (PersonalRule& rule : rules) {
    if (StandingOf(rule) != standing || !Has(rule, sender)) continue;
    found = true;
    EraseSender(sender, rule);
  }
  EraseEmptied(standing, rules);
  return found;
}

std::string DomainWith(Standing standing, const std::string& sender, const Rules& rules) {
  for (const PersonalRule& rule : rules) {
    if (StandingOf(rule) != standing || rule.disabled() || !HasDomainOf(rule, sender)) continue;
    return sender.substr(sender.rfind('@'));
  }
  return "";
}

}  // namespace postern::xmpp_edge
