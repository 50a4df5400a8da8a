#include "lib/net/event.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

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
    // Cancelled; a wake that came meanwhile is for the next one.
    if (generation_ != seen) remembered_ = true;
    throw boost::system::system_error(asio::error::operation_aborted);  // as every wait does
  }
}

Task<bool> Event::WaitFor(Duration limit) { return EndsWithin(limit, Wait()); }

}  // namespace postern::net
