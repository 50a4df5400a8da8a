#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <utility>

#include "lib/net/event.h"
#include "lib/net/task.h"

namespace postern::fetcher {

// How many bytes of mails may be in memory at once, over all accounts: from the moment
// they are asked for until they are handed on. First come, first served. What a slow
// server holds for long no longer counts: it delays nobody else, and costs as much memory
// as it has really sent.
class MailBudget {
 public:
  static constexpr size_t kMostBytes = 32 * 1024 * 1024;
  static constexpr std::chrono::seconds kOverdue{20};

  explicit MailBudget(size_t most_bytes = kMostBytes, net::Duration overdue = kOverdue)
      : most_bytes_(most_bytes), overdue_after_(overdue) {}
  MailBudget(const MailBudget&) = delete;
  MailBudget& operator=(const MailBudget&) = delete;

 private:
  struct Held {
    size_t bytes;
    std::chrono::steady_clock::time_point since;
    bool overdue = false;
  };
  using Place = std::list<Held>::iterator;

 public:
  // Bytes that are held, until it goes. The budget outlives it.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), place_(other.place_) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(place_, other.place_);
      return *this;
    }
    ~Share() {
      if (budget_ != nullptr) budget_->GiveBack(place_);
    }

   private:
    friend class MailBudget;
    Share(MailBudget* budget, Place place) : budget_(budget), place_(place) {}
    MailBudget* budget_ = nullptr;
    Place place_;
  };

  // Waits for its turn. More than there is at all counts as all there is.
  net::Task<Share> Take(size_t bytes);
  // Bytes that count now.
  size_t held_bytes() const { return held_bytes_; }

 private:
  struct Waiter {
    Waiter(size_t wanted, boost::asio::any_io_executor executor)
        : bytes(wanted), turn(std::move(executor)) {}
    size_t bytes;
    net::Event turn;
    std::optional<Share> share;
  };

  bool Fits(size_t bytes) const { return held_bytes_ + bytes <= most_bytes_; }
  Share Hold(size_t bytes);
  void GiveBack(Place place);
  void PassOverdue();
  void ServeWaiting();

  const size_t most_bytes_;
  const net::Duration overdue_after_;
  std::list<Held> held_;     // those that count, the oldest first
  std::list<Held> overdue_;  // those that don't
  std::list<Waiter*> waiting_;
  size_t held_bytes_ = 0;
};

}  // namespace postern::fetcher
