#include "lib/rpc/unary.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace postern::rpc {

namespace asio = boost::asio;

void Prepare(grpc::ClientContext& context, std::chrono::milliseconds deadline) {
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  context.set_wait_for_ready(true);
}

net::Task<grpc::Status> AwaitDone(grpc::ClientContext& context, std::function<void(Done)> start) {
  auto executor = co_await asio::this_coro::executor;
  auto initiate = [&context, &start, executor](auto handler) {
    // Who cancels the caller (a stop, a deadline) does not wait for a long poll to end.
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([&context](asio::cancellation_type) { context.TryCancel(); });
    }
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    start([shared, executor, slot](grpc::Status status) {
      asio::post(executor, [shared, status, slot]() mutable {
        if (slot.is_connected()) slot.clear();
        (*shared)(status);
      });
    });
  };
  grpc::Status status =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(grpc::Status)>(
          initiate, asio::use_awaitable);
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);  // as every wait does
  }
  co_return status;
}

}  // namespace postern::rpc
