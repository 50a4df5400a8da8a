#include "services/rules/judging/program_runner.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "lib/net/event.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/unary.h"

namespace postern::rules {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 90s;  // the runner has limits of its own for each program
constexpr auto kListLimit = 3s;
constexpr auto kPatience = 5min;

prometheus::Counter& Runs(const char* outcome) {
  return metrics::Counter("postern_rules_program_runs_total",
                          "Programs that rules had run, by how that went", {{"outcome", outcome}});
}

bool IsForNow(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status);
}

ProgramRunner::Outcome NotRun(std::string why) {
  static auto& failed = Runs("failed");
  failed.Increment();
  ProgramRunner::Outcome outcome;
  outcome.trouble = std::move(why);
  return outcome;
}

}  // namespace

// A run that is under way, or how it went.
struct ProgramRunner::Known {
  explicit Known(boost::asio::any_io_executor executor) : ended(std::move(executor)) {}
  net::Event ended;
  std::optional<Outcome> outcome;
  Clock::time_point since;  // it ended
  bool under_way = true;
};

// Those that are old, and the oldest where there are too many.
void ProgramRunner::Forget(Clock::time_point now) {
  size_t bytes = 0;
  for (auto at = known_.begin(); at != known_.end();) {
    const Known& known = *at->second;
    const bool old = !known.under_way && now - known.since > kRemembered;
    if (known.outcome) bytes += known.outcome->made.size();
    at = old ? known_.erase(at) : std::next(at);
  }
  while (known_.size() > kMaxRemembered || bytes > kMaxRememberedBytes) {
    const auto oldest =
        std::min_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) {
          return std::pair(a.second->under_way, a.second->since) <
                 std::pair(b.second->under_way, b.second->since);
        });
    if (oldest->second->under_way) return;
    bytes -= std::min(bytes, oldest->second->outcome->made.size());
    known_.erase(oldest);
  }
}

net::Task<absl::StatusOr<ProgramRunner::Outcome>> ProgramRunner::Run(
    runner::v1::RunProgramRequest request) {
  const std::string id = request.run_id();
  if (id.empty()) co_return co_await Ask(std::move(request));
  Forget(Clock::now());
  // Whoever began it may be gone before it ended.
  while (known_.contains(id)) {
    const std::shared_ptr<Known> known = known_[id];
    if (known->outcome) co_return *known->outcome;
    co_await known->ended.Wait();
  }
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto known = std::make_shared<Known>(executor);
  known_[id] = known;
  const absl::Cleanup end = [this, id, known] {
    if (!known->outcome) known_.erase(id);
    known->under_way = false;
    known->ended.Notify();
  };
  auto outcome = co_await Ask(std::move(request));
  if (outcome.ok() && outcome->ran) known->outcome = *outcome;
  known->since = Clock::now();
  co_return outcome;
}

net::Task<absl::StatusOr<runner::v1::ListProgramsResponse>> ProgramRunner::List() {
  if (stub_ == nullptr)
    co_return absl::FailedPreconditionError(
        "there is no runner of programs: the rules service has no --runner-addr");
  runner::v1::ListProgramsRequest request;
  auto answer = co_await rpc::Call(
      stub_->async(), &runner::v1::RunnerService::StubInterface::async_interface::ListPrograms,
      std::move(request), kListLimit);
  if (answer.ok()) co_return answer;
  co_return absl::UnavailableError(
      absl::StrCat("the runner of programs does not answer: ", answer.status().message()));
}

net::Task<absl::StatusOr<ProgramRunner::Outcome>> ProgramRunner::Ask(
    runner::v1::RunProgramRequest request) {
  static auto& done = Runs("done");
  const std::string program = request.program();
  if (stub_ == nullptr) {
    co_return NotRun(absl::StrCat("program ", program, " can't be run: there is no --runner-addr"));
  }
  auto answer = co_await rpc::Call(
      stub_->async(), &runner::v1::RunnerService::StubInterface::async_interface::RunProgram,
      std::move(request), kLimit);
  if (answer.ok()) {
    away_since_ = {};
    done.Increment();
    Outcome outcome;
    outcome.ran = true;
    outcome.exit_code = answer->exit_code();
    outcome.made = answer->has_result() ? answer->result() : answer->output();
    if (answer->timed_out()) {
      outcome.exit_code = kNotRun;
      outcome.trouble = absl::StrCat("program ", program, " took too long");
    }
    co_return outcome;
  }
  log::Warn("a program could not be run",
            {{"program", program}, {"error", answer.status().message()}});
  if (IsForNow(answer.status())) {
    const Clock::time_point now = Clock::now();
    if (away_since_ == Clock::time_point()) away_since_ = now;
    if (now - away_since_ < kPatience)
      co_return absl::UnavailableError(absl::StrCat(
          "rules: program ", program, " can't be run now: ", answer.status().message()));
  }
  co_return NotRun(
      absl::StrCat("program ", program, " could not be run: ", answer.status().message()));
}

}  // namespace postern::rules
