#include "services/runner/runner_service.h"

#include "lib/rpc/serve.h"

namespace postern::runner {

grpc::ServerUnaryReactor* RunnerService::RunProgram(grpc::CallbackServerContext* context,
                                                    const v1::RunProgramRequest* request,
                                                    v1::RunProgramResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return desk_.Run(*request, *response); });
}

grpc::ServerUnaryReactor* RunnerService::ListPrograms(grpc::CallbackServerContext* context,
                                                      const v1::ListProgramsRequest*,
                                                      v1::ListProgramsResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoListPrograms(*response); });
}

net::Task<absl::Status> RunnerService::DoListPrograms(v1::ListProgramsResponse& response) {
  desk_.List(response);
  co_return absl::OkStatus();
}

}  // namespace postern::runner
