#include "lib/net/deadline.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "absl/strings/str_cat.h"

namespace postern::net {

namespace asio = boost::asio;

Task<void> Sleep(Duration pause) {
  asio::steady_timer timer(co_await asio::this_coro::executor, pause);
  co_await timer.async_wait(asio::use_awaitable);
}

Task<bool> EndsWithin(Duration limit, Task<void> task) {
  using asio::experimental::awaitable_operators::operator||;
  const auto winner = co_await (std::move(task) || Sleep(limit));
  co_return winner.index() == 0;
}

absl::Status DeadlineStatus(Duration limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::duration<double>>(limit).count();
  return absl::DeadlineExceededError(absl::StrCat("no answer within ", seconds, " s"));
}

Task<absl::Status> WithDeadline(Duration limit, Task<absl::Status> task) {
  std::optional<absl::Status> answer;
  co_await EndsWithin(limit, KeepAnswer(std::move(task), answer));
  co_return answer ? *std::move(answer) : DeadlineStatus(limit);
}

}  // namespace postern::net
