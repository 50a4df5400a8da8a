#include "services/admin/account_edit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "services/admin/account_settings.h"
#include "services/admin/field_error.h"
#include "services/admin/health.h"
#include "services/admin/oauth2/provider_choice.h"

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
  if (!Sends(account)) return;
  const bool another =
      std::any_of(owner.accounts.begin(), owner.accounts.end(),
                  [&](const auto& a) { return a.default_account() && a.id() != account.id(); });
  account.set_default_account(account.default_account() || !another);
  if (account.default_account()) {
    const v1::Account chosen = account;  // edit.put grows
    YieldDefault(owner, chosen, edit);
  }
}

absl::Status NoSuchPassword() {
  return WrongField("password", words::Word("must not be empty: there is none that could be "
                                            "taken over from another account"));
}

// The account whose password is taken over; nullptr: none is asked for.
absl::StatusOr<const v1::Account*> SourceOf(const OwnerAccounts& owner, const PutWish& wish) {
  if (wish.copy_password_from.empty() || !wish.password.empty() || !wish.wanted.store_password()) {
    return nullptr;
  }
  const v1::Account* source = FindById(owner, wish.copy_password_from);
  // Consent is each account's own: providers may change one's token when it is used.
  if (source != nullptr && !source->oauth2_provider().empty()) return nullptr;
  if (source == nullptr || source->sealed_password().empty()) return NoSuchPassword();
  return source;
}

// The settings of a new account, and the password that is to be sealed for it.
absl::StatusOr<v1::Account> SettingsOfNew(const OwnerAccounts& owner, const PutWish& wish,
                                          const crypto::SecretBox& box, crypto::Secret& password) {
  auto source = SourceOf(owner, wish);
  if (!source.ok()) return source.status();
  password = wish.password;
  if (*source != nullptr) {
    auto opened = box.Open((*source)->sealed_password(), (*source)->id());
    if (!opened.ok()) return NoSuchPassword();
    password = *std::move(opened);
  }
  auto settings = NewSettings(wish.wanted, password.Reveal(), wish.relay, wish.oauth2);
  if (!settings.ok() || *source == nullptr) return settings;
  if (auto s = crypto::CheckPasswordUse(UseOf(**source), UseOf(*settings)); !s.ok()) return s;
  return settings;
}

// The sealed text is bound to the account, so its id must be known.
void Seal(const crypto::Secret& password, const crypto::SecretBox& box, v1::Account& account) {
  // A relay that asks for no login has no use for one.
  if (!account.store_password() || account.login().empty() || password.empty()) return;
  account.set_sealed_password(box.Seal(password, account.id()));
}

absl::Status CheckRoom(const OwnerAccounts& owner, const PutWish& wish, const std::string& name) {
  for (const v1::Account& account : owner.accounts) {
    if (account.name() != name) continue;
    return words::Error(absl::StatusCode::kAlreadyExists,
                        words::Word("you have an account named $0 already", name), "name");
  }
  if (owner.accounts.size() < wish.most_accounts) return absl::OkStatus();
  return words::Error(absl::StatusCode::kResourceExhausted,
                      words::Word("You have $0 accounts, which is the most. Remove one first.",
                                  wish.most_accounts));
}

// Of settings that were not tried.
v1::Health HealthOfNew(const v1::Account& account, const v1::Health& before, int64_t now_unix) {
  v1::Health health = UntriedHealth(before, now_unix);
  if (!WaitsForConsent(account)) return health;
  v1::ReportHealthRequest asking;
  asking.set_state(v1::HEALTH_STATE_ASKING);
  return ReportedHealth(health, asking, now_unix);
}

absl::StatusOr<OwnerEdit> PlanCreate(const OwnerAccounts& owner, const PutWish& wish,
                                     const crypto::SecretBox& box) {
  crypto::Secret password;
  auto settings = SettingsOfNew(owner, wish, box, password);
  if (!settings.ok()) return settings.status();
  if (auto s = CheckRoom(owner, wish, settings->name()); !s.ok()) return s;
  settings->set_id(crypto::RandomId());
  settings->set_created_unix(wish.now_unix);
  Seal(password, box, *settings);
  if (!owner.accounts.empty() && owner.accounts.front().has_preferences()) {
    *settings->mutable_preferences() = owner.accounts.front().preferences();
  }
  *settings->mutable_health() = HealthOfNew(*settings, {}, wish.now_unix);
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
  auto settings =
      UpdatedSettings(*before, wish.wanted, wish.password.Reveal(), wish.relay, wish.oauth2);
  if (!settings.ok()) return settings.status();
  Seal(wish.password, box, *settings);
  OwnerEdit edit = EditOf(owner);
  if (settings->enabled() && NeedsNewCheck(*before, *settings)) {
    *settings->mutable_health() = HealthOfNew(*settings, before->health(), wish.now_unix);
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
    if (other.id() == id || !Sends(other)) continue;
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

absl::StatusOr<OwnerEdit> PlanSetPreferences(const OwnerAccounts& owner,
                                             const v1::Preferences& preferences) {
  if (owner.accounts.empty()) return absl::NotFoundError("the user has no account");
  OwnerEdit edit = EditOf(owner);
  bool chosen = false;
  for (const v1::Account& before : owner.accounts) {
    const v1::Preferences& old = before.preferences();
    if (old.language() == preferences.language() &&
        old.heard_language() == preferences.heard_language()) {
      continue;
    }
    chosen = chosen || old.language() != preferences.language();
    v1::Account& after = edit.put.emplace_back(before);
    *after.mutable_preferences() = preferences;
    after.clear_health();  // stays as it is, like the revision of the settings
  }
  // What a client is heard to speak is nobody's deed.
  if (chosen) edit.audit = {owner.owner, "change preferences", owner.owner, "language"};
  return edit;
}

}  // namespace postern::admin
