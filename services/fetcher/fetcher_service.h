#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"
#include "services/fetcher/watch_list.h"

namespace postern::fetcher {

// The gRPC face: what others may ask about watches.
class FetcherService final : public v1::FetcherService::CallbackService {
 public:
  explicit FetcherService(boost::asio::any_io_executor executor) : executor_(executor) {}

  // Calls before this are UNAVAILABLE. `watches` outlives the serving.
  void Begin(WatchList& watches) { watches_ = &watches; }

  grpc::ServerUnaryReactor* CheckAccount(grpc::CallbackServerContext* context,
                                         const v1::CheckAccountRequest* request,
                                         v1::CheckAccountResponse* response) override;
  grpc::ServerUnaryReactor* ListWatches(grpc::CallbackServerContext* context,
                                        const v1::ListWatchesRequest* request,
                                        v1::ListWatchesResponse* response) override;

 private:
  net::Task<absl::Status> DoCheck(const v1::CheckAccountRequest& request);
  net::Task<absl::Status> DoList(v1::ListWatchesResponse& response);

  boost::asio::any_io_executor executor_;
  WatchList* watches_ = nullptr;
};

}  // namespace postern::fetcher
