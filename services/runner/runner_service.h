#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "postern/runner/v1/runner.grpc.pb.h"
#include "services/runner/run_desk.h"

namespace postern::runner {

// The rpcs: translate, delegate.
class RunnerService final : public v1::RunnerService::CallbackService {
 public:
  RunnerService(boost::asio::any_io_executor executor, RunDesk& desk)
      : executor_(executor), desk_(desk) {}

  grpc::ServerUnaryReactor* RunProgram(grpc::CallbackServerContext* context,
                                       const v1::RunProgramRequest* request,
                                       v1::RunProgramResponse* response) override;
  grpc::ServerUnaryReactor* ListPrograms(grpc::CallbackServerContext* context,
                                         const v1::ListProgramsRequest* request,
                                         v1::ListProgramsResponse* response) override;

 private:
  net::Task<absl::Status> DoListPrograms(v1::ListProgramsResponse& response);

  boost::asio::any_io_executor executor_;
  RunDesk& desk_;
};

}  // namespace postern::runner
