#include "services/fetcher/watch_list.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::fetcher {

namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kBetweenChecks{60};

auto& watchers = metrics::Gauge("postern_fetcher_watchers", "Accounts to watch");

}  // namespace

WatchList::WatchList(const WatcherParts& parts) : parts_(parts), group_(parts.executor) {}

void WatchList::Put(Account account) {
  const std::string id = account.id;
  const bool has_mailbox = account.type == AccountType::kImap || account.type == AccountType::kPop3;
  if (!has_mailbox || !account.enabled) return StopWatching(id);

  const auto found = entries_.find(id);
  if (found == entries_.end()) return Start(entries_[id], std::move(account));
  // The feed also tells of changes in health, most of them our own words.
  if (found->second.watcher->account().settings_revision == account.settings_revision) return;
  group_.Cancel(found->second.task);
  Start(found->second, std::move(account));
}

// A watcher that unwinds may still hold the lease; the new one takes it over,
// and the old one's token with it.
void WatchList::Start(Entry& entry, Account account) {
  const std::string name = absl::StrCat("watch ", account.id);
  entry.watcher = std::make_shared<AccountWatcher>(parts_, std::move(account));
  entry.task = group_.Spawn(name, AccountWatcher::Run(entry.watcher));
  watchers.Set(static_cast<double>(entries_.size()));
}

void WatchList::StopWatching(const std::string& account_id) {
  const auto found = entries_.find(account_id);
  if (found == entries_.end()) return;
  group_.Cancel(found->second.task);
  group_.Spawn("release", Release(found->second.watcher->lease()));
  parts_.health.Forget(account_id);
  entries_.erase(found);
  watchers.Set(static_cast<double>(entries_.size()));
}

void WatchList::Leave(const std::string& account_id) {
  StopWatching(account_id);
  parts_.health.Forget(account_id);
}

void WatchList::Remove(const std::string& account_id) {
  Leave(account_id);
  group_.Spawn("forget", Forget(account_id));
}

// Should Redis be away just now, a few bytes stay behind: ids are never reused.
net::Task<void> WatchList::Forget(std::string account_id) {
  absl::Status status = co_await parts_.cursors.Forget(account_id);
  if (status.ok()) co_return;
  log::Warn("cursor of a removed account stays behind",
            {{"account", account_id},
             {"error", status.ToString(absl::StatusToStringMode::kWithNoExtraData)}});
}

net::Task<void> WatchList::Release(Lease lease) {
  // Not given back, it runs out by itself.
  if (lease.token != 0) co_await parts_.cursors.Release(std::move(lease));
}

void WatchList::PresenceChanged(const std::string& user) {
  for (auto& [id, entry] : entries_) {
    if (user.empty() || entry.watcher->account().owner == user) entry.watcher->PresenceChanged();
  }
}

void WatchList::PasswordArrived(const std::string& account_id) {
  const auto found = entries_.find(account_id);
  if (found != entries_.end()) found->second.watcher->PasswordArrived();
}

void WatchList::PasswordsWiped() {
  for (auto& [id, entry] : entries_) entry.watcher->PasswordsWiped();
}

absl::Status WatchList::Check(const std::string& account_id) {
  const auto found = entries_.find(account_id);
  if (found == entries_.end() || !found->second.watcher->holds_lease()) {
    return words::Error(
        absl::StatusCode::kNotFound,
        words::Word("this account is not being watched just now; try again in a minute"));
  }
  const auto now = steady_clock::now();
  std::optional<steady_clock::time_point>& last = found->second.last_check;
  if (last && now - *last < kBetweenChecks) {
    const auto left = std::chrono::ceil<seconds>(kBetweenChecks - (now - *last));
    return words::Error(
        absl::StatusCode::kResourceExhausted,
        words::Word("checked less than a minute ago; try again in $0 seconds", left.count()));
  }
  last = now;
  found->second.watcher->Check();
  return absl::OkStatus();
}

std::vector<std::shared_ptr<const AccountWatcher>> WatchList::Watched() const {
  std::vector<std::shared_ptr<const AccountWatcher>> watched;
  for (const auto& [id, entry] : entries_) {
    if (entry.watcher->holds_lease()) watched.push_back(entry.watcher);
  }
  return watched;
}

net::Task<void> WatchList::Stop() {
  co_await group_.Stop();
  for (const auto& [id, entry] : entries_) co_await Release(entry.watcher->lease());
}

}  // namespace postern::fetcher
