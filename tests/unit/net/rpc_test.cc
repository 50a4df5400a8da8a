#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "lib/net/deadline.h"
#include "lib/rpc/serve.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "postern/rules/v1/rules.grpc.pb.h"
#include "tests/support/await.h"

namespace postern::rpc {
namespace {

using namespace std::chrono_literals;
using Async = rules::v1::RulesService::StubInterface::async_interface;

words::Wording SomeWording() { return words::Word("$0 … $1", "Grüße\n", ""); }

class EchoService : public rules::v1::RulesService::CallbackService {
 public:
  explicit EchoService(boost::asio::any_io_executor executor) : executor_(executor) {}

  grpc::ServerUnaryReactor* Evaluate(grpc::CallbackServerContext* context,
                                     const rules::v1::EvaluateRequest* request,
                                     rules::v1::EvaluateResponse* response) override {
    return Serve(executor_, context, [=, this] { return Echo(*request, *response); });
  }

 private:
  net::Task<absl::Status> Echo(const rules::v1::EvaluateRequest& request,
                               rules::v1::EvaluateResponse& response) {
    co_await net::Sleep(1ms);
    if (request.mail_id() == "bad") co_return absl::InvalidArgumentError("mail_id: bad");
    if (request.mail_id() == "wording") {
      co_return words::Error(absl::StatusCode::kNotFound, SomeWording(), "port");
    }
    if (request.mail_id() == "long wording") {
      const std::string long_word(10'000, 'x');
      co_return words::Error(absl::StatusCode::kNotFound, words::Word("no $0", long_word));
    }
    if (request.mail_id() == "never") co_await net::Sleep(1h);
    response.set_reason(request.mail_id());
    co_return absl::OkStatus();
  }

  boost::asio::any_io_executor executor_;
};

class RpcTest : public ::testing::Test {
 protected:
  RpcTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    server_ = builder.BuildAndStart();
    stub_ = rules::v1::RulesService::NewStub(server_->InProcessChannel({}));
  }

  absl::StatusOr<rules::v1::EvaluateResponse> Ask(const std::string& id,
                                                  std::chrono::milliseconds deadline) {
    rules::v1::EvaluateRequest request;
    request.set_mail_id(id);
    return testing::Await(io_, Call(stub_->async(), &Async::Evaluate, request, deadline));
  }

  int port_ = 0;
  boost::asio::io_context io_;
  EchoService service_{io_.get_executor()};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<rules::v1::RulesService::StubInterface> stub_;
};

TEST_F(RpcTest, CarriesAnswersAndStatusesBothWays) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Ask("m1", 5s)->reason(), "m1");
  const auto refused = Ask("bad", 5s).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused.message(), "mail_id: bad");
}

// Last: the server side of this call is left hanging on purpose.
TEST_F(RpcTest, ZDeadlineEndsACallThatIsNotAnswered) {
  EXPECT_EQ(Ask("never", 20ms).status().code(), absl::StatusCode::kDeadlineExceeded);
  server_.release();  // waiting for its end would take the hour
}

TEST_F(RpcTest, CarriesTheWordingOfAnError) {
  const absl::Status error = Ask("wording", 5s).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(error.message(), "port: Grüße\n … ");
  EXPECT_EQ(words::WordingOf(error), SomeWording());
  EXPECT_EQ(words::WordingOf(Ask("bad", 5s).status()), std::nullopt);
}

// gRPC refuses trailers of more than 8 KiB, and the caller would learn nothing.
TEST_F(RpcTest, CarriesTheCodeOfAnErrorThatIsTooLong) {
  // In one process there is no such limit.
  stub_ = rules::v1::RulesService::NewStub(
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials()));
  const absl::Status error = Ask("long wording", 5s).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(error.message().substr(0, 5), "no xx");
}

}  // namespace
}  // namespace postern::rpc
