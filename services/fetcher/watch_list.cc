#include "services/fetcher/watch_list.h"

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::fetcher {

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kBetweenChecks{60};
constexpr int kTakesAtOnce = 128;  // scripts on their way to Redis
constexpr seconds kRedisRetry{1};
// Who lost an account that should be theirs does not come back at once: two that take
// it from one another would log in without end.
constexpr seconds kRestWhenFenced{5};
constexpr seconds kForgetForOthers{60};
constexpr std::chrono::milliseconds kStopPoll{5};

auto& watchers = metrics::Gauge("postern_fetcher_watchers", "Accounts watched here");

}  // namespace

WatchList::WatchList(const WatcherParts& parts, OnOutbid on_outbid)
    : parts_(parts), on_outbid_(std::move(on_outbid)), group_(parts.executor) {
  parts_.on_fenced = [this](const std::string& account_id) { Fenced(account_id); };
  parts_.on_reached = [this](const std::string& host) { HostReached(host); };
}

// --- what is to be watched ----------------------------------------------------------

void WatchList::Put(std::shared_ptr<const Account> account) {
  const bool has_mailbox =
      account->type == AccountType::kImap || account->type == AccountType::kPop3;
  if (!has_mailbox || !account->enabled) return Drop(account->id, false);
  const Key key = KeyOf(account->id);
  Entry& entry = entries_[key];
  entry.forget = false;
  // The feed also tells of changes in health, most of them our own words.
  const bool same = entry.account && entry.account->settings_revision == account->settings_revision;
  if (!same) entry.account = std::move(account);
  Tend(key);
}

void WatchList::Remove(const std::string& account_id) {
  entries_[KeyOf(account_id)];  // watched here or not: what the last one wrote goes
  Drop(account_id, true);
}

void WatchList::Drop(const std::string& account_id, bool forget) {
  const Key key = KeyOf(account_id);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  found->second.account = nullptr;
  found->second.forget = forget;
  Tend(key);
}

void WatchList::Hold(const HeldSlots& slots) {
  const HeldSlots before = std::exchange(held_, slots);
  for (const auto& [slot, token] : before) {
    if (!held_.contains(slot)) TendSlot(slot);
  }
  for (const auto& [slot, token] : held_) {
    const auto found = before.find(slot);
    if (found == before.end() || found->second != token) TendSlot(slot);
  }
}

bool WatchList::InUse(Slot slot) const {
  for (auto at = entries_.lower_bound(Key{slot, ""});
       at != entries_.end() && at->first.first == slot; ++at) {
    if (at->second.watcher) return true;
  }
  return false;
}

// --- from how it is to how it shall be ----------------------------------------------

bool WatchList::Wanted(const Key& key, const Entry& entry) const {
  return entry.account && held_.contains(key.first);
}

void WatchList::TendSlot(Slot slot) {
  std::vector<Key> keys;  // one that is gone is erased
  for (auto at = entries_.lower_bound(Key{slot, ""});
       at != entries_.end() && at->first.first == slot; ++at) {
    keys.push_back(at->first);
  }
  for (const Key& key : keys) Tend(key);
}

void WatchList::Tend(const Key& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  // What is under way looks here again when it is done.
  if (entry.phase == Phase::kQueued || entry.phase == Phase::kStopping) return;
  const bool wanted = Wanted(key, entry);
  if (entry.phase == Phase::kWatched) {
    const bool fits =
        wanted && held_.at(key.first) == entry.token &&
        entry.watcher->account().settings_revision == entry.account->settings_revision;
    if (!fits) BeginToStop(key, entry);
    return;
  }
  if (wanted) return Queue(key, entry);
  // Another fetcher has the last word on it, or nobody.
  parts_.health.Forget(key.second);
  if (entry.account) return;
  if (entry.forget) group_.Spawn("forget", Forget(key.second));
  entries_.erase(found);
}

void WatchList::Queue(const Key& key, Entry& entry) {
  if (entry.rest_until && steady_clock::now() < *entry.rest_until) {
    group_.Spawn("tend later", TendLater(key));
    return;
  }
  entry.phase = Phase::kQueued;
  queue_.push_back(key);
  if (takers_ == kTakesAtOnce) return;
  ++takers_;
  group_.Spawn("take", TakeQueued());
}

net::Task<void> WatchList::TendLater(Key key) {
  co_await net::Sleep(kRestWhenFenced);
  Tend(key);
}

net::Task<void> WatchList::TakeQueued() {
  while (!queue_.empty()) {
    Key key = std::move(queue_.front());
    queue_.pop_front();
    co_await TakeOne(std::move(key));
  }
  --takers_;
}

// The entry stays as long as it is queued, but no reference to it does.
net::Task<void> WatchList::TakeOne(Key key) {
  if (!Wanted(key, entries_.at(key))) {
    entries_.at(key).phase = Phase::kNone;
    Tend(key);
    co_return;
  }
  auto lease = co_await parts_.cursors.Take(key.second, held_.at(key.first));
  Entry& entry = entries_.at(key);
  if (!lease.ok() && !absl::IsAborted(lease.status())) {
    queue_.push_back(std::move(key));
    co_await net::Sleep(kRedisRetry);
    co_return;
  }
  entry.phase = Phase::kNone;
  const auto slot = held_.find(key.first);
  if (slot == held_.end() || !entry.account) {
    Tend(key);
  } else if (!lease.ok()) {
    log::Warn("account not taken, its fence is higher", {{"account", key.second}});
    if (on_outbid_) on_outbid_(key.first);
  } else if (slot->second != lease->token) {
    Tend(key);
  } else {
    Watch(key, entry, *std::move(lease));
  }
}

void WatchList::Watch(const Key& key, Entry& entry, Lease lease) {
  entry.phase = Phase::kWatched;
  entry.token = lease.token;
  entry.watcher = std::make_shared<AccountWatcher>(parts_, entry.account, std::move(lease));
  Enlist(entry.watcher.get());
  watchers.Set(static_cast<double>(++watching_));
  entry.watcher->Start();
}

void WatchList::BeginToStop(const Key& key, Entry& entry) {
  entry.phase = Phase::kStopping;
  Delist(entry.watcher.get());
  group_.Spawn("stop watching", StopOne(key, entry.watcher));
}

net::Task<void> WatchList::StopOne(Key key, std::shared_ptr<AccountWatcher> watcher) {
  co_await watcher->Stop();
  Entry& entry = entries_.at(key);
  entry.watcher = nullptr;
  entry.phase = Phase::kNone;
  watchers.Set(static_cast<double>(--watching_));
  Tend(key);
}

void WatchList::Fenced(const std::string& account_id) {
  const Key key = KeyOf(account_id);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.phase != Phase::kWatched) return;
  found->second.rest_until = steady_clock::now() + kRestWhenFenced;
  BeginToStop(key, found->second);
  if (on_outbid_) on_outbid_(key.first);
}

// Where it is another's, that one does it; unless it died, or has not heard of it yet: what it
// still writes needs the fence. Should Redis be away just now, a few bytes stay behind.
net::Task<void> WatchList::Forget(std::string account_id) {
  if (!held_.contains(SlotOf(account_id))) co_await net::Sleep(kForgetForOthers);
  absl::Status status = co_await parts_.cursors.Forget(account_id);
  if (status.ok()) co_return;
  log::Warn("cursor of a removed account stays behind",
            {{"account", account_id},
             {"error", status.ToString(absl::StatusToStringMode::kWithNoExtraData)}});
}

// --- what watchers are told and asked ------------------------------------------------

void WatchList::Enlist(AccountWatcher* watcher) {
  const Account& account = watcher->account();
  by_owner_.insert(watcher);
  if (account.sealed_password.empty()) without_password_.insert(watcher);
  if (LooksWhenConnected(account)) opportune_[account.host].push_back(watcher);
}

void WatchList::Delist(AccountWatcher* watcher) {
  const Account& account = watcher->account();
  by_owner_.erase(watcher);
  std::vector<AccountWatcher*>& opportune = opportune_[account.host];
  std::erase(opportune, watcher);
  if (opportune.empty()) opportune_.erase(account.host);
  without_password_.erase(watcher);
}

void WatchList::HostReached(const std::string& host) {
  if (!opportune_.contains(host)) return;
  for (AccountWatcher* watcher : opportune_.at(host)) watcher->ServerReached();
}

AccountWatcher* WatchList::Find(const std::string& account_id) {
  const auto found = entries_.find(KeyOf(account_id));
  const bool watched = found != entries_.end() && found->second.phase == Phase::kWatched;
  return watched ? found->second.watcher.get() : nullptr;
}

void WatchList::PresenceChanged(const std::string& user) {
  auto from = user.empty() ? by_owner_.begin() : by_owner_.lower_bound(user);
  const auto to = user.empty() ? by_owner_.end() : by_owner_.upper_bound(user);
  for (; from != to; ++from) (*from)->PresenceChanged();
}

void WatchList::PasswordArrived(const std::string& account_id) {
  if (AccountWatcher* watcher = Find(account_id)) watcher->PasswordArrived();
}

void WatchList::PasswordsWiped() {
  for (AccountWatcher* watcher : without_password_) watcher->PasswordsWiped();
}

absl::Status WatchList::Check(const std::string& account_id) {
  AccountWatcher* const watcher = Find(account_id);
  if (!watcher) {
    return words::Error(
        absl::StatusCode::kNotFound,
        words::Word("this account is not being watched just now; try again in a minute"));
  }
  const auto now = steady_clock::now();
  std::optional<steady_clock::time_point>& last = entries_.at(KeyOf(account_id)).last_check;
  if (last && now - *last < kBetweenChecks) {
    const auto left = std::chrono::ceil<seconds>(kBetweenChecks - (now - *last));
    return words::Error(
        absl::StatusCode::kResourceExhausted,
        words::Word("checked less than a minute ago; try again in $0 seconds", left.count()));
  }
  last = now;
  watcher->Check();
  return absl::OkStatus();
}

std::vector<std::shared_ptr<const AccountWatcher>> WatchList::Watched() const {
  std::vector<std::shared_ptr<const AccountWatcher>> watched;
  for (const auto& [key, entry] : entries_) {
    if (entry.phase == Phase::kWatched) watched.push_back(entry.watcher);
  }
  return watched;
}

net::Task<void> WatchList::Stop() {
  Hold({});
  while (watching_ > 0) co_await net::Sleep(kStopPoll);
  co_await group_.Stop();
}

}  // namespace postern::fetcher
