#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "services/fetcher/alarm_clock.h"
#include "services/fetcher/connect_queue.h"

namespace postern::fetcher {

// Lets the watchers connect one after the other, as ConnectQueue says. Who waits costs a
// place in a queue and no coroutine. After many logins it gives the memory that they took,
// and that is free now, back to the system.
class ConnectBudget {
 public:
  ConnectBudget(boost::asio::any_io_executor executor, AlarmClock& clock, ConnectLimits limits);

  // A place in line, and then the leave to dial; it ends with this.
  class Turn {
   public:
    Turn() = default;
    Turn(ConnectBudget* budget, ConnectQueue::Id id) : budget_(budget), id_(id) {}
    Turn(Turn&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), id_(other.id_) {}
    Turn& operator=(Turn&& other) noexcept {
      End();
      budget_ = std::exchange(other.budget_, nullptr);
      id_ = other.id_;
      return *this;
    }
    ~Turn() { End(); }

    // `reached`: whether somebody answered, where the dial came to an end.
    void End(std::optional<bool> reached = std::nullopt);

   private:
    ConnectBudget* budget_ = nullptr;
    ConnectQueue::Id id_ = 0;
  };

  // Calls `go` when it may dial; never at once, and not any more when the Turn is gone.
  [[nodiscard]] Turn Ask(const std::string& host, absl::AnyInvocable<void()> go);

 private:
  void Soon();
  void LetGo();
  void Left(ConnectQueue::Id id, std::optional<bool> reached);

  const boost::asio::any_io_executor executor_;
  ConnectQueue queue_;
  absl::flat_hash_map<ConnectQueue::Id, absl::AnyInvocable<void()>> waiting_;
  AlarmClock::Alarm next_;
  AlarmClock::Alarm quiet_;
  size_t since_trim_ = 0;
  bool soon_ = false;
};

}  // namespace postern::fetcher
