#include "services/sender/health_reporter.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"

namespace postern::sender {
namespace {

using AdminAsync = admin::v1::AdminService::StubInterface::async_interface;

constexpr std::chrono::seconds kCallLimit{10}, kPause{1};

bool ComesBack(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

void HealthReporter::Report(const std::string& account_id, const absl::Status& health) {
  const auto waiting = waiting_.find(account_id);
  const auto told = told_.find(account_id);
  if (waiting == waiting_.end() && told != told_.end() && told->second == health) return;
  waiting_[account_id] = health;
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
    const absl::Status health = next->second;
    waiting_.erase(next);
    told_[account_id] = health;
    absl::Status s = co_await Tell(account_id, health);
    if (s.ok()) continue;
    told_.erase(account_id);
    if (ComesBack(s)) {
      waiting_.try_emplace(account_id, health);  // unless there is news by now
      co_await net::Sleep(kPause);
    } else if (!absl::IsNotFound(s)) {  // removed in the meantime
      log::Warn("admin refused a health report", {{"account", account_id}, {"error", s.message()}});
    }
  }
}

net::Task<absl::Status> HealthReporter::Tell(std::string account_id, absl::Status health) {
  admin::v1::ReportHealthRequest request;
  request.set_account_id(account_id);
  request.set_state(health.ok() ? admin::v1::HEALTH_STATE_OK : admin::v1::HEALTH_STATE_ERROR);
  request.set_error(std::string(health.message()));
  auto answer = co_await rpc::Call(admin_.async(), &AdminAsync::ReportHealth, request, kCallLimit);
  co_return answer.status();
}

}  // namespace postern::sender
