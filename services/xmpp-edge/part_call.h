#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"

namespace postern::xmpp_edge {

// One call of Fetcher.ReadMailPart, piece by piece. Letting go of it before Finish() cancels it.
class PartCall {
 public:
  PartCall(boost::asio::any_io_executor executor,
           fetcher::v1::FetcherService::StubInterface& fetcher,
           fetcher::v1::ReadMailPartRequest request, std::chrono::milliseconds limit);
  ~PartCall();
  PartCall(const PartCall&) = delete;
  PartCall& operator=(const PartCall&) = delete;

  // The next piece; nothing behind the last one, and when it broke off: Finish() tells.
  net::Task<std::optional<fetcher::v1::ReadMailPartResponse>> Read();
  // How it ended, after the last Read(). Once.
  net::Task<absl::Status> Finish();

 private:
  class Reactor;
  std::shared_ptr<Reactor> reactor_;
};

}  // namespace postern::xmpp_edge
