#pragma once

#include <grpcpp/client_context.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "lib/rpc/unary.h"

namespace postern::xmpp_edge {

// rpc::Call with a request that has a `password`: ours is put into it last, and wiped with
// it. What gRPC itself keeps of the bytes on their way is not in our hands.
template <class Async, class Request, class Response>
net::Task<absl::StatusOr<Response>> CallWithPassword(
    Async* async, void (Async::*method)(grpc::ClientContext*, const Request*, Response*, rpc::Done),
    Request request, const crypto::Secret& password, std::chrono::milliseconds deadline) {
  struct Pending {
    ~Pending() { crypto::Wipe(*request.mutable_password()); }
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  auto pending = std::make_shared<Pending>();
  pending->request = std::move(request);
  pending->request.set_password(password.Reveal());
  rpc::Prepare(pending->context, deadline);
  std::function<void(rpc::Done)> start = [async, method, pending](rpc::Done done) {
    (async->*method)(&pending->context, &pending->request, &pending->response,
                     [pending, done = std::move(done)](grpc::Status status) { done(status); });
  };
  const grpc::Status status = co_await rpc::AwaitDone(pending->context, std::move(start));
  if (!status.ok()) co_return rpc::FromGrpc(status);
  co_return std::move(pending->response);
}

}  // namespace postern::xmpp_edge
