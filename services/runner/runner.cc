#include "services/runner/runner.h"

#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/net/task_group.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/runner/runner_service.h"
#include "services/runner/sandbox/landlock.h"

namespace postern::runner {
namespace {

constexpr std::chrono::seconds kLookEvery{1};

auto& refused = metrics::Counter("postern_runner_files_refused_total",
                                 "Changed lists of programs that could not be put in force");
auto& in_force = metrics::Gauge("postern_runner_programs", "Programs in the list");

// The parts of the service, in the order in which they depend on each other.
class Runner : public process::Service {
 public:
  Runner(boost::asio::io_context& io, Config config)
      : executor_(io.get_executor()), config_(std::move(config)), tasks_(executor_) {}

  std::string Name() const override { return "runner"; }
  grpc::Service& Rpc() override { return service_; }

  absl::Status Start(const process::Peers&) override {
    auto place = WorkPlace::Open(config_.programs_dir);
    if (!place.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("--programs-dir: ", place.status().message()));
    }
    place_ = *std::move(place);
    if (absl::Status s = desk_.Prepare(); !s.ok()) return s;
    if (LandlockVersion() == 0)
      log::Warn("this kernel has no Landlock: programs can read what their user can read");
    TellPrograms();
    tasks_.Spawn("list of programs", Follow());
    return absl::OkStatus();
  }

  net::Task<void> Stop() override {
    co_await tasks_.Stop();
    co_await desk_.Stop();
  }
  std::string NotReadyBecause() const override { return ""; }

 private:
  // What can't be run is told when the list comes into force, not mail by mail.
  void TellPrograms() {
    v1::ListProgramsResponse listed;
    desk_.List(listed);
    for (const auto& program : listed.programs()) {
      if (!program.problem().empty())
        log::Warn("a program can't be run",
                  {{"program", program.id()}, {"problem", program.problem()}});
    }
    in_force.Set(listed.programs_size());
    log::Info("programs in force", {{"programs", listed.programs_size()}});
  }

  net::Task<void> Follow() {
    for (;;) {
      co_await net::Sleep(kLookEvery);
      const auto changed = config_.file.Refresh();
      if (!changed.ok()) {
        refused.Increment();
        log::Error("the list of programs can't be used; the one before stays in force",
                   {{"error", changed.status().message()}});
      } else if (*changed) {
        TellPrograms();
      }
    }
  }

  const boost::asio::any_io_executor executor_;
  Config config_;
  WorkPlace place_;
  RunDesk desk_{
      RunDesk::Parts{executor_, config_.file, place_, config_.user, config_.programs_at_once}};
  RunnerService service_{executor_, desk_};
  net::TaskGroup tasks_;
};

}  // namespace

std::unique_ptr<process::Service> MakeRunner(boost::asio::io_context& io, Config config) {
  return std::make_unique<Runner>(io, std::move(config));
}

}  // namespace postern::runner
