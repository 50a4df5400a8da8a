#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/store/redis_client.h"
#include "postern/rules/v1/rules.grpc.pb.h"
#include "services/rules/rules.h"
#include "tests/support/redis_server.h"

// The service as a process runs it, over gRPC, on a real Redis.
namespace postern::rules {

using namespace std::chrono_literals;

inline constexpr char kUser[] = "ann@example.org";

// One replica: its own thread, Redis connection and in-process gRPC server.
class Replica {
 public:
  explicit Replica(const std::string& redis_url)
      : redis_(std::move(store::RedisClient::Create(io_.get_executor(), redis_url).value())),
        runtime_{io_, *redis_},
        service_(MakeRules(runtime_, Config{})) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_->Rpc());
    server_ = builder.BuildAndStart();
    stub_ = v1::RulesService::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
    EXPECT_TRUE(service_->Start({}).ok());
    thread_ = std::thread([this] { io_.run(); });
  }

  ~Replica() {
    server_->Shutdown(std::chrono::system_clock::now() + 1s);
    // The parts go on the thread they live on.
    boost::asio::post(io_, [this] {
      service_.reset();
      redis_.reset();
      io_.stop();
    });
    thread_.join();
  }

  bool Ready() {
    std::promise<bool> ready;
    boost::asio::post(io_, [&] { ready.set_value(service_->NotReadyBecause().empty()); });
    return ready.get_future().get();
  }

  // Any of its calls: Call(&Stub::ShowLists, request, &response).
  using Stub = v1::RulesService::Stub;
  template <class Request, class Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    return (stub_.get()->*method)(&context, request, response);
  }
  grpc::Status Evaluate(const v1::EvaluateRequest& request, v1::EvaluateResponse* response) {
    grpc::ClientContext context;
    return stub_->Evaluate(&context, request, response);
  }
  grpc::Status EvaluateMails(const v1::EvaluateMailsRequest& request,
                             v1::EvaluateMailsResponse* response) {
    grpc::ClientContext context;
    return stub_->EvaluateMails(&context, request, response);
  }
  grpc::Status Import(const v1::ImportRulesRequest& request, v1::ImportRulesResponse* response) {
    grpc::ClientContext context;
    return stub_->ImportRules(&context, request, response);
  }
  v1::ListRulesResponse List() {
    grpc::ClientContext context;
    v1::ListRulesRequest request;
    request.set_with_source(true);
    v1::ListRulesResponse response;
    EXPECT_TRUE(stub_->ListRules(&context, request, &response).ok());
    return response;
  }
  v1::ListDecisionsResponse Decisions(const std::string& mail_id, const std::string& user = "",
                                      uint32_t limit = 0) {
    grpc::ClientContext context;
    v1::ListDecisionsRequest request;
    request.set_mail_id(mail_id);
    request.set_user(user);
    request.set_limit(limit);
    v1::ListDecisionsResponse response;
    const grpc::Status status = stub_->ListDecisions(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  std::unique_ptr<store::RedisClient> redis_;
  process::Runtime runtime_;
  std::unique_ptr<process::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::RulesService::Stub> stub_;
  std::thread thread_;
};

// True once `condition` is, within 5 s.
template <class Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

inline v1::EvaluateRequest MailWith(const std::string& mail_id, const std::string& subject) {
  v1::EvaluateRequest request;
  request.set_mail_id(mail_id);
  request.set_user(kUser);
  request.set_account_id("a1");
  request.set_direction(v1::DIRECTION_INCOMING);
  auto& mail = *request.mutable_mail();
  mail.set_message_id(absl::StrCat(mail_id, "@example.net"));
  mail.set_subject(subject);
  auto& from = *mail.add_from();
  from.set_local_part("bob");
  from.set_domain("example.net");
  return request;
}

inline v1::ImportRulesRequest Rules(const std::string& scope, const std::string& source) {
  v1::ImportRulesRequest request;
  request.set_scope(scope);
  request.set_language(v1::RULE_LANGUAGE_JSMAIL_REJECT);
  request.set_file_name("reject.txt");
  request.set_source(source);
  return request;
}

class RulesServiceTest : public ::testing::Test {
 protected:
  RulesServiceTest() {
    EXPECT_TRUE(Eventually([&] { return replica_.Ready(); }));
  }

  v1::ImportRulesResponse Import(const std::string& scope, const std::string& source) {
    v1::ImportRulesResponse response;
    const grpc::Status status = replica_.Import(Rules(scope, source), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::EvaluateResponse Evaluate(const v1::EvaluateRequest& request) {
    v1::EvaluateResponse response;
    const grpc::Status status = replica_.Evaluate(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::Verdict VerdictOn(const std::string& subject) {
    return Evaluate(MailWith("m1", subject)).verdict();
  }

  testing::RedisServer redis_;
  Replica replica_{redis_.url()};
};

}  // namespace postern::rules
