#include "lib/net/deadline.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postern::net {

namespace asio = boost::asio;

Task<void> Sleep(Duration pause) {
  asio::steady_timer timer(co_await asio::this_coro::executor, pause);
  co_await timer.async_wait(asio::use_awaitable);
}

namespace {

// Cancels what it watches when the time is up, or when whoever waits is cancelled.
class Watch {
 public:
  Watch(const asio::any_io_executor& executor, Duration limit, asio::cancellation_slot outer)
      : state_(std::make_shared<State>(executor, limit)) {
    state_->timer.async_wait([state = state_](boost::system::error_code error) {
      if (error || state->over) return;
      state->late = true;
      state->signal.emit(asio::cancellation_type::terminal);
    });
    if (!outer.is_connected()) return;
    // It stays there until the next wait takes its place.
    outer.assign([state = state_](asio::cancellation_type type) {
      if (!state->over) state->signal.emit(type);
    });
  }
  ~Watch() {
    state_->over = true;
    state_->timer.cancel();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  asio::cancellation_slot slot() { return state_->signal.slot(); }
  bool late() const { return state_->late; }

 private:
  // Lives until the last call of both.
  struct State {
    State(const asio::any_io_executor& executor, Duration limit) : timer(executor, limit) {}
    asio::steady_timer timer;
    asio::cancellation_signal signal;
    bool over = false, late = false;
  };
  const std::shared_ptr<State> state_;
};

}  // namespace

// Not `task || Sleep(limit)`: that is two coroutines, and an exception that ends the second one;
// it took 14 us where this takes 4.
Task<bool> EndsWithin(Duration limit, Task<void> task) {
  const auto executor = co_await asio::this_coro::executor;
  const auto state = co_await asio::this_coro::cancellation_state;
  Watch watch(executor, limit, state.slot());
  auto watched = asio::bind_cancellation_slot(watch.slot(), asio::as_tuple(asio::use_awaitable));
  auto run = asio::co_spawn(executor, std::move(task), watched);
  const auto [error] = co_await std::move(run);
  if (!error) co_return true;
  if (watch.late()) co_return false;
  std::rethrow_exception(error);
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
