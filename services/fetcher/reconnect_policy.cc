#include "services/fetcher/reconnect_policy.h"

#include <algorithm>

namespace postern::fetcher {

namespace {

constexpr std::chrono::seconds kFirstStep{2};
constexpr std::chrono::seconds kAtOnce{1};
constexpr int kMaxDoublings = 10;

// Refusals that only a change of settings, or an operator, will lift.
bool IsLasting(const absl::Status& failure) {
  return absl::IsFailedPrecondition(failure) || absl::IsPermissionDenied(failure) ||
         absl::IsInvalidArgument(failure);
}

}  // namespace

ReconnectPolicy::Duration ReconnectPolicy::AfterFailure(const absl::Status& failure) {
  if (absl::IsUnauthenticated(failure)) return Jittered(kAfterBadPassword);
  if (IsLasting(failure)) {
    return std::max(NextStep(), Jittered(std::chrono::minutes(1)));
  }
  return NextStep();
}

ReconnectPolicy::Duration ReconnectPolicy::AfterSession(Duration lived) {
  if (lived >= kProof) {
    failures_ = 0;
    return Jittered(kAtOnce);
  }
  const Duration remaining = kBetweenLogins - std::min<Duration>(lived, kBetweenLogins);
  return std::max(NextStep(), remaining);
}

ReconnectPolicy::Duration ReconnectPolicy::AfterLook(Duration interval) {
  failures_ = 0;
  const Duration spread = interval / 10;
  const Duration jitter{absl::Uniform<int64_t>(random_, -spread.count(), spread.count() + 1)};
  return std::max<Duration>(interval + jitter, kBetweenLogins);
}

void ReconnectPolicy::NoteLook(std::chrono::steady_clock::time_point now) {
  looks_.push_back(now);
  if (looks_.size() > kLooksInARow) looks_.pop_front();
}

std::chrono::steady_clock::time_point ReconnectPolicy::EarliestLook(std::chrono::seconds least,
                                                                    size_t in_a_row) const {
  if (looks_.empty()) return {};
  const auto earliest = looks_.back() + std::max(kBetweenLooks, least);
  if (in_a_row < 2 || looks_.size() < in_a_row) return earliest;
  const auto first = looks_[looks_.size() - in_a_row];
  return std::max(earliest, first + static_cast<int>(in_a_row) * kBetweenLogins);
}

ReconnectPolicy::Duration ReconnectPolicy::AfterLostLease(Duration lived) {
  const Duration spread = kLeaseSpread;
  return AfterSession(lived) + Duration(absl::Uniform<int64_t>(random_, 0, spread.count() + 1));
}

ReconnectPolicy::Duration ReconnectPolicy::NextStep() {
  const Duration step = kFirstStep * (1 << std::min(failures_, kMaxDoublings));
  ++failures_;
  return Jittered(std::min<Duration>(step, kLongest));
}

ReconnectPolicy::Duration ReconnectPolicy::Jittered(Duration delay) {
  return Duration(absl::Uniform<int64_t>(random_, delay.count() / 2, delay.count() + 1));
}

}  // namespace postern::fetcher
