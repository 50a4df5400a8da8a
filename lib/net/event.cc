#include "lib/net/event.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::net {

namespace asio = boost::asio;

Event::Event(asio::any_io_executor executor)
    : timer_(executor, std::chrono::steady_clock::time_point::max()) {}

void Event::Notify() {
  ++generation_;
  if (waiting_ == 0) remembered_ = true;
  timer_.cancel();
}

Task<void> Event::Wait() {
  if (remembered_) {
    remembered_ = false;
    co_return;
  }
  struct Counted {
    int& count;
    explicit Counted(int& c) : count(c) { ++count; }
    ~Counted() { --count; }
  } counted(waiting_);
  const uint64_t seen = generation_;
  while (generation_ == seen) {
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() == asio::cancellation_type::none) continue;
    // We are leaving for another reason; a wake that came meanwhile is for the next.
    if (generation_ != seen) remembered_ = true;
    co_return;
  }
}

Task<bool> Event::WaitFor(Duration limit) {
  using asio::experimental::awaitable_operators::operator||;
  if (remembered_) {
    remembered_ = false;
    co_return true;
  }
  asio::steady_timer timeout(co_await asio::this_coro::executor, limit);
  auto winner = co_await (Wait() || timeout.async_wait(asio::use_awaitable));
  co_return winner.index() == 0;
}

}  // namespace postern::net
