#include "services/xmpp-edge/failed_trials.h"

#include <utility>

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMostKept = 100'000;

// True when it has begun to work; one that works all along says nothing of a new password.
bool WorksNow(const AccountDirectory::Account& before, const AccountDirectory::Account& after) {
  if (after->health().state() != admin::v1::HEALTH_STATE_OK) return false;
  return before == nullptr || before->health().state() != admin::v1::HEALTH_STATE_OK ||
         before->health().changed_unix() != after->health().changed_unix();
}

}  // namespace

FailedTrials::FailedTrials(AccountDirectory& directory, std::function<Clock::time_point()> now)
    : now_(std::move(now)) {
  directory.Listen([this](AccountDirectory::Account before, AccountDirectory::Account after) {
    if (after == nullptr) {
      awaited_.erase(before->id());
    } else if (WorksNow(before, after)) {
      TakeBack(after->id());
    }
  });
}

bool FailedTrials::IsOver(const std::string& user) {
  DropOld();
  const auto failed = failures_of_.find(user);
  return failed != failures_of_.end() && failed->second >= kMost;
}

void FailedTrials::Count(const std::string& user) {
  DropOld();
  failures_.push_back(Failure{now_(), user});
  ++failures_of_[user];
}

void FailedTrials::CountUntilItWorks(const admin::v1::Account& account) {
  Count(account.owner());
  awaited_[account.id()] = dropped_ + failures_.size() - 1;
}

void FailedTrials::TakeBack(const std::string& account_id) {
  const auto awaited = awaited_.find(account_id);
  if (awaited == awaited_.end()) return;
  const uint64_t number = awaited->second;
  awaited_.erase(awaited);
  if (number < dropped_) return;
  Failure& failure = failures_[number - dropped_];
  Leave(failure.user);
  failure.user.clear();
}

void FailedTrials::DropOld() {
  const auto old = now_() - kWithin;
  while (!failures_.empty() && (failures_.front().at < old || failures_.size() >= kMostKept)) {
    Leave(failures_.front().user);
    failures_.pop_front();
    ++dropped_;
  }
}

void FailedTrials::Leave(const std::string& user) {
  const auto count = failures_of_.find(user);
  if (count != failures_of_.end() && --count->second == 0) failures_of_.erase(count);
}

}  // namespace postern::xmpp_edge
