#include "lib/net/deadline.h"

#include "absl/strings/str_cat.h"

namespace postern::net {

namespace asio = boost::asio;

absl::Status DeadlineStatus(Duration limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::duration<double>>(limit).count();
  return absl::DeadlineExceededError(absl::StrCat("no answer within ", seconds, " s"));
}

Task<absl::Status> WithDeadline(Duration limit, Task<absl::Status> task) {
  using asio::experimental::awaitable_operators::operator||;
  asio::steady_timer timer(co_await asio::this_coro::executor, limit);
  auto winner = co_await (std::move(task) || timer.async_wait(asio::use_awaitable));
  if (winner.index() == 0) co_return std::get<0>(std::move(winner));
  co_return DeadlineStatus(limit);
}

Task<void> Sleep(Duration pause) {
  asio::steady_timer timer(co_await asio::this_coro::executor, pause);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace postern::net
