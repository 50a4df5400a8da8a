#pragma once

#include <linux/filter.h>

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "postern/runner/v1/runner.pb.h"
#include "services/runner/breaker.h"
#include "services/runner/executable.h"
#include "services/runner/program_file.h"
#include "services/runner/run.h"

namespace postern::runner {

// Runs programs of the list, some at a time; those that go wrong again and again are left alone
// for a while.
class RunDesk {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    const ProgramFile& file;
    const WorkPlace& place;
    std::optional<User> user;
    int at_once = 4;
  };
  static constexpr int kMaxWaiting = 64;
  static constexpr std::chrono::seconds kPatience{15};  // for one's turn
  static constexpr uint64_t kProcessesOfARun = 64;

  explicit RunDesk(Parts parts) : parts_(parts), freed_(parts.executor) {}

  // Before the first run. kInternal: system calls can't be filtered here.
  absl::Status Prepare();

  // OK whatever its exit code. kInvalidArgument, kNotFound: the request is wrong.
  // kResourceExhausted: too many run or wait. kFailedPrecondition: its file is another one, what
  // it made is not what may be made, or it is left alone. The others as of RunInSandbox.
  net::Task<absl::Status> Run(const v1::RunProgramRequest& request,
                              v1::RunProgramResponse& response);
  void List(v1::ListProgramsResponse& response);
  // Ends what runs, and takes no more.
  net::Task<void> Stop();

 private:
  class Turn;
  net::Task<bool> AwaitTurn();
  absl::StatusOr<RunOrder> OrderFor(const v1::RunProgramRequest& request);
  Confinement ConfinementNow() const;
  net::Task<absl::Status> Carry(RunOrder order, v1::RunProgramResponse& response);

  const Parts parts_;
  Executables executables_;
  Breaker breaker_;
  std::vector<sock_filter> filter_, network_filter_;
  net::Event freed_;
  int running_ = 0, waiting_ = 0;
  bool stopping_ = false;
};

}  // namespace postern::runner
