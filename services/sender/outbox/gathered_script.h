#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "lib/store/redis_client.h"

namespace postern::sender {

// Runs a script for many callers at once: what they ask for in one turn of the event loop, or
// while two runs are under way, goes to Redis as one call, and to disk with one fsync. The
// script gets `head`, then the arguments of each caller, and answers an array with an item for
// each. One that breaks off is run again for each alone, so it may be repeated.
class GatheredScript {
 public:
  // `root` is the script's only key. All of these outlive the object.
  GatheredScript(boost::asio::any_io_executor executor, store::RedisClient& redis,
                 const store::Script& script, std::string root, std::vector<std::string> head);

  // The item that the script answered. kUnavailable as RedisClient, and when more than
  // 64 MiB wait for Redis already. A caller that is cancelled withdraws nothing.
  net::Task<absl::StatusOr<store::Reply>> Run(std::vector<std::string> args);

 private:
  // One caller's part.
  struct Part {
    explicit Part(boost::asio::any_io_executor executor) : done(executor) {}
    std::vector<std::string> args;
    size_t bytes = 0;
    absl::StatusOr<store::Reply> answer = absl::UnavailableError("the queue is closing");
    net::Event done;
  };
  using Parts = std::vector<std::shared_ptr<Part>>;

  net::Task<void> Work();
  net::Task<absl::StatusOr<store::Reply>> RunFor(const Parts& parts);
  net::Task<void> RunOneByOne(const Parts& parts);
  Parts TakeSome();
  std::vector<std::string> Join(const Parts& parts) const;
  static void Answer(const Parts& parts, absl::StatusOr<store::Reply> reply);

  boost::asio::any_io_executor executor_;
  store::RedisClient& redis_;
  const store::Script& script_;
  const std::string root_;
  const std::vector<std::string> head_;
  std::deque<std::shared_ptr<Part>> waiting_;
  size_t waiting_bytes_ = 0;
  size_t running_ = 0;
  net::TaskGroup workers_;  // last: its coroutines use all of the above
};

}  // namespace postern::sender
