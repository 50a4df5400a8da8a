#include "services/fetcher/connect_queue.h"

#include <algorithm>
#include <cmath>

namespace postern::fetcher {

using Seconds = std::chrono::duration<double>;

void ConnectQueue::Bucket::Fill(Time now) {
  const double more = std::max(0.0, Seconds(now - filled).count()) * rate;
  tokens = std::min<double>(rate, tokens + more);
  filled = std::max(filled, now);
}

bool ConnectQueue::Bucket::Take() {
  if (rate == 0) return true;
  // What is due is due, though a division lost the last bit of it.
  if (tokens < 1 - 1e-6) return false;
  tokens -= 1;
  return true;
}

ConnectQueue::Time ConnectQueue::Bucket::FullEnough() const {
  if (rate == 0 || tokens >= 1 - 1e-6) return filled;
  return filled + std::chrono::ceil<Time::duration>(Seconds((1 - tokens) / rate));
}

ConnectQueue::Id ConnectQueue::Enter(const std::string& host, Time now) {
  std::unique_ptr<Host>& there = hosts_[host];
  if (!there) {
    there = std::make_unique<Host>(limits_.per_host);
    there->bucket.filled = now;
  }
  Host* const its = there.get();
  const Id id = next_id_++;
  its->waiting.insert(id);
  entries_.emplace(id, its);
  ++waiting_;
  Place(*its, now);
  ForgetIdleHosts(now);
  return id;
}

void ConnectQueue::Leave(Id id, std::optional<bool> reached, Time now) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  Host& host = *found->second;
  entries_.erase(found);
  if (host.waiting.erase(id) > 0) {
    --waiting_;
  } else {
    --host.dialling;
    --dialling_;
    if (host.doubted) --dialling_in_doubt_;
  }
  if (reached) Judge(host, *reached);
  Place(host, now);
}

void ConnectQueue::Judge(Host& host, bool reached) {
  if (host.doubted == !reached) return;
  Unplace(host);
  host.doubted = !reached;
  if (host.doubted) {
    dialling_in_doubt_ += host.dialling;
  } else {
    dialling_in_doubt_ -= host.dialling;
  }
}

ConnectQueue::Host* ConnectQueue::First() const {
  const size_t most = limits_.in_flight;
  if (dialling_ >= most) return nullptr;
  const auto& [known, doubted] = ready_;
  const bool may_try = !doubted.empty() && dialling_in_doubt_ < std::max<size_t>(1, most / 2);
  if (known.empty()) return may_try ? doubted.begin()->second : nullptr;
  const bool tries = may_try && doubted.begin()->first < known.begin()->first;
  return tries ? doubted.begin()->second : known.begin()->second;
}

std::optional<ConnectQueue::Id> ConnectQueue::Next(Time now) {
  while (!due_.empty() && due_.begin()->first <= now) Place(*due_.begin()->second, now);
  Host* const first = First();
  if (first == nullptr) return std::nullopt;
  all_.Fill(now);
  if (!all_.Take()) return std::nullopt;
  Host& host = *first;
  const Id id = *host.waiting.begin();
  host.waiting.erase(host.waiting.begin());
  host.bucket.Fill(now);
  host.bucket.Take();
  ++host.dialling;
  ++dialling_;
  if (host.doubted) ++dialling_in_doubt_;
  --waiting_;
  Unplace(host);  // the others go first now
  Place(host, now);
  return id;
}

ConnectQueue::Time ConnectQueue::NextAt() const {
  if (dialling_ >= static_cast<size_t>(limits_.in_flight)) return kNever;
  Time at = due_.empty() ? kNever : due_.begin()->first;
  if (First() != nullptr) at = Time::min();
  return at == kNever ? at : std::max(at, all_.FullEnough());
}

void ConnectQueue::Place(Host& host, Time now) {
  const int most = host.doubted ? limits_.doubted_host_in_flight : limits_.host_in_flight;
  host.bucket.Fill(now);
  const Time due = host.bucket.FullEnough();
  const bool may = !host.waiting.empty() && host.dialling < most;
  if (may && due <= now) {
    if (host.turn != 0) return;
    Unplace(host);
    host.turn = next_turn_++;
    ready_[host.doubted].emplace(host.turn, &host);
    return;
  }
  Unplace(host);
  if (!may) return;
  host.due = due;
  due_.emplace(due, &host);
}

void ConnectQueue::Unplace(Host& host) {
  if (host.turn != 0) ready_[host.doubted].erase(host.turn);
  if (host.due != kNever) due_.erase({host.due, &host});
  host.turn = 0;
  host.due = kNever;
}

void ConnectQueue::ForgetIdleHosts(Time now) {
  if (hosts_.size() < forget_at_) return;
  absl::erase_if(hosts_, [now](const auto& item) {
    Host& host = *item.second;
    host.bucket.Fill(now);
    return host.waiting.empty() && host.dialling == 0 && host.bucket.IsFull();
  });
  forget_at_ = std::max<size_t>(1000, 2 * hosts_.size());
}

}  // namespace postern::fetcher
