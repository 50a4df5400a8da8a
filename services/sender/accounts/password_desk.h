#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/sender/accounts/account_checker.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/health_reporter.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/delivery/mail_pause.h"

namespace postern::sender {

// What the desk works with; all of it outlives the desk.
struct PasswordDeskParts {
  const AccountDirectory& accounts;
  HeldPasswords& passwords;
  HealthReporter& health;
  MailPause& pause;
  AccountChecker& checker;
  std::function<net::Task<absl::Status>()> catch_up;            // the accounts, with admin
  std::function<void(const std::string& account_id)> on_wiped;  // no session goes on with it
};

// Where passwords come in that are not to be stored, and where they go.
class PasswordDesk {
 public:
  PasswordDesk(boost::asio::any_io_executor executor, PasswordDeskParts parts)
      : parts_(std::move(parts)), tasks_(executor) {}

  // The account's mail goes on at once. kNotFound: there is no such account;
  // kUnavailable: the accounts are not known yet.
  net::Task<absl::Status> Hold(std::string account_id, crypto::Secret password);
  // Wipes the passwords of everybody else. Mails under way are carried to their end.
  void Retain(const absl::flat_hash_set<std::string>& users);
  // For ever: wipes everything when nobody says for minutes who is there.
  net::Task<void> KeepWiping();
  net::Task<void> Stop() { return tasks_.Stop(); }

 private:
  net::Task<void> GoOn(std::string account_id);
  void ReportAsking(const std::vector<std::string>& account_ids);

  const PasswordDeskParts parts_;
  absl::flat_hash_set<std::string> going_on_;  // accounts that GoOn is at work for
  net::TaskGroup tasks_;                       // last: its coroutines use all of the above
};

}  // namespace postern::sender
