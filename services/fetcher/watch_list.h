#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/fetcher/account.h"
#include "services/fetcher/account_watcher.h"

namespace postern::fetcher {

// The watchers of this process, one for each account that is to be watched.
class WatchList {
 public:
  explicit WatchList(const WatcherParts& parts);

  // Starts, restarts with new settings, or stops the account's watcher.
  void Put(Account account);
  // The account was removed, and its cursor goes with it.
  void Remove(const std::string& account_id);
  // The account is not listed any more. Its cursor stays: should it only have been
  // left out, no mail is passed over when it is back.
  void Leave(const std::string& account_id);
  // "" stands for everybody.
  void PresenceChanged(const std::string& user);
  // WatcherParts::passwords holds one for the account: it is watched again.
  void PasswordArrived(const std::string& account_id);
  // WatcherParts::passwords may hold fewer: connections that were opened by a wiped one
  // end, and their users are asked again.
  void PasswordsWiped();

  // kNotFound: not watched here. kResourceExhausted: asked less than a minute ago.
  absl::Status Check(const std::string& account_id);
  // Those whose lease this process holds.
  std::vector<std::shared_ptr<const AccountWatcher>> Watched() const;

  // Stops all watchers and gives their leases back.
  net::Task<void> Stop();

 private:
  struct Entry {
    std::shared_ptr<AccountWatcher> watcher;
    uint64_t task = 0;
    std::optional<std::chrono::steady_clock::time_point> last_check;
  };
  void Start(Entry& entry, Account account);
  void StopWatching(const std::string& account_id);
  net::Task<void> Forget(std::string account_id);
  net::Task<void> Release(Lease lease);

  const WatcherParts parts_;
  absl::btree_map<std::string, Entry> entries_;  // by account id
  net::TaskGroup group_;
};

}  // namespace postern::fetcher
