#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/mailbox_visit.h"

namespace postern::fetcher {

// A visit, and the account that it refers to.
struct OpenVisit {
  std::shared_ptr<const Account> account;
  std::unique_ptr<MailboxVisit> visit;  // ends first
};

// Keeps the connection of an account's last visit for a while, so that "list, then read, then
// flag" is one login. IMAP alone: POP3 would lock the mailbox.
class VisitKeeper {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kKeep{20};
  static constexpr size_t kMost = 64;  // of all accounts; the oldest goes first

  // `now` is for tests.
  explicit VisitKeeper(std::function<Clock::time_point()> now = &Clock::now);

  // The account's, once: nobody else has it then. Nothing when none is kept, or it was made
  // with other settings.
  std::optional<OpenVisit> Take(const Account& account);
  void Put(OpenVisit visit);
  // Closes the connection: the settings have changed, or the account is gone.
  void Forget(const std::string& account_id);
  // Closes those of accounts whose password is neither stored nor held any more.
  void PasswordsWiped(crypto::PasswordKeeper& passwords);
  // To be called now and then.
  void CloseOld();
  size_t size() const { return kept_.size(); }

 private:
  struct Kept {
    OpenVisit open;
    Clock::time_point at;
  };
  const std::function<Clock::time_point()> now_;
  absl::flat_hash_map<std::string, Kept> kept_;  // by account
};

// Enters an account's mailbox: by a connection that is kept and still good, else by a new one.
// An error is noted in `failure`.
net::Task<absl::StatusOr<OpenVisit>> Enter(const VisitParts& parts,
                                           std::shared_ptr<const Account> account,
                                           std::optional<Failure>& failure);
// Leaves it after an answer that was good.
net::Task<void> Leave(const VisitParts& parts, OpenVisit open);

}  // namespace postern::fetcher
