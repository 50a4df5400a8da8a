#include "lib/rpc/serve.h"

#include <grpcpp/server_context.h>

#include <utility>

#include "lib/rpc/stream.h"

namespace postern::rpc {

grpc::ServerUnaryReactor* Serve(boost::asio::any_io_executor executor,
                                grpc::CallbackServerContext* context,
                                std::function<net::Task<absl::Status>()> make) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  RunHandler(executor, std::move(make),
             [reactor](const absl::Status& status) { reactor->Finish(ToGrpc(status)); });
  return reactor;
}

}  // namespace postern::rpc
