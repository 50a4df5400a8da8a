#include "services/runner/run.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/net/task_group.h"
#include "lib/process/log.h"
#include "services/runner/captured_output.h"
#include "services/runner/sandbox/landlock.h"

namespace postern::runner {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kLookEvery = 250ms;  // how much lies in its folder
constexpr auto kGrace = 2s;         // between SIGTERM and SIGKILL
constexpr auto kVanish = 5s;        // until the kernel has taken away what was killed
constexpr auto kLastWords = 1s;
constexpr size_t kMaxAddressBytes = 320;

struct Pipe {
  OpenFile reading, writing;
};
absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return absl::UnavailableError(absl::StrCat("runner: pipe: ", std::strerror(errno)));
  return Pipe{OpenFile(ends[0]), OpenFile(ends[1])};
}

// An address of a mail, as far as it is one.
absl::string_view Plain(absl::string_view address) {
  const bool plain = address.size() <= kMaxAddressBytes &&
                     std::none_of(address.begin(), address.end(), absl::ascii_iscntrl);
  return plain ? address : "";
}

std::vector<std::string> EnvironmentOf(const RunOrder& order, const WorkFolder& folder) {
  return {"PATH=/usr/local/bin:/usr/bin:/bin",
          "LANG=C.UTF-8",
          absl::StrCat("HOME=", folder.path()),
          absl::StrCat("TMPDIR=", folder.path()),
          absl::StrCat("SENDER=", Plain(order.sender)),
          absl::StrCat("RECIPIENT=", Plain(order.recipient)),
          absl::StrCat("POSTERN_PROGRAM=", order.program.path),
          absl::StrCat("POSTERN_RESULT_FILE=", order.result_file),
          absl::StrCat("POSTERN_RUN_ID=", order.run_id)};
}

net::Task<void> AwaitEnd(asio::posix::stream_descriptor& watch, const Child& child) {
  while (!child.HasEnded()) {
    const auto [error] = co_await watch.async_wait(asio::posix::stream_descriptor::wait_read,
                                                   asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  }
}

enum class End { kItself, kTooLate, kTooFull, kStopping };

// Until the program ends, or has to be ended: then asked first, and left a moment.
net::Task<End> Watch(Child& child, const WorkFolder& folder, const bool& stopping,
                     Clock::duration limit) {
  asio::posix::stream_descriptor watch(co_await asio::this_coro::executor, child.TakeWatch());
  const auto deadline = Clock::now() + limit;
  End end = End::kItself;
  while (end == End::kItself) {
    const Clock::duration slice = std::min<Clock::duration>(deadline - Clock::now(), kLookEvery);
    const bool ended = co_await net::EndsWithin(slice, AwaitEnd(watch, child));
    if (ended) co_return End::kItself;
    if (Clock::now() >= deadline) {
      end = End::kTooLate;
    } else if (folder.IsTooFull()) {
      end = End::kTooFull;
    } else if (stopping) {
      end = End::kStopping;
    }
  }
  child.Signal(SIGTERM);
  co_await net::EndsWithin(kGrace, AwaitEnd(watch, child));
  child.Signal(SIGKILL);
  co_await AwaitEnd(watch, child);
  co_return end;
}

net::Task<void> AwaitGone(Child& child) {
  while (!child.IsGone()) co_await net::Sleep(2ms);
}

absl::StatusOr<Child> StartIn(const WorkFolder& folder, const RunOrder& order,
                              const Confinement& confinement, int output, int errors) {
  FileGrants grants;
  grants.readable = order.program.readable;
  grants.program = order.executable.fd();
  grants.folder = folder.fd();
  grants.network = order.program.network;
  auto ruleset = MakeRuleset(grants);
  if (!ruleset.ok()) return ruleset.status();
  Launch launch;
  launch.executable = order.executable.fd();
  launch.words = {order.program.path, folder.message_path()};
  launch.environment = EnvironmentOf(order, folder);
  launch.folder = folder.fd();
  launch.output = output;
  launch.errors = errors;
  launch.user = confinement.user;
  launch.limits.cpu_seconds = order.program.cpu_seconds;
  launch.limits.memory_bytes = static_cast<uint64_t>(order.program.megabytes) << 20;
  launch.limits.processes = confinement.processes;
  launch.ruleset = ruleset->fd();
  launch.filter = order.program.network ? confinement.network_filter : confinement.filter;
  return Child::Start(std::move(launch));
}

}  // namespace

net::Task<absl::StatusOr<RunOutcome>> RunInSandbox(RunOrder order, Confinement confinement) {
  const auto executor = co_await asio::this_coro::executor;
  auto folder = WorkFolder::Make(confinement.place, confinement.user, order.message);
  if (!folder.ok()) co_return folder.status();
  std::string().swap(order.message);
  auto output = MakePipe();
  if (!output.ok()) co_return output.status();
  auto errors = MakePipe();
  if (!errors.ok()) co_return errors.status();
  // Behind the folder, so that it is gone before it.
  auto child = StartIn(*folder, order, confinement, output->writing.fd(), errors->writing.fd());
  if (!child.ok()) co_return child.status();
  output->writing.Close();
  errors->writing.Close();
  auto said = std::make_shared<CapturedOutput>(executor, output->reading.Release());
  auto complained = std::make_shared<CapturedOutput>(executor, errors->reading.Release());
  net::TaskGroup readers(executor);
  readers.Spawn("runner output", CapturedOutput::Read(said));
  readers.Spawn("runner errors", CapturedOutput::Read(complained));

  const std::chrono::seconds limit(order.seconds);
  const End end = co_await Watch(*child, *folder, confinement.stopping, limit);
  RunOutcome outcome;
  const Child::Ended ended = child->Conclude();
  outcome.exit_code = ended.exit_code;
  outcome.by_signal = ended.by_signal;
  outcome.timed_out = end == End::kTooLate;
  const bool gone = co_await net::EndsWithin(kVanish, AwaitGone(*child));
  if (!gone) log::Error("a program's processes don't end", {{"program", order.program.id}});
  co_await net::EndsWithin(kLastWords, said->AwaitEnd());
  co_await net::EndsWithin(kLastWords, complained->AwaitEnd());
  outcome.output = said->Take();
  outcome.errors = complained->Take();
  if (end == End::kTooFull)
    co_return absl::FailedPreconditionError("it wrote more into its folder than it may");
  if (end == End::kStopping) co_return absl::UnavailableError("the runner is stopping");
  if (order.result_file.empty() || outcome.timed_out) co_return outcome;
  auto result = folder->TakeResult(order.result_file);
  if (!result.ok()) co_return result.status();
  outcome.result = *std::move(result);
  co_return outcome;
}

}  // namespace postern::runner
