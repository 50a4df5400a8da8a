#include "services/admin/watching.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/schedule/quiet_hours.h"
#include "lib/schedule/schedule.h"
#include "lib/schedule/wall_clock.h"
#include "services/admin/field_error.h"
#include "services/admin/readable_text.h"
#include "services/admin/schedule_check.h"

namespace postern::admin {
namespace {

using schedule::Traffic;

constexpr size_t kMaxMailboxBytes = 512;

std::string Stripped(const std::string& text) {
  return std::string(absl::StripAsciiWhitespace(text));
}

// RFC 9051 section 5.1: INBOX is the same in any case, other names are not.
bool SameMailbox(const std::string& a, const std::string& b) {
  return a == b || (absl::EqualsIgnoreCase(a, "INBOX") && absl::EqualsIgnoreCase(b, "INBOX"));
}

// The name goes in unless it is watched already.
void AddMailbox(const std::string& mailbox, const v1::Account& account, v1::Watching& watching) {
  const auto& others = watching.more_mailboxes();
  const bool known = SameMailbox(mailbox, account.mailbox()) ||
                     std::any_of(others.begin(), others.end(), [&](const std::string& other) {
                       return SameMailbox(mailbox, other);
                     });
  if (!known) watching.add_more_mailboxes(mailbox);
}

absl::Status CheckMailboxes(const v1::Account& account, const v1::Watching& wanted,
                            v1::Watching& checked) {
  constexpr char kField[] = "more_mailboxes";
  for (const std::string& mailbox : wanted.more_mailboxes()) {
    if (absl::StripAsciiWhitespace(mailbox).empty()) continue;
    if (account.type() != v1::ACCOUNT_TYPE_IMAP) {
      return WrongField(kField, words::Word("only IMAP accounts have more than one folder"));
    }
    if (HasControlCharacter(mailbox)) {
      return WrongField(kField, words::Word("must not hold control characters"));
    }
    if (mailbox.size() > kMaxMailboxBytes) {
      return WrongField(kField, words::Word("must have at most $0 bytes", kMaxMailboxBytes));
    }
    AddMailbox(mailbox, account, checked);
    if (static_cast<size_t>(checked.more_mailboxes_size()) > kMostMoreMailboxes) {
      return WrongField(kField, words::Word("there may be at most $0", kMostMoreMailboxes));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRemoval(const v1::Account& account, uint32_t days) {
  constexpr char kField[] = "remove_after_days";
  if (days == 0) return absl::OkStatus();
  if (account.type() != v1::ACCOUNT_TYPE_POP3) {
    return WrongField(kField, words::Word("only POP3 accounts remove mails from their server"));
  }
  if (days > kMostRemoveAfterDays) {
    return WrongField(
        kField, words::Word("must be a number of days from $0 to $1", 0, kMostRemoveAfterDays));
  }
  return absl::OkStatus();
}

absl::Status CheckSchedule(const std::string& text, absl::TimeZone zone) {
  if (text.empty()) return absl::OkStatus();
  const auto parsed = CheckedSchedule(text, zone);
  if (!parsed.ok()) return parsed.status();
  const bool fetches = schedule::TakesAnyConnection(*parsed, Traffic::kFetch) ||
                       schedule::NextRun(*parsed, Traffic::kFetch, absl::UnixEpoch());
  if (fetches) return absl::OkStatus();
  return WrongField("schedule", words::Word("by this schedule no mail would ever be fetched"));
}

std::vector<std::string> ChangedParts(const v1::Watching& before, const v1::Watching& after) {
  const auto same_mailboxes =
      std::equal(before.more_mailboxes().begin(), before.more_mailboxes().end(),
                 after.more_mailboxes().begin(), after.more_mailboxes().end());
  const std::pair<const char*, bool> parts[] = {
      {"more_mailboxes", !same_mailboxes},
      {"schedule", before.schedule() != after.schedule()},
      {"quiet_hours", before.quiet_hours() != after.quiet_hours()},
      {"time_zone", before.time_zone() != after.time_zone()},
      {"remove_after_days", before.remove_after_days() != after.remove_after_days()},
  };
  std::vector<std::string> changed;
  for (const auto& [name, differs] : parts) {
    if (differs) changed.emplace_back(name);
  }
  return changed;
}

}  // namespace

absl::StatusOr<v1::Watching> CheckedWatching(const v1::Account& account,
                                             const v1::Watching& wanted) {
  const bool has_mailbox =
      account.type() == v1::ACCOUNT_TYPE_IMAP || account.type() == v1::ACCOUNT_TYPE_POP3;
  if (!has_mailbox) {
    return WrongField("type", words::Word("this account sends mail and receives none"));
  }
  v1::Watching checked;
  if (auto s = CheckMailboxes(account, wanted, checked); !s.ok()) return s;
  if (auto s = CheckRemoval(account, wanted.remove_after_days()); !s.ok()) return s;
  checked.set_remove_after_days(wanted.remove_after_days());
  checked.set_time_zone(Stripped(wanted.time_zone()));
  const auto zone = schedule::FindZone(checked.time_zone());
  if (!zone.ok()) return InField("time_zone", zone.status());
  checked.set_quiet_hours(Stripped(wanted.quiet_hours()));
  const auto quiet = schedule::QuietHours::Parse(checked.quiet_hours(), *zone);
  if (!quiet.ok()) return InField("quiet_hours", quiet.status());
  // Of lines and columns nothing may change, but blanks alone are no schedule.
  if (!Stripped(wanted.schedule()).empty()) checked.set_schedule(wanted.schedule());
  if (auto s = CheckSchedule(checked.schedule(), *zone); !s.ok()) return s;
  return checked;
}

v1::Watching KeptWatching(const v1::Account& before, const v1::Account& after) {
  v1::Watching kept = before.watching();
  kept.clear_more_mailboxes();
  for (const std::string& mailbox : before.watching().more_mailboxes()) {
    AddMailbox(mailbox, after, kept);
  }
  return kept;
}

absl::StatusOr<OwnerEdit> PlanSetWatching(const OwnerAccounts& owner, const std::string& id,
                                          const v1::Watching& wanted, const std::string& actor) {
  const auto found = std::find_if(owner.accounts.begin(), owner.accounts.end(),
                                  [&](const v1::Account& account) { return account.id() == id; });
  if (found == owner.accounts.end()) return absl::NotFoundError("there is no such account");
  auto checked = CheckedWatching(*found, wanted);
  if (!checked.ok()) return checked.status();
  OwnerEdit edit;
  edit.owner = owner.owner;
  edit.seen_revision = owner.revision;
  const std::vector<std::string> changed = ChangedParts(found->watching(), *checked);
  if (changed.empty()) return edit;
  v1::Account& after = edit.put.emplace_back(*found);
  *after.mutable_watching() = *std::move(checked);
  after.set_settings_revision(found->settings_revision() + 1);
  after.clear_health();  // stays as it is
  edit.audit = {actor, "change watching", absl::StrCat(found->owner(), "/", found->name()),
                absl::StrJoin(changed, ", ")};
  return edit;
}

}  // namespace postern::admin
