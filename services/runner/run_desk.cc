#include "services/runner/run_desk.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/runner/sandbox/system_calls.h"

namespace postern::runner {
namespace {

constexpr size_t kMaxRunIdBytes = 256;
constexpr size_t kMaxMessageBytes = 26 * 1024 * 1024;
constexpr size_t kMaxLastWords = 200;

prometheus::Counter& Runs(const char* outcome) {
  return metrics::Counter("postern_runner_runs_total", "Programs run, by how that went",
                          {{"outcome", outcome}});
}
void Count(const absl::StatusOr<RunOutcome>& outcome) {
  static auto& done = Runs("done");
  static auto& timed_out = Runs("timed_out");
  static auto& killed = Runs("killed");
  static auto& failed = Runs("failed");
  if (!outcome.ok()) return failed.Increment();
  if (outcome->timed_out) return timed_out.Increment();
  (outcome->by_signal ? killed : done).Increment();
}
prometheus::Counter& Refusals(const char* reason) {
  return metrics::Counter("postern_runner_refused_total",
                          "Programs that were not run, by the reason", {{"reason", reason}});
}
prometheus::Histogram& Durations() {
  static auto& seconds = metrics::Seconds("postern_runner_run_seconds", "Running a program");
  return seconds;
}
prometheus::Gauge& Running() {
  static auto& gauge = metrics::Gauge("postern_runner_running", "Programs that run now");
  return gauge;
}

// Our own threads count against the limit of processes of our user.
uint64_t ThreadsOfOurs() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    absl::string_view rest = line;
    uint64_t count = 0;
    if (absl::ConsumePrefix(&rest, "Threads:") && absl::SimpleAtoi(rest, &count)) return count;
  }
  return kMaxRunIdBytes;  // there is no /proc: be generous
}

// The last line that a program complained with, for who looks for its fault.
std::string LastWords(absl::string_view errors) {
  errors = absl::StripTrailingAsciiWhitespace(errors);
  const size_t line = errors.rfind('\n');
  if (line != errors.npos) errors.remove_prefix(line + 1);
  return std::string(errors.substr(0, kMaxLastWords));
}

}  // namespace

// A place among those that run.
class RunDesk::Turn {
 public:
  explicit Turn(RunDesk& desk) : desk_(desk) { Running().Set(++desk_.running_); }
  ~Turn() {
    Running().Set(--desk_.running_);
    desk_.freed_.Notify();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  RunDesk& desk_;
};

absl::Status RunDesk::Prepare() {
  auto filter = MakeCallFilter(/*network=*/false);
  if (!filter.ok()) return filter.status();
  auto network = MakeCallFilter(/*network=*/true);
  if (!network.ok()) return network.status();
  filter_ = *std::move(filter);
  network_filter_ = *std::move(network);
  return absl::OkStatus();
}

net::Task<bool> RunDesk::AwaitTurn() {
  if (running_ < parts_.at_once) co_return true;
  if (waiting_ == kMaxWaiting) co_return false;
  struct Waiting {
    explicit Waiting(int& count) : count_(count) { ++count_; }
    ~Waiting() { --count_; }
    int& count_;
  } waiting(waiting_);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (running_ >= parts_.at_once) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero()) co_return false;
    co_await freed_.WaitFor(left);
  }
  co_return true;
}

absl::StatusOr<RunOrder> RunDesk::OrderFor(const v1::RunProgramRequest& request) {
  static auto& other_file = Refusals("other_file");
  const ListedProgram* program = parts_.file.Find(request.program());
  if (program == nullptr)
    return absl::NotFoundError(
        absl::StrCat("runner: there is no program ", request.program(), " in the list"));
  if (!request.result_file().empty() && !IsResultName(request.result_file()))
    return absl::InvalidArgumentError("runner: result_file is no name of a file");
  if (request.run_id().size() > kMaxRunIdBytes ||
      std::any_of(request.run_id().begin(), request.run_id().end(), absl::ascii_iscntrl))
    return absl::InvalidArgumentError("runner: run_id is too long, or no text");
  if (request.message().size() > kMaxMessageBytes)
    return absl::InvalidArgumentError("runner: the message is larger than 26 MiB");
  RunOrder order;
  order.program = *program;
  auto executable = executables_.Open(*program);
  if (!executable.ok()) {
    other_file.Increment();
    return executable.status();
  }
  order.executable = *std::move(executable);
  order.run_id = request.run_id();
  order.result_file = request.result_file();
  order.sender = request.sender();
  order.recipient = request.recipient();
  order.message = request.message();
  order.seconds = program->seconds;
  if (request.seconds() > 0) order.seconds = std::min(order.seconds, request.seconds());
  return order;
}

Confinement RunDesk::ConfinementNow() const {
  Confinement confinement{parts_.place, parts_.user, 0, filter_, network_filter_, stopping_};
  // One more than may run: others of our user, such as a Redis of the all-in-one.
  confinement.processes = kProcessesOfARun * static_cast<uint64_t>(parts_.at_once + 1);
  if (!parts_.user) confinement.processes += ThreadsOfOurs();
  return confinement;
}

net::Task<absl::Status> RunDesk::Run(const v1::RunProgramRequest& request,
                                     v1::RunProgramResponse& response) {
  static auto& busy = Refusals("busy");
  static auto& left_alone = Refusals("left_alone");
  const bool my_turn = co_await AwaitTurn();
  if (!my_turn) {
    busy.Increment();
    co_return absl::ResourceExhaustedError("runner: too many programs run already");
  }
  if (stopping_) co_return absl::UnavailableError("runner: it is stopping");
  const Turn turn(*this);
  auto order = OrderFor(request);
  if (!order.ok()) co_return order.status();
  if (!breaker_.MayRun(order->program.id, Breaker::Clock::now())) {
    left_alone.Increment();
    co_return absl::FailedPreconditionError(
        absl::StrCat("runner: program ", order->program.id, " failed ", Breaker::kMostFailures,
                     " times in a row, and is left alone for a minute"));
  }
  co_return co_await Carry(*std::move(order), response);
}

net::Task<absl::Status> RunDesk::Carry(RunOrder order, v1::RunProgramResponse& response) {
  const std::string program = order.program.id;
  const std::string run_id = order.run_id;
  const auto begun = Breaker::Clock::now();
  Confinement confinement = ConfinementNow();
  auto outcome = co_await RunInSandbox(std::move(order), std::move(confinement));
  const auto now = Breaker::Clock::now();
  const double seconds = std::chrono::duration<double>(now - begun).count();
  Durations().Observe(seconds);
  Count(outcome);
  if (absl::IsUnavailable(outcome.status())) co_return outcome.status();  // no fault of its own
  const bool went_well = outcome.ok() && !outcome->timed_out && !outcome->by_signal;
  breaker_.Ended(program, went_well, now);
  if (!outcome.ok()) {
    log::Warn("a program could not do its work",
              {{"program", program}, {"run", run_id}, {"error", outcome.status().message()}});
    co_return absl::Status(outcome.status().code(), absl::StrCat("runner: program ", program, ": ",
                                                                 outcome.status().message()));
  }
  const char* how = outcome->timed_out ? "took too long" : went_well ? "ended" : "was killed";
  if (went_well) {
    log::Debug("a program ran", {{"program", program},
                                 {"run", run_id},
                                 {"exit", outcome->exit_code},
                                 {"seconds", seconds},
                                 {"said", LastWords(outcome->errors)}});
  } else {
    log::Warn("a program did not end well", {{"program", program},
                                             {"run", run_id},
                                             {"how", how},
                                             {"exit", outcome->exit_code},
                                             {"seconds", seconds}});
  }
  response.set_exit_code(outcome->exit_code);
  response.set_timed_out(outcome->timed_out);
  response.set_output(std::move(outcome->output));
  response.set_has_result(outcome->result.has_value());
  if (outcome->result) response.set_result(*std::move(outcome->result));
  co_return absl::OkStatus();
}

net::Task<void> RunDesk::Stop() {
  stopping_ = true;
  while (running_ > 0) co_await freed_.Wait();
}

void RunDesk::List(v1::ListProgramsResponse& response) {
  for (const ListedProgram& program : parts_.file.programs()) {
    auto* told = response.add_programs();
    told->set_id(program.id);
    told->set_path(program.path);
    told->set_seconds(program.seconds);
    const auto opened = executables_.Open(program);
    if (!opened.ok()) told->set_problem(std::string(opened.status().message()));
  }
}

}  // namespace postern::runner
