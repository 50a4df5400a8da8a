#include "services/sender/accounts/password_desk.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"

namespace postern::sender {
namespace {

constexpr std::chrono::minutes kWipeEvery{1};

}  // namespace

net::Task<absl::Status> PasswordDesk::Hold(std::string account_id, crypto::Secret password) {
  if (password.empty()) {
    co_return words::Error(absl::StatusCode::kInvalidArgument, words::Word("the password is empty"),
                           "password");
  }
  // Its settings may be newer than what we know: registered, changed to ask, or to another
  // server, just now. Were that heard afterwards, the password would be the old one's.
  absl::Status s = co_await parts_.catch_up();
  if (!s.ok() && !parts_.accounts.loaded()) co_return s;
  const Account* account = parts_.accounts.Find(account_id);
  if (account == nullptr) {
    co_return words::Error(absl::StatusCode::kNotFound,
                           words::Word("there is no such SMTP account"));
  }
  parts_.passwords.Hold(*account, std::move(password));
  log::Info("a password is held", {{"account", account_id}});
  if (!account->enabled) co_return absl::OkStatus();
  // Also tells apart a second refusal from the first.
  parts_.health.Report(account_id, Condition());
  if (going_on_.insert(account_id).second) tasks_.Spawn("password came", GoOn(account_id));
  co_return absl::OkStatus();
}

// A mail that waits tries the password; several attempts at once with a wrong one
// might lock the account.
net::Task<void> PasswordDesk::GoOn(std::string account_id) {
  const int64_t waiting = co_await parts_.pause.End(account_id);
  going_on_.erase(account_id);
  if (waiting == 0) parts_.checker.Check(account_id);
}

void PasswordDesk::Retain(const absl::flat_hash_set<std::string>& users) {
  ReportAsking(parts_.passwords.Retain(users));
}

net::Task<void> PasswordDesk::KeepWiping() {
  for (;;) {
    co_await net::Sleep(kWipeEvery);
    ReportAsking(parts_.passwords.WipeUntrusted());
  }
}

void PasswordDesk::ReportAsking(const std::vector<std::string>& account_ids) {
  for (const std::string& id : account_ids) {
    log::Info("a held password is wiped", {{"account", id}});
    parts_.on_wiped(id);
    const Account* account = parts_.accounts.Find(id);
    if (account == nullptr || !account->enabled) continue;
    if (parts_.passwords.NeededBy(*account)) parts_.health.Report(id, Asking());
  }
}

}  // namespace postern::sender
