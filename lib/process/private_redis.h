#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"

namespace postern::process {

// The all-in-one's own redis-server: on a unix socket in the data folder, every
// write on disk before it is answered (appendonly, fsync always), nothing ever
// evicted. It is started again when it dies, and ends with us.
class PrivateRedis {
 public:
  // Makes the folder (mode 0700) and takes its lock. kFailedPrecondition: another
  // Postern uses it, or redis-server is not installed.
  static absl::StatusOr<std::unique_ptr<PrivateRedis>> Start(boost::asio::any_io_executor executor,
                                                             const std::string& data_dir);
  ~PrivateRedis();

  std::string url() const;
  // Asks it to end and waits until it has (a moment: everything is on disk).
  void Stop();

 private:
  PrivateRedis(boost::asio::any_io_executor executor, std::string directory, int lock);
  absl::Status Spawn();
  void AwaitPredecessor() const;
  void RecordPid() const;
  net::Task<void> Supervise();

  std::string directory_;
  int lock_;
  pid_t pid_ = -1;
  net::TaskGroup tasks_;
};

}  // namespace postern::process
