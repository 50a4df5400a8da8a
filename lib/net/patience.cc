#include "lib/net/patience.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::net {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {
// A wait that began later may have to end earlier.
constexpr std::chrono::seconds kLookEvery{1};
}  // namespace

Task<void> Patience::RunOut() const {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (auto now = steady_clock::now(); now < until_; now = steady_clock::now()) {
    timer.expires_at(std::min(until_, now + kLookEvery));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

Task<bool> Patience::Outlasts(Duration first, Task<void> task) {
  using asio::experimental::awaitable_operators::operator||;
  Allow(first);
  Task<void> run_out = RunOut();
  const auto winner = co_await (std::move(task) || std::move(run_out));
  co_return winner.index() == 0;
}

Task<void> Yield() {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

}  // namespace postern::net
