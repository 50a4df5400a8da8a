#pragma once

// The template half of deadline.h.

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <variant>

namespace postern::net {

absl::Status DeadlineStatus(Duration limit);

template <class T>
Task<absl::StatusOr<T>> WithDeadline(Duration limit, Task<absl::StatusOr<T>> task) {
  using boost::asio::experimental::awaitable_operators::operator||;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, limit);
  auto winner = co_await (std::move(task) || timer.async_wait(boost::asio::use_awaitable));
  if (winner.index() == 0) co_return std::get<0>(std::move(winner));
  co_return DeadlineStatus(limit);
}

}  // namespace postern::net
