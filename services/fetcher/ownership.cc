#include "services/fetcher/ownership.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::fetcher {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopPoll{5};
constexpr milliseconds kLeaveLimit{1'000};
// For a renewal when there is nothing left to lose.
constexpr milliseconds kPatience{2'000};

auto& slots_held = metrics::Gauge("postern_fetcher_slots", "Slots of accounts that are ours");
auto& members = metrics::Gauge("postern_fetcher_members", "Fetchers that share the accounts");
auto& takeovers = metrics::Counter("postern_fetcher_slots_taken_total",
                                   "Slots taken, free or of fetchers that are gone");
auto& losses = metrics::Counter("postern_fetcher_leases_lost_total",
                                "Times that all slots were let go, for want of a renewal");

}  // namespace

Ownership::Ownership(boost::asio::any_io_executor executor, store::RedisClient& redis, Member me,
                     Hooks hooks, Timing timing, std::function<Clock::time_point()> now)
    : me_(std::move(me)),
      hooks_(std::move(hooks)),
      timing_(timing),
      now_(std::move(now)),
      table_(redis, me_, timing.limits),
      group_(executor) {}

// CLOCK_MONOTONIC, which is what Clock reads, stands still then.
Ownership::Clock::time_point Ownership::TimeSinceBoot() {
  timespec since{};
  if (::clock_gettime(CLOCK_BOOTTIME, &since) != 0) return Clock::now();
  return Clock::time_point(std::chrono::seconds(since.tv_sec) +
                           std::chrono::nanoseconds(since.tv_nsec));
}

void Ownership::Start() {
  if (!stopped_) group_.Spawn("ownership", Run());
}

bool Ownership::MayWrite() const { return renewed_ && now_() - *renewed_ < timing_.fence_after; }

net::Task<void> Ownership::Run() {
  for (;;) {
    co_await RenewOnce();
    co_await net::Sleep(timing_.renew_every);
  }
}

net::Task<void> Ownership::RenewOnce() {
  if (!MayWrite()) Lose();
  const auto asked = now_();
  net::Duration limit = kPatience;
  if (renewed_ && MayWrite()) limit = *renewed_ + timing_.fence_after - asked;
  auto view = co_await net::WithDeadline(limit, table_.Renew(Quiet()));
  // An answer may have lain there for long while this process stood still.
  const bool fresh = now_() - asked < timing_.fence_after;
  if (view.ok() && fresh) {
    renewed_ = asked;
    if (view->changed) Apply(*std::move(view));
    co_return;
  }
  // What it told of is not known: all is to be told again.
  table_.Forget();
  if (!MayWrite()) Lose();
  if (!view.ok()) {
    log::Debug("lease not renewed",
               {{"error", view.status().ToString(absl::StatusToStringMode::kWithNoExtraData)}});
  }
}

HeldSlots Ownership::Quiet() const {
  HeldSlots quiet;
  for (const auto& [slot, token] : leaving_) {
    if (!hooks_.in_use(slot)) quiet.emplace(slot, token);
  }
  return quiet;
}

void Ownership::Apply(SlotTable::View view) {
  if (view.taken > 0) {
    takeovers.Increment(view.taken);
    log::Info("slots taken", {{"slots", view.taken}, {"fetchers", view.members.size()}});
  }
  std::erase_if(view.members, [this](const Member& member) { return member.id == me_.id; });
  members.Set(static_cast<double>(view.members.size() + 1));
  slots_held.Set(static_cast<double>(view.mine.size()));
  for (auto at = leaving_.begin(); at != leaving_.end();) {
    const auto found = view.mine.find(at->first);
    const bool ours = found != view.mine.end() && found->second == at->second;
    at = ours ? std::next(at) : leaving_.erase(at);
  }
  held_ = std::move(view.mine);
  for (const auto& [slot, token] : leaving_) held_.erase(slot);
  LetGo(view.excess);
  holding_ = true;
  hooks_.hold(held_);
  if (view.members == others_) return;
  others_ = std::move(view.members);
  if (hooks_.others_changed) hooks_.others_changed(others_);
}

void Ownership::LetGo(uint32_t excess) {
  const size_t wanted = std::min<size_t>(excess, timing_.moves_at_once);
  while (leaving_.size() < wanted && !held_.empty()) {
    const auto last = std::prev(held_.end());
    leaving_.insert(*last);
    held_.erase(last);
  }
}

void Ownership::Lose() {
  if (!std::exchange(holding_, false)) return;
  losses.Increment();
  log::Error("no renewal of the lease in time, all accounts are let go",
             {{"slots", held_.size() + leaving_.size()}});
  held_.clear();
  slots_held.Set(0);
  table_.Forget();
  hooks_.hold(held_);
}

void Ownership::GiveUp(Slot slot) {
  const auto found = held_.find(slot);
  if (found == held_.end()) return;
  leaving_.insert(*found);
  held_.erase(found);
  hooks_.hold(held_);
}

bool Ownership::AnyInUse() const {
  for (Slot slot = 0; slot < kSlots; ++slot) {
    if (hooks_.in_use(slot)) return true;
  }
  return false;
}

net::Task<void> Ownership::Stop() {
  stopped_ = true;
  co_await group_.Stop();
  held_.clear();
  holding_ = false;
  hooks_.hold(held_);
  const auto limit = now_() + timing_.quiet_limit;
  while (AnyInUse() && now_() < limit) co_await net::Sleep(kStopPoll);
  const absl::Status left = co_await net::WithDeadline(kLeaveLimit, table_.Leave());
  if (left.ok()) co_return;
  log::Warn("slots not given back, they are free when the lease runs out",
            {{"error", left.ToString(absl::StatusToStringMode::kWithNoExtraData)}});
}

net::Task<absl::StatusOr<std::optional<Member>>> Ownership::OwnerOf(std::string account_id) {
  const Slot slot = SlotOf(account_id);
  if (held_.contains(slot)) co_return me_;
  auto owner = co_await table_.OwnerOf(slot);
  if (!owner.ok()) co_return owner.status();
  for (const Member& other : others_) {
    if (other.id == *owner) co_return other;
  }
  co_return std::nullopt;
}

std::string Ownership::NotReadyBecause() const {
  if (!renewed_) return "it has no place among the fetchers yet";
  if (MayWrite()) return "";
  const auto ago = std::chrono::duration_cast<std::chrono::seconds>(now_() - *renewed_);
  return absl::StrCat("its lease was renewed ", ago.count(),
                      " s ago, others may have its accounts");
}

}  // namespace postern::fetcher
