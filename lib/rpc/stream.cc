#include "lib/rpc/stream.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace postern::rpc {

namespace asio = boost::asio;

StreamSteps::StreamSteps(asio::any_io_executor executor) : executor_(executor), ended_(executor) {}

net::Task<bool> StreamSteps::Step(std::function<void()> begin) {
  under_way_ = true;
  begin();
  while (under_way_) co_await ended_.Wait();
  co_return ok_;
}

void StreamSteps::Ended(bool ok) {
  asio::post(executor_, [self = shared_from_this(), ok] {
    self->under_way_ = false;
    self->ok_ = ok;
    self->ended_.Notify();
    if (auto then = std::exchange(self->when_idle_, nullptr)) then();
  });
}

void StreamSteps::WhenIdle(std::function<void()> then) {
  if (!under_way_) return then();
  when_idle_ = std::move(then);
}

void RunHandler(asio::any_io_executor executor, std::function<net::Task<absl::Status>()> make,
                std::function<void(absl::Status)> end) {
  asio::post(executor, [executor, make = std::move(make), end = std::move(end)] {
    asio::co_spawn(executor, make(), [end](std::exception_ptr error, absl::Status status) {
      // Cancelled by the end of the process: the caller tries again elsewhere.
      if (error) status = absl::UnavailableError("the service is stopping");
      end(status);
    });
  });
}

}  // namespace postern::rpc
