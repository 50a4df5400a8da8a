#pragma once

#include <grpcpp/client_context.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/rpc/status.h"

namespace postern::rpc {

using Done = std::function<void(grpc::Status)>;

// Gives the call a deadline, and patience: a restart of the peer within it is a
// pause, not an error.
void Prepare(grpc::ClientContext& context, std::chrono::milliseconds deadline);

// Calls `start` and waits, on the caller's executor, until the callback that it
// gets has been called (from any thread). A caller that is cancelled cancels the
// call and unwinds like from any other wait. `context` lives until the callback.
net::Task<grpc::Status> AwaitDone(grpc::ClientContext& context, std::function<void(Done)> start);

// Calls one rpc and waits for its answer. Usage:
//
//   auto answer = co_await rpc::Call(stub_->async(),
//       &v1::SenderService::StubInterface::async_interface::Submit, request, 10s);
//
// What every call shares is in AwaitDone, compiled once; this part only knows the types.
template <class Async, class Request, class Response>
net::Task<absl::StatusOr<Response>> Call(Async* async,
                                         void (Async::*method)(grpc::ClientContext*, const Request*,
                                                               Response*, Done),
                                         Request request, std::chrono::milliseconds deadline) {
  // Shared with the callback: a cancelled caller goes before the answer comes.
  struct Pending {
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  auto pending = std::make_shared<Pending>();
  pending->request = std::move(request);
  Prepare(pending->context, deadline);
  std::function<void(Done)> start = [async, method, pending](Done done) {
    (async->*method)(&pending->context, &pending->request, &pending->response,
                     [pending, done = std::move(done)](grpc::Status status) { done(status); });
  };
  const grpc::Status status = co_await AwaitDone(pending->context, std::move(start));
  if (!status.ok()) co_return FromGrpc(status);
  co_return std::move(pending->response);
}

}  // namespace postern::rpc
