#include "services/fetcher/reconnect_policy.h"

#include <algorithm>

#include "absl/random/random.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::seconds kFirstStep{2};
constexpr std::chrono::seconds kAtOnce{1};
constexpr int kMaxDoublings = 10;

ReconnectPolicy::Duration Between(ReconnectPolicy::Duration least, ReconnectPolicy::Duration most) {
  absl::InsecureBitGen random;  // made anew: one kept by each watcher would cost more
  return ReconnectPolicy::Duration(absl::Uniform<int64_t>(random, least.count(), most.count() + 1));
}

ReconnectPolicy::Duration Jittered(ReconnectPolicy::Duration delay) {
  return Between(delay / 2, delay);
}

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
  const Duration jitter = Between(-interval / 10, interval / 10);
  return std::max<Duration>(interval + jitter, kBetweenLogins);
}

void ReconnectPolicy::NoteLook(std::chrono::steady_clock::time_point now) {
  std::rotate(looks_.begin(), looks_.end() - 1, looks_.end());
  looks_.front() = now;
}

std::chrono::steady_clock::time_point ReconnectPolicy::EarliestLook(std::chrono::seconds least,
                                                                    size_t in_a_row) const {
  const std::chrono::steady_clock::time_point never;
  if (looks_.front() == never) return never;
  const auto earliest = looks_.front() + std::max(kBetweenLooks, least);
  const auto first = looks_[std::min(in_a_row, looks_.size()) - 1];
  if (in_a_row < 2 || first == never) return earliest;
  return std::max(earliest, first + static_cast<int>(in_a_row) * kBetweenLogins);
}

ReconnectPolicy::Duration ReconnectPolicy::NextStep() {
  const Duration step = kFirstStep * (1 << std::min(failures_, kMaxDoublings));
  ++failures_;
  return Jittered(std::min<Duration>(step, kLongest));
}

}  // namespace postern::fetcher
