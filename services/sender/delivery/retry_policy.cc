#include "services/sender/delivery/retry_policy.h"

#include <algorithm>
#include <iterator>

namespace postern::sender {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr milliseconds kSchedule[] = {minutes(1), minutes(5), minutes(15), minutes(30),
                                      hours(1),   hours(2),   hours(4)};
constexpr double kSpread = 0.2;

// A server that is away is asked again soon for the sake of its other mail; one
// that refuses the password locks the account when asked often.
constexpr milliseconds kServerPause = minutes(5), kAccountPause = hours(1);

}  // namespace

Cause CauseOf(const absl::Status& outcome) {
  switch (outcome.code()) {
    case absl::StatusCode::kOk:
      return Cause::kNone;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kInvalidArgument:
      return Cause::kAccount;
    default:
      return Cause::kServer;
  }
}

Verdict Judge(Cause cause, int attempts, milliseconds age, double chance) {
  Verdict verdict;
  if (age >= kQueueLifetime) {
    verdict.give_up = true;
    return verdict;
  }
  const size_t step = std::clamp<size_t>(attempts, 1, std::size(kSchedule)) - 1;
  milliseconds wait = kSchedule[step];
  if (cause == Cause::kAccount) wait = std::max(wait, kAccountPause);
  wait += milliseconds(static_cast<int64_t>(wait.count() * kSpread * std::clamp(chance, 0.0, 1.0)));
  // The last attempt comes when the mail's time is up, not hours after.
  verdict.retry_in = std::min<milliseconds>(wait, kQueueLifetime - age);
  if (cause == Cause::kServer) verdict.pause_account = std::min(verdict.retry_in, kServerPause);
  if (cause == Cause::kAccount) verdict.pause_account = verdict.retry_in;
  return verdict;
}

}  // namespace postern::sender
