#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "lib/words/wording.h"
#include "postern/admin/v1/account.pb.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/delivery/relay.h"
#include "services/sender/delivery/slots.h"

namespace postern::sender {

// What came of a trial. No problem: the account works.
struct TrialResult {
  words::Wording problem;
  std::string field;  // of the registration form, where to look; may be empty
};

// Signs in with settings that are not stored yet, and asks the server about the From
// address. Nothing is sent, and nothing is remembered.
class AccountTrial {
 public:
  AccountTrial(boost::asio::any_io_executor executor, Relay& relay)
      : relay_(relay), slots_(executor, kAtOnce), farewells_(executor) {}

  // Takes 20 s at most. An empty password means the one that is known by the account's
  // id. kResourceExhausted: too many trials are under way.
  net::Task<absl::StatusOr<TrialResult>> Try(admin::v1::Account settings, crypto::Secret password);
  net::Task<void> Stop() { return farewells_.Stop(); }

 private:
  static constexpr size_t kAtOnce = 32;

  net::Task<TrialResult> SignIn(Account account, crypto::Secret password);
  net::Task<absl::Status> TrySender(const Account& account, smtp::Session& session);

  Relay& relay_;
  Slots slots_;
  net::TaskGroup farewells_;
};

}  // namespace postern::sender
