#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

// gRPC 1.51 aborts now and then ("assertion failed: prior > 0") when its last user
// of callbacks goes while a thread still waits in their queue, as happens between
// two tests with a server each. Postern's processes never let theirs go; a test
// program keeps this idle one for the same reason.
namespace {

class KeepGrpc : public ::testing::Environment {
 public:
  void SetUp() override {
    auto* service = new grpc::CallbackGenericService;
    grpc::ServerBuilder builder;
    builder.RegisterCallbackGenericService(service);
    (void)builder.BuildAndStart().release();
  }
};

[[maybe_unused]] auto* const kept = ::testing::AddGlobalTestEnvironment(new KeepGrpc);

}  // namespace
