#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/runner/v1/runner.grpc.pb.h"

namespace postern::rules {

// Has operators' programs run on a mail by the runner service, when there is one.
class ProgramRunner {
 public:
  using Stub = runner::v1::RunnerService::StubInterface;
  // Null: programs can't be run here.
  explicit ProgramRunner(std::unique_ptr<Stub> stub = nullptr) : stub_(std::move(stub)) {}

  struct Outcome {
    int exit_code = kNotRun;
    std::string made;     // the file that it made, or else what it wrote
    std::string trouble;  // why it was not run, or not to its end; for operators
    bool ran = false;
  };
  // A run that could not be made has kNotRun for its exit code. kUnavailable: the runner is away
  // or busy, the mail is to come again; when that goes on for five minutes, no mail waits for it.
  // The same run_id again is the same run: its outcome is known for some minutes, and one that is
  // under way is waited for, so that a mail that comes again finds what it waited for too long.
  net::Task<absl::StatusOr<Outcome>> Run(runner::v1::RunProgramRequest request);

  // What the runner has in its list. kFailedPrecondition: there is no runner.
  net::Task<absl::StatusOr<runner::v1::ListProgramsResponse>> List();

  static constexpr int kNotRun = -1;
  static constexpr std::chrono::minutes kRemembered{5};
  static constexpr size_t kMaxRemembered = 500;
  static constexpr size_t kMaxRememberedBytes = 16 << 20;

 private:
  using Clock = std::chrono::steady_clock;
  struct Known;
  net::Task<absl::StatusOr<Outcome>> Ask(runner::v1::RunProgramRequest request);
  void Forget(Clock::time_point now);

  std::unique_ptr<Stub> stub_;
  Clock::time_point away_since_;                         // zero: it answered
  std::map<std::string, std::shared_ptr<Known>> known_;  // by run_id
};

}  // namespace postern::rules
