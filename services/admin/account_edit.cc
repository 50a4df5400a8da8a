#include "services/admin/account_edit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "services/admin/account_settings.h"
#include "services/admin/health.h"

namespace postern::admin {
namespace {

OwnerEdit EditOf(const OwnerAccounts& owner) {
  OwnerEdit edit;
  edit.owner = owner.owner;
  edit.seen_revision = owner.revision;
  return edit;
}

std::string SubjectOf(const v1::Account& account) {
  return absl::StrCat(account.owner(), "/", account.name());
}

const v1::Account* FindById(const OwnerAccounts& owner, absl::string_view id) {
  for (const v1::Account& account : owner.accounts) {
    if (account.id() == id) return &account;
  }
  return nullptr;
}

absl::Status NoSuchAccount() { return absl::NotFoundError("there is no such account"); }

// The other accounts whose default mark changes because `chosen` is the default now.
void YieldDefault(const OwnerAccounts& owner, const v1::Account& chosen, OwnerEdit& edit) {
  for (v1::Account account : owner.accounts) {
    if (account.id() == chosen.id() || !account.default_account()) continue;
    account.set_default_account(false);
    account.set_settings_revision(account.settings_revision() + 1);
    account.clear_health();
    edit.put.push_back(std::move(account));
  }
}

void SettleDefault(const OwnerAccounts& owner, OwnerEdit& edit) {
  v1::Account& account = edit.put.front();
  if (account.type() != v1::ACCOUNT_TYPE_SMTP) return;
  const bool another =
      std::any_of(owner.accounts.begin(), owner.accounts.end(),
                  [&](const auto& a) { return a.default_account() && a.id() != account.id(); });
  account.set_default_account(account.default_account() || !another);
  if (account.default_account()) {
    const v1::Account chosen = account;  // edit.put grows
    YieldDefault(owner, chosen, edit);
  }
}

absl::StatusOr<OwnerEdit> PlanCreate(const OwnerAccounts& owner, const PutWish& wish,
                                     const crypto::SecretBox& box) {
  auto settings = NewSettings(wish.wanted, wish.password.Reveal());
  if (!settings.ok()) return settings.status();
  for (const v1::Account& account : owner.accounts) {
    if (account.name() != settings->name()) continue;
    return absl::AlreadyExistsError(
        absl::StrCat("name: you have an account named ", account.name(), " already"));
  }
  if (owner.accounts.size() >= wish.most_accounts) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "you have ", owner.accounts.size(), " accounts, which is the most; remove one first"));
  }
  settings->set_id(crypto::RandomId());
  settings->set_created_unix(wish.now_unix);
  if (!wish.password.empty()) {
    settings->set_sealed_password(box.Seal(wish.password, settings->id()));
  }
  *settings->mutable_health() = UntriedHealth({}, wish.now_unix);
  OwnerEdit edit = EditOf(owner);
  edit.creates = true;
  edit.audit = {owner.owner, "create account", SubjectOf(*settings),
                v1::AccountType_Name(settings->type())};
  edit.put.push_back(*std::move(settings));
  SettleDefault(owner, edit);
  return edit;
}

absl::StatusOr<OwnerEdit> PlanUpdate(const OwnerAccounts& owner, const PutWish& wish,
                                     const crypto::SecretBox& box) {
  const v1::Account* before = FindById(owner, wish.wanted.id());
  if (before == nullptr) return NoSuchAccount();
  auto settings = UpdatedSettings(*before, wish.wanted, wish.password.Reveal());
  if (!settings.ok()) return settings.status();
  if (!wish.password.empty()) {
    settings->set_sealed_password(box.Seal(wish.password, settings->id()));
  }
  OwnerEdit edit = EditOf(owner);
  if (settings->enabled() && NeedsNewCheck(*before, *settings)) {
    *settings->mutable_health() = UntriedHealth(before->health(), wish.now_unix);
  }
  edit.put.push_back(*std::move(settings));
  SettleDefault(owner, edit);
  edit.audit = {owner.owner, "change account", SubjectOf(*before),
                absl::StrJoin(ChangedFields(*before, edit.put.front()), ", ")};
  return edit;
}

}  // namespace

absl::StatusOr<OwnerEdit> PlanPut(const OwnerAccounts& owner, const PutWish& wish,
                                  const crypto::SecretBox& box) {
  return wish.wanted.id().empty() ? PlanCreate(owner, wish, box) : PlanUpdate(owner, wish, box);
}

absl::StatusOr<OwnerEdit> PlanRemove(const OwnerAccounts& owner, absl::string_view id) {
  const v1::Account* account = FindById(owner, id);
  if (account == nullptr) return NoSuchAccount();
  OwnerEdit edit = EditOf(owner);
  edit.removed.push_back(*account);
  edit.audit = {owner.owner, "remove account", SubjectOf(*account), ""};
  if (!account->default_account()) return edit;

  const v1::Account* heir = nullptr;
  for (const v1::Account& other : owner.accounts) {
    if (other.id() == id || other.type() != v1::ACCOUNT_TYPE_SMTP) continue;
    if (heir == nullptr || other.created_unix() < heir->created_unix()) heir = &other;
  }
  if (heir != nullptr) {
    v1::Account& chosen = edit.put.emplace_back(*heir);
    chosen.set_default_account(true);
    chosen.set_settings_revision(heir->settings_revision() + 1);
    chosen.clear_health();
  }
  return edit;
}

OwnerEdit PlanRemoveUser(const OwnerAccounts& owner) {
  OwnerEdit edit = EditOf(owner);
  edit.removed = owner.accounts;
  edit.audit = {owner.owner, "remove user", owner.owner,
                absl::StrCat(owner.accounts.size(), " accounts")};
  return edit;
}

absl::StatusOr<OwnerEdit> PlanSetEnabled(const OwnerAccounts& owner, absl::string_view id,
                                         bool enabled, int64_t now_unix) {
  const v1::Account* before = FindById(owner, id);
  if (before == nullptr) return NoSuchAccount();
  OwnerEdit edit = EditOf(owner);
  if (before->enabled() == enabled) return edit;
  v1::Account& after = edit.put.emplace_back(*before);
  after.set_enabled(enabled);
  after.set_settings_revision(before->settings_revision() + 1);
  *after.mutable_health() = enabled ? UntriedHealth(before->health(), now_unix)
                                    : DisabledHealth(before->health(), now_unix);
  edit.audit = {"operator", enabled ? "enable account" : "disable account", SubjectOf(*before), ""};
  return edit;
}

}  // namespace postern::admin
