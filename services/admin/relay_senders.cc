#include "services/admin/relay_senders.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>

#include "lib/mail/address.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"
#include "services/admin/health.h"

namespace postern::admin {
namespace {

constexpr std::chrono::seconds kPause{1};

words::Wording Withdrawn() {
  return words::Word(
      "the operator of this gateway does not offer its own mail server any more; register an SMTP "
      "account of your own");
}

words::Wording NotThisAddress(const v1::Account& account) {
  return words::Word(
      "the operator of this gateway does not let you send as $0 any more; enter another address "
      "in the account's settings",
      account.default_from());
}

bool SaysRefused(const v1::Account& account) {
  const std::string& said = account.health().problem().text();
  return account.health().state() == v1::HEALTH_STATE_ERROR &&
         (said == Withdrawn().text || said == NotThisAddress(account).text);
}

}  // namespace

std::optional<words::Wording> RelayRefusal(const v1::Account& account, const RelayRules& rules) {
  if (account.type() != v1::ACCOUNT_TYPE_GLOBAL_SMTP) return std::nullopt;
  if (!rules.offered) return Withdrawn();
  const auto from = mail::ParseAddress(account.default_from());
  if (from.ok() && CheckRelaySender(rules, account.owner(), *from).ok()) return std::nullopt;
  return NotThisAddress(account);
}

v1::Account AsTold(v1::Account account, const RelayRules& rules) {
  if (account.type() != v1::ACCOUNT_TYPE_GLOBAL_SMTP) return account;
  if (RelayRefusal(account, rules)) account.clear_default_from();
  if (!account.has_sending()) return account;
  auto& identities = *account.mutable_sending()->mutable_identities();
  const auto refused = [&](const v1::Identity& identity) {
    const auto from = mail::ParseAddress(identity.from());
    return !from.ok() || !CheckRelaySender(rules, account.owner(), *from).ok();
  };
  identities.erase(std::remove_if(identities.begin(), identities.end(), refused), identities.end());
  return account;
}

std::optional<v1::Health> HealthByRules(const v1::Account& account, const RelayRules& rules,
                                        int64_t now_unix) {
  if (account.type() != v1::ACCOUNT_TYPE_GLOBAL_SMTP || !account.enabled()) return std::nullopt;
  const auto refusal = RelayRefusal(account, rules);
  if (refusal.has_value() == SaysRefused(account)) return std::nullopt;
  if (!refusal) return UntriedHealth(account.health(), now_unix);
  v1::ReportHealthRequest report;
  report.set_state(v1::HEALTH_STATE_ERROR);
  report.set_error(words::English(*refusal));
  *report.mutable_problem() = rpc::ToProto(*refusal);
  return ReportedHealth(account.health(), report, now_unix);
}

net::Task<void> RelaySenders::Settle() {
  for (;;) {
    const absl::Status settled = co_await SettleOnce();
    if (settled.ok()) co_return;
    log::Debug("accounts of the relay not checked yet", {{"error", settled.message()}});
    co_await net::Sleep(kPause);
  }
}

net::Task<absl::Status> RelaySenders::SettleOnce() {
  FeedCursor cursor;
  do {
    auto page = co_await store_.ReadChanges(cursor);
    if (!page.ok()) co_return page.status();
    for (const v1::Account& account : page->changed) {
      auto health = HealthByRules(account, rules_, std::time(nullptr));
      if (!health) continue;
      absl::Status written = co_await Write(account, *std::move(health));
      if (!written.ok()) co_return written;
    }
    cursor = page->next;
  } while (cursor.listing);
  co_return absl::OkStatus();
}

net::Task<absl::Status> RelaySenders::Write(const v1::Account& account, v1::Health health) {
  const bool refused = health.state() == v1::HEALTH_STATE_ERROR;
  auto revision = co_await store_.WriteHealth(account.id(), account.health(), std::move(health));
  if (absl::IsNotFound(revision.status())) co_return absl::OkStatus();  // removed meanwhile
  if (!revision.ok()) co_return revision.status();
  feed_.Saw(*revision);
  log::Info("the relay's rules have changed for an account",
            {{"account", account.id()}, {"refused", refused ? "yes" : "no"}});
  co_return absl::OkStatus();
}

}  // namespace postern::admin
