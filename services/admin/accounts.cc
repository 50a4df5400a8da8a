#include "services/admin/accounts.h"

#include <ctime>
#include <utility>

#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/admin/account_settings.h"
#include "services/admin/bare_jid.h"
#include "services/admin/health.h"
#include "services/admin/oauth2/provider_choice.h"
#include "services/admin/sending.h"
#include "services/admin/watching.h"

namespace postern::admin {
namespace {

auto& changes = metrics::Counter("postern_admin_changes_total", "changes of users and accounts");
auto& conflicts = metrics::Counter("postern_admin_conflicts_total",
                                   "changes planned anew because another came between");

// Each conflict means that somebody else's change was done, so this is plenty.
constexpr int kAttempts = 20;

absl::Status TooBusy() {
  return absl::UnavailableError("the account is being changed from elsewhere; try again");
}

v1::Account WithoutPassword(v1::Account account) {
  account.clear_sealed_password();
  return account;
}

// What the caller is told of the account that was put; its health may be as it was.
v1::Account AnswerFor(const OwnerAccounts& before, const OwnerEdit& edit) {
  v1::Account account = WithoutPassword(edit.put.front());
  for (const v1::Account& old : before.accounts) {
    if (old.id() == account.id() && !account.has_health()) {
      *account.mutable_health() = old.health();
    }
  }
  return account;
}

}  // namespace

net::Task<absl::StatusOr<v1::PutAccountResponse>> Accounts::Put(v1::Account wanted,
                                                                crypto::Secret password,
                                                                std::string copy_password_from) {
  auto owner = NormalizeBareJid("owner", wanted.owner());
  if (!owner.ok()) co_return owner.status();
  wanted.set_owner(*owner);
  const PutWish wish{wanted, password, copy_password_from, relay_, kMostOfUser, std::time(nullptr),
                     oauth2_};
  for (int i = 0; i < kAttempts; ++i) {
    auto answer = co_await TryPut(wish);
    if (absl::IsFailedPrecondition(answer.status())) {  // they were here before
      if (auto s = co_await departures_.Settle(*owner); !s.ok()) co_return s;
      continue;
    }
    if (!absl::IsAborted(answer.status())) co_return answer;
  }
  co_return TooBusy();
}

net::Task<absl::StatusOr<v1::PutAccountResponse>> Accounts::TryPut(PutWish wish) {
  auto owner = co_await store_.ReadOwner(wish.wanted.owner());
  if (!owner.ok()) co_return owner.status();
  auto edit = PlanPut(*owner, wish, box_);
  if (!edit.ok()) co_return edit.status();

  v1::PutAccountResponse answer;
  answer.set_created(edit->creates);
  answer.set_first_of_user(owner->accounts.empty());
  *answer.mutable_account() = AnswerFor(*owner, *edit);
  if (auto s = co_await Commit(*std::move(edit)); !s.ok()) co_return s;
  co_return answer;
}

net::Task<absl::Status> Accounts::SetPreferences(v1::SetPreferencesRequest request) {
  auto user = NormalizeBareJid("user", request.user());
  if (!user.ok()) co_return user.status();
  if (auto s = CheckPreferences(request.preferences()); !s.ok()) co_return s;
  for (int i = 0; i < kAttempts; ++i) {
    absl::Status s = co_await TrySetPreferences(*user, request.preferences());
    if (!absl::IsAborted(s)) co_return s;
  }
  co_return TooBusy();
}

net::Task<absl::Status> Accounts::TrySetPreferences(const std::string& user,
                                                    const v1::Preferences& preferences) {
  auto owner = co_await store_.ReadOwner(user);
  if (!owner.ok()) co_return owner.status();
  auto edit = PlanSetPreferences(*owner, preferences);
  if (!edit.ok()) co_return edit.status();
  if (edit->put.empty()) co_return absl::OkStatus();
  co_return co_await Commit(*std::move(edit));
}

net::Task<absl::StatusOr<v1::Account>> Accounts::SetWatching(v1::SetWatchingRequest request) {
  return Change(request.account_id(), request.owner(),
                [request](const OwnerAccounts& owner, const std::string& actor) {
                  return PlanSetWatching(owner, request.account_id(), request.watching(), actor);
                });
}

net::Task<absl::StatusOr<v1::Account>> Accounts::SetSending(v1::SetSendingRequest request) {
  return Change(request.account_id(), request.owner(),
                [request, this](const OwnerAccounts& owner, const std::string& actor) {
                  return PlanSetSending(owner, request.account_id(), request.sending(), actor,
                                        relay_);
                });
}

net::Task<absl::StatusOr<v1::Account>> Accounts::SetRoute(v1::SetRouteRequest request) {
  return Change(request.account_id(), "",
                [request](const OwnerAccounts& owner, const std::string&) {
                  return PlanSetRoute(owner, request.account_id(), request.route());
                });
}

net::Task<absl::StatusOr<v1::Account>> Accounts::Change(std::string id, std::string owner,
                                                        Plan plan) {
  if (!owner.empty()) {
    auto normal = NormalizeBareJid("owner", owner);
    if (!normal.ok()) co_return normal.status();
    owner = *std::move(normal);
  }
  for (int i = 0; i < kAttempts; ++i) {
    auto account = co_await TryChange(id, owner, plan);
    if (!absl::IsAborted(account.status())) co_return account;
  }
  co_return TooBusy();
}

net::Task<absl::StatusOr<v1::Account>> Accounts::TryChange(const std::string& id,
                                                           const std::string& owner,
                                                           const Plan& plan) {
  auto accounts = co_await ReadOwnerOf(id);
  if (!accounts.ok()) co_return accounts.status();
  if (!owner.empty() && accounts->owner != owner) {
    co_return absl::NotFoundError("there is no such account");
  }
  auto edit = plan(*accounts, owner.empty() ? "operator" : owner);
  if (!edit.ok()) co_return edit.status();
  if (!edit->put.empty()) {
    v1::Account after = AnswerFor(*accounts, *edit);
    if (auto s = co_await Commit(*std::move(edit)); !s.ok()) co_return s;
    co_return after;
  }
  auto as_it_is = co_await store_.Read(id);
  if (!as_it_is.ok()) co_return as_it_is.status();
  co_return WithoutPassword(*std::move(as_it_is));
}

net::Task<absl::Status> Accounts::Remove(std::string id) {
  for (int i = 0; i < kAttempts; ++i) {
    absl::Status s = co_await TryRemove(id);
    if (!absl::IsAborted(s)) co_return s;
  }
  co_return TooBusy();
}

net::Task<absl::Status> Accounts::TryRemove(const std::string& id) {
  auto owner = co_await ReadOwnerOf(id);
  if (!owner.ok()) co_return owner.status();
  auto edit = PlanRemove(*owner, id);
  if (!edit.ok()) co_return edit.status();
  co_return co_await Commit(*std::move(edit));
}

net::Task<absl::StatusOr<uint32_t>> Accounts::RemoveUser(std::string user) {
  auto jid = NormalizeBareJid("user", user);
  if (!jid.ok()) co_return jid.status();
  for (int i = 0; i < kAttempts; ++i) {
    auto owner = co_await store_.ReadOwner(*jid);
    if (!owner.ok()) co_return owner.status();
    // Without accounts, too: who went before notes were made may have left something behind.
    absl::Status s = co_await Commit(PlanRemoveUser(*owner));
    if (s.ok()) co_return static_cast<uint32_t>(owner->accounts.size());
    if (!absl::IsAborted(s)) co_return s;
  }
  co_return TooBusy();
}

net::Task<absl::StatusOr<v1::Account>> Accounts::SetEnabled(std::string id, bool enabled) {
  for (int i = 0; i < kAttempts; ++i) {
    auto account = co_await TrySetEnabled(id, enabled);
    if (!absl::IsAborted(account.status())) co_return account;
  }
  co_return TooBusy();
}

net::Task<absl::StatusOr<v1::Account>> Accounts::TrySetEnabled(const std::string& id,
                                                               bool enabled) {
  auto owner = co_await ReadOwnerOf(id);
  if (!owner.ok()) co_return owner.status();
  auto edit = PlanSetEnabled(*owner, id, enabled, std::time(nullptr));
  if (!edit.ok()) co_return edit.status();
  if (!edit->put.empty()) {
    v1::Account after = WithoutPassword(edit->put.front());
    if (auto s = co_await Commit(*std::move(edit)); !s.ok()) co_return s;
    co_return after;
  }
  auto as_it_is = co_await store_.Read(id);
  if (!as_it_is.ok()) co_return as_it_is.status();
  co_return WithoutPassword(*std::move(as_it_is));
}

net::Task<absl::Status> Accounts::ReportHealth(v1::ReportHealthRequest report) {
  switch (report.state()) {
    case v1::HEALTH_STATE_CHECKING:
    case v1::HEALTH_STATE_OK:
    case v1::HEALTH_STATE_ERROR:
    case v1::HEALTH_STATE_ASKING:
      break;
    default:
      co_return absl::InvalidArgumentError("state: must be one of CHECKING, OK, ERROR and ASKING");
  }
  for (int i = 0; i < kAttempts; ++i) {
    absl::Status s = co_await TryReportHealth(report);
    if (!absl::IsAborted(s)) co_return s;
  }
  co_return TooBusy();
}

net::Task<absl::Status> Accounts::TryReportHealth(const v1::ReportHealthRequest& report) {
  auto account = co_await store_.Read(report.account_id());
  if (!account.ok()) co_return account.status();
  // Word from before the account was disabled.
  if (!account->enabled()) co_return absl::OkStatus();
  // Before consent is given there is nothing to be tried, and nobody knows better why.
  if (WaitsForConsent(*account) && account->health().state() == v1::HEALTH_STATE_ASKING) {
    co_return absl::OkStatus();
  }
  const v1::Health after = ReportedHealth(account->health(), report, std::time(nullptr));
  if (after.SerializeAsString() == account->health().SerializeAsString())
    co_return absl::OkStatus();
  auto revision = co_await store_.WriteHealth(account->id(), account->health(), after);
  if (!revision.ok()) co_return revision.status();
  feed_.Saw(*revision);
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<OwnerAccounts>> Accounts::ReadOwnerOf(std::string id) {
  auto account = co_await store_.Read(std::move(id));
  if (!account.ok()) co_return account.status();
  co_return co_await store_.ReadOwner(account->owner());
}

net::Task<absl::Status> Accounts::Commit(OwnerEdit edit) {
  const AuditEntry audit = edit.audit;
  const bool removes = edit.put.empty();
  auto revision = co_await store_.Commit(std::move(edit));
  if (absl::IsAborted(revision.status())) conflicts.Increment();
  if (!revision.ok()) co_return revision.status();
  feed_.Saw(*revision);
  if (removes) departures_.Wake();
  changes.Increment();
  if (audit.action.empty()) co_return absl::OkStatus();
  log::Info("accounts changed",
            {{"actor", audit.actor}, {"action", audit.action}, {"subject", audit.subject}});
  co_return absl::OkStatus();
}

}  // namespace postern::admin
