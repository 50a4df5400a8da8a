#include "services/fetcher/health_reporter.h"

#include <chrono>
#include <utility>

#include "absl/hash/hash.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/unary.h"

namespace postern::fetcher {

namespace {

using std::chrono::seconds;

constexpr std::chrono::milliseconds kDeadline = seconds(10);
constexpr seconds kPauseAfterError{1};

admin::v1::HealthState ToProto(Health health) {
  if (health == Health::kOk) return admin::v1::HEALTH_STATE_OK;
  if (health == Health::kError) return admin::v1::HEALTH_STATE_ERROR;
  if (health == Health::kAsking) return admin::v1::HEALTH_STATE_ASKING;
  return admin::v1::HEALTH_STATE_CHECKING;
}

}  // namespace

HealthReporter::HealthReporter(boost::asio::any_io_executor executor,
                               admin::v1::AdminService::StubInterface& admin)
    : admin_(admin), event_(executor) {}

void HealthReporter::Report(const std::string& account_id, Health health, words::Wording problem) {
  Word word;
  word.health = health;
  word.problem = std::move(problem);
  const size_t hash = absl::HashOf(word);
  const auto [said, first] = said_.try_emplace(account_id, hash);
  if (!first && said->second == hash) return;
  said->second = hash;
  std::vector<Word>& pending = pending_[account_id];
  // That a password was tried is told before its refusal: the one before may read the same.
  const bool tried = word.health == Health::kAsking && !pending.empty() &&
                     pending.back().health == Health::kChecking;
  if (!tried) pending.clear();
  pending.push_back(std::move(word));
  event_.Notify();
}

void HealthReporter::Forget(const std::string& account_id) {
  said_.erase(account_id);
  pending_.erase(account_id);
}

// The accounts take turns: one that admin can't take a word for keeps back no other's.
net::Task<void> HealthReporter::Run() {
  std::string account_id;  // the last one
  for (;;) {
    if (pending_.empty()) {
      co_await event_.Wait();
      continue;
    }
    auto next = pending_.upper_bound(account_id);
    if (next == pending_.end()) next = pending_.begin();
    account_id = next->first;
    const Word word = next->second.front();
    const bool taken = co_await Send(account_id, word);
    if (!taken) {
      co_await net::Sleep(kPauseAfterError);
      continue;
    }
    // Unless another word has come in the meantime, this one is done with.
    const auto now = pending_.find(account_id);
    if (now == pending_.end() || !(now->second.front() == word)) continue;
    now->second.erase(now->second.begin());
    if (now->second.empty()) pending_.erase(now);
  }
}

net::Task<bool> HealthReporter::Send(std::string account_id, Word word) {
  admin::v1::ReportHealthRequest request;
  request.set_account_id(account_id);
  request.set_state(ToProto(word.health));
  if (!word.problem.empty()) {
    request.set_error(words::English(word.problem));
    *request.mutable_problem() = rpc::ToProto(word.problem);
  }
  auto answer = co_await rpc::Call(
      admin_.async(), &admin::v1::AdminService::StubInterface::async_interface::ReportHealth,
      std::move(request), kDeadline);
  if (answer.ok()) co_return true;
  log::Warn("health not reported",
            {{"account", account_id},
             {"error", answer.status().ToString(absl::StatusToStringMode::kWithNoExtraData)}});
  // An account that is gone meanwhile, or a word that admin can't read: no use in repeating.
  co_return absl::IsNotFound(answer.status()) || absl::IsInvalidArgument(answer.status());
}

}  // namespace postern::fetcher
