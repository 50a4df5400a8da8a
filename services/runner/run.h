#pragma once

#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/runner/executable.h"
#include "services/runner/sandbox/child.h"
#include "services/runner/work_folder.h"

namespace postern::runner {

// One run of a program on a mail.
struct RunOrder {
  ListedProgram program;
  OpenFile executable;      // as Executables opened it
  std::string run_id;       // the same again when a run is repeated
  std::string message;      // the mail
  std::string result_file;  // a name; may be empty
  std::string sender, recipient;
  uint32_t seconds = 10;
};

// Under what all runs are.
struct Confinement {
  const WorkPlace& place;
  std::optional<User> user;             // whom programs run as; nothing: as we do
  uint64_t processes = 64;              // of that user at once
  std::span<const sock_filter> filter;  // for programs without network
  std::span<const sock_filter> network_filter;
  const bool& stopping;  // runs end soon when it comes true
};

struct RunOutcome {
  int exit_code = 0;  // 128 + signal when it was ended by one
  bool by_signal = false;
  bool timed_out = false;
  std::string output, errors;  // the beginning of what it wrote
  std::optional<std::string> result;
};

// Runs it to its end, or to the end of its time; then nothing of it is left. kUnavailable: there
// was no place for the mail, or we are stopping. kInternal: it could not be started.
// kFailedPrecondition: what it made is not what may be made, or too much.
net::Task<absl::StatusOr<RunOutcome>> RunInSandbox(RunOrder order, Confinement confinement);

}  // namespace postern::runner
