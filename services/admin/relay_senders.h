#pragma once

#include <optional>
#include <utility>

#include "lib/net/task.h"
#include "lib/words/wording.h"
#include "postern/admin/v1/account.pb.h"
#include "services/admin/account_store.h"
#include "services/admin/change_feed.h"
#include "services/admin/relay_rules.h"

// The operator's rules for the relay change, and what was stored under the ones before them
// stays. So they are applied whenever an account is told to another service too.
namespace postern::admin {

// Why the rules of today let this account send nothing; nothing when they do. Pure.
std::optional<words::Wording> RelayRefusal(const v1::Account& account, const RelayRules& rules);

// The account as other services hear of it: without its From and its identities where the
// rules refuse them, and with no From the sender carries nothing of a GLOBAL_SMTP account. Pure.
v1::Account AsTold(v1::Account account, const RelayRules& rules);

// What its health becomes: an error while the rules refuse it, and when they do no more,
// untried. Nothing when it stays as it is. Pure.
std::optional<v1::Health> HealthByRules(const v1::Account& account, const RelayRules& rules,
                                        int64_t now_unix);

// To be run at each start, for the rules come by options: writes HealthByRules, so that
// services that went on meanwhile hear of each account whose lot has changed.
class RelaySenders {
 public:
  RelaySenders(AccountStore& store, ChangeFeed& feed, RelayRules rules)
      : store_(store), feed_(feed), rules_(std::move(rules)) {}

  // Until all is written, however long Redis is away.
  net::Task<void> Settle();

 private:
  net::Task<absl::Status> SettleOnce();
  net::Task<absl::Status> Write(const v1::Account& account, v1::Health health);

  AccountStore& store_;
  ChangeFeed& feed_;
  const RelayRules rules_;
};

}  // namespace postern::admin
