#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>

#include "absl/status/statusor.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/admin/account_store.h"

namespace postern::admin {

// The account changes as long polls see them. A change made here wakes the
// waiting at once; those of other replicas are found by looking at the feed's
// revision four times a second, and only while somebody waits.
class ChangeFeed {
 public:
  ChangeFeed(boost::asio::any_io_executor executor, AccountStore& store);

  // What changed since a revision (a page of it); empty after `limit` when
  // nothing did. kResourceExhausted when too many wait already.
  net::Task<absl::StatusOr<ChangesPage>> List(uint64_t since, std::chrono::milliseconds limit);

  // Tells of a revision that this process made or met.
  void Saw(uint64_t revision);
  // Lets all who wait go with what they have, now and from now on; nothing runs after it.
  net::Task<void> Close();

 private:
  net::Task<void> WaitForOther(uint64_t revision, std::chrono::steady_clock::time_point until);
  net::Task<void> Poll();

  AccountStore& store_;
  net::Event moved_;
  uint64_t newest_ = 0;  // the last revision met
  size_t waiting_ = 0;
  bool polling_ = false;
  bool closed_ = false;
  net::TaskGroup tasks_;
};

}  // namespace postern::admin
