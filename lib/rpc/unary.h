#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/impl/codegen/server_callback.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/rpc/status.h"

namespace postern::rpc {

// Calls one rpc and waits for its answer on the caller's executor. Always with a
// deadline; waits for the peer to come up within it, so that a restart of a peer
// is a pause and not an error. Usage:
//
//   auto answer = co_await rpc::Call(stub_->async(),
//       &v1::SenderService::StubInterface::async_interface::Submit, request, 10s);
template <class Async, class Request, class Response>
net::Task<absl::StatusOr<Response>> Call(
    Async* async,
    void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                          std::function<void(grpc::Status)>),
    Request request, std::chrono::milliseconds deadline) {
  // Shared with the callback: a cancelled caller goes before the answer comes.
  struct Pending {
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  auto pending = std::make_shared<Pending>();
  pending->request = std::move(request);
  pending->context.set_deadline(std::chrono::system_clock::now() + deadline);
  pending->context.set_wait_for_ready(true);
  auto executor = co_await boost::asio::this_coro::executor;
  auto initiate = [async, method, pending, executor](auto handler) {
    // Who cancels the caller (a stop, a deadline) does not wait for a long poll to end.
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([pending](boost::asio::cancellation_type) { pending->context.TryCancel(); });
    }
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    (async->*method)(&pending->context, &pending->request, &pending->response,
                     [shared, pending, executor, slot](grpc::Status status) {
                       boost::asio::post(executor, [shared, pending, status, slot]() mutable {
                         if (slot.is_connected()) slot.clear();
                         (*shared)(status);
                       });
                     });
  };
  grpc::Status status =
      co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(grpc::Status)>(
          initiate, boost::asio::use_awaitable);
  const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != boost::asio::cancellation_type::none) {
    throw boost::system::system_error(boost::asio::error::operation_aborted);  // as every wait does
  }
  if (!status.ok()) co_return FromGrpc(status);
  co_return std::move(pending->response);
}

}  // namespace postern::rpc
