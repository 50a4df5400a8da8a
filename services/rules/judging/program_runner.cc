#include "services/rules/judging/program_runner.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/unary.h"

namespace postern::rules {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 90s;  // the runner has limits of its own for each program
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

net::Task<absl::StatusOr<ProgramRunner::Outcome>> ProgramRunner::Run(
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
