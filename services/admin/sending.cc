#include "services/admin/sending.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "lib/mail/address.h"
#include "lib/mail/utf8.h"
#include "lib/schedule/schedule.h"
#include "lib/schedule/wall_clock.h"
#include "services/admin/account_settings.h"
#include "services/admin/field_error.h"
#include "services/admin/readable_text.h"
#include "services/admin/schedule_check.h"

namespace postern::admin {
namespace {

using schedule::Traffic;

constexpr char kIdentities[] = "identities";
constexpr char kSentFolder[] = "sent_folder";
constexpr size_t kMaxFromBytes = 512;
constexpr size_t kMaxFolderBytes = 512;

std::string Stripped(const std::string& text) {
  return std::string(absl::StripAsciiWhitespace(text));
}

absl::StatusOr<std::string> CheckedSignature(absl::string_view field, const std::string& wanted) {
  std::string text = absl::StrReplaceAll(wanted, {{"\r\n", "\n"}, {"\r", "\n"}});
  absl::string_view lines = absl::StripTrailingAsciiWhitespace(text);
  // What people copy from elsewhere begins so.
  if (!absl::ConsumePrefix(&lines, "-- \n")) absl::ConsumePrefix(&lines, "--\n");
  if (lines.size() > kMaxSignatureBytes) {
    return WrongField(field, words::Word("must have at most $0 bytes", kMaxSignatureBytes));
  }
  const std::string in_one_line = absl::StrReplaceAll(lines, {{"\n", " "}, {"\t", " "}});
  if (!mail::IsUtf8(lines) || HasControlCharacter(in_one_line)) {
    return WrongField(field, words::Word("must not hold control characters"));
  }
  return std::string(lines);
}

std::string SpecOf(const std::string& from) {
  const auto address = mail::ParseAddress(from);
  return address.ok() ? address->Spec() : "";
}

absl::StatusOr<v1::Identity> CheckedIdentity(absl::string_view field, const v1::Identity& wanted) {
  v1::Identity identity;
  identity.set_from(Stripped(wanted.from()));
  if (identity.from().size() > kMaxFromBytes) {
    return WrongField(field, words::Word("must have at most $0 bytes", kMaxFromBytes));
  }
  if (SpecOf(identity.from()).empty()) {
    return WrongField(field, words::Word("must be a mail address, like $0 or $1", "ann@example.org",
                                         "Ann <ann@example.org>"));
  }
  auto signature = CheckedSignature(field, wanted.signature());
  if (!signature.ok()) return signature.status();
  identity.set_signature(*std::move(signature));
  return identity;
}

bool HasIdentity(const v1::Account& account, const v1::Sending& sending, const std::string& spec) {
  const auto same = [&spec](const std::string& from) {
    return absl::EqualsIgnoreCase(SpecOf(from), spec);
  };
  return same(account.default_from()) ||
         std::any_of(sending.identities().begin(), sending.identities().end(),
                     [&](const v1::Identity& identity) { return same(identity.from()); });
}

absl::Status CheckIdentities(const v1::Account& account, const v1::Sending& wanted,
                             const RelayRules& relay, v1::Sending& checked) {
  if (static_cast<size_t>(wanted.identities_size()) > kMostIdentities) {
    return WrongField(kIdentities, words::Word("there may be at most $0", kMostIdentities));
  }
  for (int i = 0; i < wanted.identities_size(); ++i) {
    const std::string field = absl::StrCat(kIdentities, ": ", i + 1);
    auto identity = CheckedIdentity(field, wanted.identities(i));
    if (!identity.ok()) return identity.status();
    const auto from = mail::ParseAddress(identity->from());
    if (account.type() == v1::ACCOUNT_TYPE_GLOBAL_SMTP) {
      auto allowed = CheckRelaySender(relay, account.owner(), *from, field);
      if (!allowed.ok()) return allowed;
    }
    if (HasIdentity(account, checked, from->Spec())) {
      return WrongField(field, words::Word("$0 is there already; an address can stand for one "
                                           "sender of an account only",
                                           from->Spec()));
    }
    *checked.add_identities() = *std::move(identity);
  }
  return absl::OkStatus();
}

absl::Status CheckSchedule(const std::string& text, absl::TimeZone zone) {
  if (text.empty()) return absl::OkStatus();
  const auto parsed = CheckedSchedule(text, zone);
  if (!parsed.ok()) return parsed.status();
  const bool triggered =
      std::any_of(parsed->sections.begin(), parsed->sections.end(), [](const auto& section) {
        return section.traffic != Traffic::kFetch && !section.triggers.empty();
      });
  if (triggered || schedule::TakesAnyConnection(*parsed, Traffic::kSend) ||
      schedule::NextRun(*parsed, Traffic::kSend, absl::UnixEpoch())) {
    return absl::OkStatus();
  }
  return WrongField("schedule", words::Word("by this schedule no mail would ever be sent"));
}

// "NAME" or "NAME/Folder" of an IMAP account of the owner, "-" or nothing.
absl::Status CheckSentFolder(const OwnerAccounts& owner, const std::string& folder) {
  if (folder.empty() || folder == "-") return absl::OkStatus();
  if (folder.size() > kMaxFolderBytes) {
    return WrongField(kSentFolder, words::Word("must have at most $0 bytes", kMaxFolderBytes));
  }
  if (HasControlCharacter(folder)) {
    return WrongField(kSentFolder, words::Word("must not hold control characters"));
  }
  const std::string name = folder.substr(0, folder.find('/'));
  const bool known = std::any_of(owner.accounts.begin(), owner.accounts.end(), [&](const auto& a) {
    return a.type() == v1::ACCOUNT_TYPE_IMAP && absl::EqualsIgnoreCase(a.name(), name);
  });
  if (known) return absl::OkStatus();
  return WrongField(kSentFolder,
                    words::Word("'$0' is none of your IMAP accounts; write its name, or its name "
                                "and a folder like $1, or - to keep no copies",
                                name, "work/Sent"));
}

std::vector<std::string> ChangedParts(const v1::Sending& before, const v1::Sending& after) {
  const bool same_identities =
      std::equal(before.identities().begin(), before.identities().end(), after.identities().begin(),
                 after.identities().end(), [](const v1::Identity& a, const v1::Identity& b) {
                   return a.from() == b.from() && a.signature() == b.signature();
                 });
  const std::pair<const char*, bool> parts[] = {
      {"signature", before.signature() != after.signature()},
      {"identities", !same_identities},
      {"form", before.form() != after.form()},
      {"undo_seconds", before.undo_seconds() != after.undo_seconds()},
      {"schedule", before.schedule() != after.schedule()},
      {"time_zone", before.time_zone() != after.time_zone()},
      {"sent_folder", before.sent_folder() != after.sent_folder()},
      {"hide_jabber_id", before.hide_jabber_id() != after.hide_jabber_id()},
  };
  std::vector<std::string> changed;
  for (const auto& [name, differs] : parts) {
    if (differs) changed.emplace_back(name);
  }
  return changed;
}

const v1::Account* Find(const OwnerAccounts& owner, const std::string& id) {
  for (const v1::Account& account : owner.accounts) {
    if (account.id() == id) return &account;
  }
  return nullptr;
}

OwnerEdit EditOf(const OwnerAccounts& owner) {
  OwnerEdit edit;
  edit.owner = owner.owner;
  edit.seen_revision = owner.revision;
  return edit;
}

// The account in the edit, to be changed; its health stays as it is.
v1::Account& AfterOf(const v1::Account& before, OwnerEdit& edit) {
  v1::Account& after = edit.put.emplace_back(before);
  after.set_settings_revision(before.settings_revision() + 1);
  after.clear_health();
  return after;
}

// What has nothing to do with other fields.
absl::Status CheckPlain(const v1::Sending& wanted, v1::Sending& checked) {
  auto signature = CheckedSignature("signature", wanted.signature());
  if (!signature.ok()) return signature.status();
  checked.set_signature(*std::move(signature));
  if (wanted.form() < v1::BODY_FORM_UNSPECIFIED || wanted.form() > v1::BODY_FORM_HTML) {
    return WrongField("form", words::Word("must be one of plain and html"));
  }
  checked.set_form(wanted.form() == v1::BODY_FORM_PLAIN ? v1::BODY_FORM_UNSPECIFIED
                                                        : wanted.form());
  if (wanted.undo_seconds() > kMostUndoSeconds) {
    return WrongField("undo_seconds", words::Word("must be a number of seconds from $0 to $1", 0,
                                                  kMostUndoSeconds));
  }
  checked.set_undo_seconds(wanted.undo_seconds());
  checked.set_hide_jabber_id(wanted.hide_jabber_id());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Sending> CheckedSending(const OwnerAccounts& owner, const v1::Account& account,
                                           const v1::Sending& wanted, const RelayRules& relay) {
  if (!Sends(account)) {
    return WrongField("type", words::Word("this account receives mail and sends none"));
  }
  v1::Sending checked;
  if (auto s = CheckPlain(wanted, checked); !s.ok()) return s;
  if (auto s = CheckIdentities(account, wanted, relay, checked); !s.ok()) return s;
  checked.set_time_zone(Stripped(wanted.time_zone()));
  const auto zone = schedule::FindZone(checked.time_zone());
  if (!zone.ok()) return InField("time_zone", zone.status());
  // Of lines and columns nothing may change, but blanks alone are no schedule.
  if (!Stripped(wanted.schedule()).empty()) checked.set_schedule(wanted.schedule());
  if (auto s = CheckSchedule(checked.schedule(), *zone); !s.ok()) return s;
  checked.set_sent_folder(Stripped(wanted.sent_folder()));
  if (auto s = CheckSentFolder(owner, checked.sent_folder()); !s.ok()) return s;
  return checked;
}

v1::Sending KeptSending(const v1::Account& before, const v1::Account& after) {
  v1::Sending kept = before.sending();
  kept.clear_identities();
  for (const v1::Identity& identity : before.sending().identities()) {
    if (!HasIdentity(after, kept, SpecOf(identity.from()))) *kept.add_identities() = identity;
  }
  return kept;
}

absl::StatusOr<OwnerEdit> PlanSetSending(const OwnerAccounts& owner, const std::string& id,
                                         const v1::Sending& wanted, const std::string& actor,
                                         const RelayRules& relay) {
  const v1::Account* before = Find(owner, id);
  if (before == nullptr) return absl::NotFoundError("there is no such account");
  auto checked = CheckedSending(owner, *before, wanted, relay);
  if (!checked.ok()) return checked.status();
  OwnerEdit edit = EditOf(owner);
  const std::vector<std::string> changed = ChangedParts(before->sending(), *checked);
  if (changed.empty()) return edit;
  *AfterOf(*before, edit).mutable_sending() = *std::move(checked);
  edit.audit = {actor, "change sending", absl::StrCat(before->owner(), "/", before->name()),
                absl::StrJoin(changed, ", ")};
  return edit;
}

absl::StatusOr<OwnerEdit> PlanSetRoute(const OwnerAccounts& owner, const std::string& id,
                                       const std::string& route) {
  const v1::Account* before = Find(owner, id);
  if (before == nullptr) return absl::NotFoundError("there is no such account");
  if (!Sends(*before)) {
    return absl::FailedPreconditionError("this account receives mail and sends none");
  }
  if (route.size() > kMaxRouteBytes || HasControlCharacter(route) || Stripped(route) != route) {
    return absl::InvalidArgumentError(
        absl::StrCat("route: must be a name of at most ", kMaxRouteBytes,
                     " bytes, without control characters and blanks around it"));
  }
  OwnerEdit edit = EditOf(owner);
  if (before->route() == route) return edit;
  AfterOf(*before, edit).set_route(route);
  edit.audit = {"operator", "change route", absl::StrCat(before->owner(), "/", before->name()),
                route.empty() ? "none" : route};
  return edit;
}

}  // namespace postern::admin
