#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/fetcher/account.h"
#include "services/fetcher/account_watcher.h"
#include "services/fetcher/slots.h"

namespace postern::fetcher {

// The watchers of this process: one for each account that is to be watched and whose slot
// is ours. One account has one watcher at a time; a new one starts when the one before has
// written its last.
class WatchList {
 public:
  // An account is not ours though its slot is: the slot is to be taken anew. May be empty.
  using OnOutbid = std::function<void(Slot)>;
  explicit WatchList(const WatcherParts& parts, OnOutbid on_outbid = {});

  // Starts, restarts with new settings, or stops the account's watcher.
  void Put(std::shared_ptr<const Account> account);
  // The account was removed, and its cursor goes with it.
  void Remove(const std::string& account_id);
  // The account is not listed any more. Its cursor stays: should it only have been
  // left out, no mail is passed over when it is back.
  void Leave(const std::string& account_id) { Drop(account_id, false); }

  // Watches the accounts of these slots and of no others.
  void Hold(const HeldSlots& slots);
  // Some account of the slot has a watcher still, be it one that is about to end.
  bool InUse(Slot slot) const;

  // "" stands for everybody.
  void PresenceChanged(const std::string& user);
  // WatcherParts::passwords holds one for the account: it is watched again.
  void PasswordArrived(const std::string& account_id);
  // WatcherParts::passwords may hold fewer: connections that were opened by a wiped one
  // end, and their users are asked again.
  void PasswordsWiped();

  // A mailbox of this host was opened for something else: those whose schedule says so look
  // into theirs.
  void HostReached(const std::string& host);

  // kNotFound: not watched here. kResourceExhausted: asked less than a minute ago.
  absl::Status Check(const std::string& account_id);
  std::vector<std::shared_ptr<const AccountWatcher>> Watched() const;

  // Stops all watchers.
  net::Task<void> Stop();

 private:
  using Key = std::pair<Slot, std::string>;  // a slot's accounts side by side
  enum class Phase { kNone, kQueued, kWatched, kStopping };
  struct Entry {
    std::shared_ptr<const Account> account;  // null: to be watched no more
    bool forget = false;                     // and its cursor goes
    Phase phase = Phase::kNone;
    std::shared_ptr<AccountWatcher> watcher;  // kWatched, kStopping
    uint64_t token = 0;                       // what it was taken with
    std::optional<std::chrono::steady_clock::time_point> last_check, rest_until;
  };

  // The watchers of an owner side by side.
  struct ByOwner {
    using is_transparent = void;
    bool operator()(const AccountWatcher* one, const AccountWatcher* other) const {
      const std::string& owner = one->account().owner;
      const std::string& others = other->account().owner;
      return owner == others ? std::less<>()(one, other) : owner < others;
    }
    bool operator()(const AccountWatcher* one, absl::string_view owner) const {
      return one->account().owner < owner;
    }
    bool operator()(absl::string_view owner, const AccountWatcher* one) const {
      return owner < one->account().owner;
    }
  };

  static Key KeyOf(const std::string& account_id) { return {SlotOf(account_id), account_id}; }
  void Drop(const std::string& account_id, bool forget);
  // Begins what brings the account from how it is to how it shall be, if anything.
  void Tend(const Key& key);
  void TendSlot(Slot slot);
  bool Wanted(const Key& key, const Entry& entry) const;
  void Queue(const Key& key, Entry& entry);
  net::Task<void> TakeQueued();
  net::Task<void> TakeOne(Key key);
  void Watch(const Key& key, Entry& entry, Lease lease);
  void BeginToStop(const Key& key, Entry& entry);
  net::Task<void> StopOne(Key key, std::shared_ptr<AccountWatcher> watcher);
  void Fenced(const std::string& account_id);
  net::Task<void> TendLater(Key key);
  net::Task<void> Forget(std::string account_id);
  // By owner, by host: what is told to some watchers only.
  void Enlist(AccountWatcher* watcher);
  void Delist(AccountWatcher* watcher);
  AccountWatcher* Find(const std::string& account_id);

  WatcherParts parts_;
  const OnOutbid on_outbid_;
  HeldSlots held_;
  absl::btree_map<Key, Entry> entries_;
  absl::btree_set<AccountWatcher*, ByOwner> by_owner_;     // kWatched alone
  absl::flat_hash_set<AccountWatcher*> without_password_;  // those whose password is not stored
  absl::flat_hash_map<std::string, std::vector<AccountWatcher*>> opportune_;  // by host
  std::deque<Key> queue_;                                                     // kQueued
  int takers_ = 0;       // how many TakeQueued() run
  size_t watching_ = 0;  // how many have a watcher
  net::TaskGroup group_;
};

}  // namespace postern::fetcher
