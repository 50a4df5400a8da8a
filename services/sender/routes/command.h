#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/deadline.h"
#include "lib/net/task.h"

namespace postern::sender {

// A program that the operator named, with its arguments, as it is run: no shell, no expansion,
// our user, nothing of our environment but PATH, no file of ours open, nothing said or heard.
struct Command {
  std::vector<std::string> words;        // the first is the whole path
  std::vector<std::string> environment;  // "NAME=value" each
};

// Runs it in a process group of its own and waits for its end. kDeadlineExceeded: it took longer
// than `limit`, and the group was killed, as it is when the caller is cancelled.
// kFailedPrecondition: it could not be started, or ended with another status than 0; the message
// says which.
net::Task<absl::Status> RunCommand(Command command, net::Duration limit);

// The same at the end of the process: when `patience` is over it goes on by itself.
net::Task<absl::Status> RunLastCommand(Command command, net::Duration patience);

}  // namespace postern::sender
