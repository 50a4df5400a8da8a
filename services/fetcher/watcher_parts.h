#pragma once

#include <functional>
#include <string>

#include "lib/crypto/password_keeper.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/dialer.h"
#include "lib/net/task_group.h"
#include "lib/oauth2/access_tokens.h"
#include "lib/store/redis_client.h"
#include "services/fetcher/alarm_clock.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/connect_budget.h"
#include "services/fetcher/cursor_store.h"
#include "services/fetcher/health_reporter.h"
#include "services/fetcher/login_delays.h"
#include "services/fetcher/login_ledger.h"
#include "services/fetcher/mail_handoff.h"
#include "services/fetcher/password_rule.h"

namespace postern::fetcher {

// What all watchers share; outlives them.
struct WatcherParts {
  boost::asio::any_io_executor executor;
  net::Dialer& dialer;
  const crypto::SecretBox& secrets;
  crypto::PasswordKeeper& passwords;  // those that are not stored
  CursorStore& cursors;
  const AvailabilityFeed& availability;
  MailHandoff& handoff;
  HealthReporter& health;
  LoginDelays& login_delays;
  PasswordRule password_rule;
  AlarmClock& alarms;
  ConnectBudget& connects;
  net::TaskGroup& bouts;  // their coroutines
  // A watcher's write was refused, for another fetcher has the account: it does nothing
  // any more, and is to be stopped.
  std::function<void(const std::string& account_id)> on_fenced = {};
  oauth2::AccessTokens* tokens = nullptr;  // null: there are none to be had
  LoginLedger* ledger = nullptr;           // null: any number of connections by one login
  // A mailbox of this host is open, and not only because another one was.
  std::function<void(const std::string& host)> on_reached = {};
  store::RedisClient* redis = nullptr;  // where held mails are noted; null: none are
};

}  // namespace postern::fetcher
