#include "services/sender/accounts/health_reporter.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/unary.h"
#include "services/sender/outcomes/sentences.h"

namespace postern::sender {
namespace {

using AdminAsync = admin::v1::AdminService::StubInterface::async_interface;

constexpr std::chrono::seconds kCallLimit{10}, kPause{1};

bool ComesBack(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

admin::v1::HealthState ToState(Health health) {
  switch (health) {
    case Health::kChecking:
      return admin::v1::HEALTH_STATE_CHECKING;
    case Health::kOk:
      return admin::v1::HEALTH_STATE_OK;
    case Health::kError:
      return admin::v1::HEALTH_STATE_ERROR;
    case Health::kAsking:
      return admin::v1::HEALTH_STATE_ASKING;
  }
  return admin::v1::HEALTH_STATE_UNSPECIFIED;
}

}  // namespace

Condition ConditionAfter(const absl::Status& sign_in, bool asking) {
  Condition condition;
  condition.health = asking ? Health::kAsking : sign_in.ok() ? Health::kOk : Health::kError;
  // What else went wrong does not matter before there is a password.
  const bool tells = condition.health == Health::kError || absl::IsUnauthenticated(sign_in);
  if (tells) condition.problem = SentenceOf(sign_in);
  return condition;
}

const Condition* HealthReporter::LastSaid(const std::string& account_id) const {
  const auto waiting = waiting_.find(account_id);
  if (waiting != waiting_.end()) return &waiting->second;
  const auto told = told_.find(account_id);
  return told == told_.end() ? nullptr : &told->second;
}

void HealthReporter::Report(const std::string& account_id, const Condition& condition) {
  const Condition* last = LastSaid(account_id);
  if (last && *last == condition) return;
  const bool asks_on = condition.health == Health::kAsking && condition.problem.empty();
  if (asks_on && last && last->health == Health::kAsking) return;
  waiting_[account_id] = condition;
  changed_.Notify();
}

void HealthReporter::Forget(const std::string& account_id) {
  waiting_.erase(account_id);
  told_.erase(account_id);
}

net::Task<void> HealthReporter::Run() {
  for (;;) {
    if (waiting_.empty()) {
      co_await changed_.Wait();
      continue;
    }
    const auto next = waiting_.begin();
    const std::string account_id = next->first;
    const Condition condition = next->second;
    waiting_.erase(next);
    told_[account_id] = condition;
    absl::Status s = co_await Tell(account_id, condition);
    if (s.ok()) continue;
    told_.erase(account_id);
    if (ComesBack(s)) {
      waiting_.try_emplace(account_id, condition);  // unless there is news by now
      co_await net::Sleep(kPause);
    } else if (!absl::IsNotFound(s)) {  // removed in the meantime
      log::Warn("admin refused a health report", {{"account", account_id}, {"error", s.message()}});
    }
  }
}

net::Task<absl::Status> HealthReporter::Tell(std::string account_id, Condition condition) {
  admin::v1::ReportHealthRequest request;
  request.set_account_id(account_id);
  request.set_state(ToState(condition.health));
  if (!condition.problem.empty()) {
    request.set_error(words::English(condition.problem));
    *request.mutable_problem() = rpc::ToProto(condition.problem);
  }
  auto answer = co_await rpc::Call(admin_.async(), &AdminAsync::ReportHealth, request, kCallLimit);
  co_return answer.status();
}

}  // namespace postern::sender
