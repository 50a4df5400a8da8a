#pragma once

#include <grpcpp/impl/codegen/server_callback.h>

#include <boost/asio/any_io_executor.hpp>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/rpc/status.h"

namespace postern::rpc {

// Runs `make()`'s coroutine on the service's executor and finishes the call with
// what it answers. A handler is three lines:
//
//   grpc::ServerUnaryReactor* Submit(CallbackServerContext* context, const SubmitRequest* request,
//                                    SubmitResponse* response) override {
//     return rpc::Serve(executor_, context, [=, this] { return DoSubmit(*request, *response); });
//   }
//
// `make` is called on the executor's thread, never on gRPC's. Request and
// response live until the call is finished. A client that hangs up does not
// cancel the coroutine: what was begun (a write, a delivery) is carried through.
grpc::ServerUnaryReactor* Serve(boost::asio::any_io_executor executor,
                                grpc::CallbackServerContext* context,
                                std::function<net::Task<absl::Status>()> make);

}  // namespace postern::rpc
