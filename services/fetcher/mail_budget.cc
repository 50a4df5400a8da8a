#include "services/fetcher/mail_budget.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

namespace postern::fetcher {

using std::chrono::steady_clock;

net::Task<MailBudget::Share> MailBudget::Take(size_t bytes) {
  bytes = std::min(bytes, most_bytes_);
  PassOverdue();
  if (waiting_.empty() && Fits(bytes)) co_return Hold(bytes);
  const auto executor = co_await boost::asio::this_coro::executor;
  Waiter waiter(bytes, executor);
  // Who is cancelled leaves the queue.
  struct Queued {
    std::list<Waiter*>& queue;
    Waiter& waiter;
    ~Queued() {
      if (!waiter.share) queue.remove(&waiter);
    }
  };
  waiting_.push_back(&waiter);
  const Queued queued{waiting_, waiter};
  while (!waiter.share) {
    co_await waiter.turn.WaitFor(overdue_after_);
    PassOverdue();
    ServeWaiting();
  }
  co_return *std::move(waiter.share);
}

MailBudget::Share MailBudget::Hold(size_t bytes) {
  held_bytes_ += bytes;
  held_.push_back({bytes, steady_clock::now()});
  return Share(this, std::prev(held_.end()));
}

void MailBudget::GiveBack(Place place) {
  if (place->overdue) {
    overdue_.erase(place);
    return;
  }
  held_bytes_ -= place->bytes;
  held_.erase(place);
  ServeWaiting();
}

void MailBudget::PassOverdue() {
  const auto before = steady_clock::now() - overdue_after_;
  while (!held_.empty() && held_.front().since <= before) {
    held_.front().overdue = true;
    held_bytes_ -= held_.front().bytes;
    overdue_.splice(overdue_.end(), held_, held_.begin());
  }
}

void MailBudget::ServeWaiting() {
  while (!waiting_.empty() && Fits(waiting_.front()->bytes)) {
    Waiter& first = *waiting_.front();
    waiting_.pop_front();
    first.share = Hold(first.bytes);
    first.turn.Notify();
  }
}

}  // namespace postern::fetcher
