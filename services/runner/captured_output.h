#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

#include "lib/net/event.h"
#include "lib/net/task.h"

namespace postern::runner {

// What a program writes to a pipe: its beginning is kept, the rest is thrown away. Who writes
// without end is not heard to it: the pipe is closed.
class CapturedOutput {
 public:
  static constexpr size_t kMaxKept = 64 * 1024;
  static constexpr size_t kMaxHeard = 16 * 1024 * 1024;

  // Takes the reading end.
  CapturedOutput(boost::asio::any_io_executor executor, int fd)
      : pipe_(executor, fd), ended_(executor) {}

  // Reads until all writers are gone. `output` lives as long as the task.
  static net::Task<void> Read(std::shared_ptr<CapturedOutput> output);
  // Until Read has come to its end.
  net::Task<void> AwaitEnd();
  std::string Take() { return std::move(kept_); }

 private:
  boost::asio::posix::stream_descriptor pipe_;
  net::Event ended_;
  std::string kept_;
  size_t heard_ = 0;
};

}  // namespace postern::runner
