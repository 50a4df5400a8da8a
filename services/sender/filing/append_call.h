#pragma once

#include <grpcpp/client_context.h>

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/rpc/stream.h"
#include "lib/rpc/unary.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"

namespace postern::sender {

// One call of Fetcher.AppendMail, piece by piece. Letting go of it before Finish() cancels the
// call: what broke off is not filed.
class AppendCall {
 public:
  AppendCall(boost::asio::any_io_executor executor,
             fetcher::v1::FetcherService::StubInterface& fetcher, std::chrono::milliseconds limit);
  ~AppendCall();
  AppendCall(const AppendCall&) = delete;
  AppendCall& operator=(const AppendCall&) = delete;

  // Waits until gRPC has taken it. False when the fetcher has answered already, or is gone.
  net::Task<bool> Write(fetcher::v1::AppendMailRequest message);
  // Ends the stream and waits for the answer. Once.
  net::Task<absl::StatusOr<fetcher::v1::AppendMailResponse>> Finish();

 private:
  class Reactor;
  std::shared_ptr<Reactor> reactor_;
};

}  // namespace postern::sender
