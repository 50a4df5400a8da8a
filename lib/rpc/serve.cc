#include "lib/rpc/serve.h"

#include <grpcpp/server_context.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace postern::rpc {

namespace asio = boost::asio;

grpc::ServerUnaryReactor* Serve(asio::any_io_executor executor,
                                grpc::CallbackServerContext* context,
                                std::function<net::Task<absl::Status>()> make) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  asio::post(executor, [executor, reactor, make = std::move(make)] {
    asio::co_spawn(executor, make(), [reactor](std::exception_ptr error, absl::Status status) {
      // Cancelled by the end of the process: the caller tries again elsewhere.
      if (error) status = absl::UnavailableError("the service is stopping");
      reactor->Finish(ToGrpc(status));
    });
  });
  return reactor;
}

}  // namespace postern::rpc
