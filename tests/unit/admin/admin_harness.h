#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/net/deadline.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/unary.h"
#include "lib/store/redis_client.h"
#include "postern/admin/v1/admin.grpc.pb.h"
#include "services/admin/admin.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/unit/admin/sample_accounts.h"

namespace postern::admin {

using AdminCalls = v1::AdminService::StubInterface::async_interface;

// One admin as a process runs it, behind a gRPC server of its own.
class Replica {
 public:
  Replica(boost::asio::io_context& io, const std::string& redis_url, const crypto::SecretBox& box,
          const process::Peers& peers, Config config = {})
      : io_(io), redis_(*store::RedisClient::Create(io.get_executor(), redis_url)) {
    process::Runtime runtime{io, *redis_};
    config.box = box;
    service_ = MakeAdmin(runtime, config);
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_->Rpc());
    server_ = builder.BuildAndStart();
    EXPECT_TRUE(service_->Start(peers).ok());
    grpc::ChannelArguments args;
    args.SetMaxReceiveMessageSize(rpc::kMaxMessageBytes);
    stub_ = v1::AdminService::NewStub(server_->InProcessChannel(args));
  }
  ~Replica() {
    testing::Await(io_, service_->Stop());
    server_->Shutdown();
  }

  template <class Request, class Response>
  net::Task<absl::StatusOr<Response>> Ask(
      void (AdminCalls::*method)(grpc::ClientContext*, const Request*, Response*,
                                 std::function<void(grpc::Status)>),
      Request request) {
    return rpc::Call(static_cast<v1::AdminService::StubInterface&>(*stub_).async(), method,
                     std::move(request), std::chrono::seconds(40));
  }
  template <class Request, class Response>
  absl::StatusOr<Response> Call(void (AdminCalls::*method)(grpc::ClientContext*, const Request*,
                                                           Response*,
                                                           std::function<void(grpc::Status)>),
                                Request request) {
    return testing::Await(io_, Ask(method, std::move(request)));
  }

  store::RedisClient& redis() { return *redis_; }
  process::Service& service() { return *service_; }

 private:
  boost::asio::io_context& io_;
  std::unique_ptr<store::RedisClient> redis_;
  std::unique_ptr<process::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AdminService::StubInterface> stub_;
};

// Two replicas on one real Redis, and short words for what tests say often.
class AdminHarness : public ::testing::Test {
 protected:
  absl::StatusOr<v1::PutAccountResponse> Put(const v1::Account& account,
                                             const std::string& password = "hunter2") {
    return one_.Call(&AdminCalls::PutAccount, PutRequest(account, password));
  }
  static v1::PutAccountRequest PutRequest(const v1::Account& account, const std::string& password) {
    v1::PutAccountRequest request;
    *request.mutable_account() = account;
    request.set_password(password);
    return request;
  }
  // The account as it was put; the test fails when it was not.
  v1::Account MustPut(const v1::Account& account, const std::string& password = "hunter2") {
    auto answer = Put(account, password);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? answer->account() : v1::Account();
  }
  absl::Status Remove(const std::string& id) {
    v1::RemoveAccountRequest request;
    request.set_account_id(id);
    return one_.Call(&AdminCalls::RemoveAccount, request).status();
  }
  absl::Status Report(const std::string& id, v1::HealthState state, const std::string& error = "") {
    v1::ReportHealthRequest request;
    request.set_account_id(id);
    request.set_state(state);
    request.set_error(error);
    return one_.Call(&AdminCalls::ReportHealth, request).status();
  }
  absl::StatusOr<v1::SetAccountEnabledResponse> SetEnabled(const std::string& id, bool enabled) {
    v1::SetAccountEnabledRequest request;
    request.set_account_id(id);
    request.set_enabled(enabled);
    return one_.Call(&AdminCalls::SetAccountEnabled, request);
  }
  static v1::ListAccountChangesRequest Since(uint64_t revision, uint32_t wait_ms = 0) {
    v1::ListAccountChangesRequest request;
    request.set_since_revision(revision);
    request.set_wait_ms(wait_ms);
    return request;
  }
  v1::ListAccountChangesResponse Changes(uint64_t since) {
    auto answer = one_.Call(&AdminCalls::ListAccountChanges, Since(since));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::ListAccountChangesResponse());
  }
  absl::StatusOr<v1::ListAccountsResponse> List(const std::string& owner,
                                                const std::string& account = "") {
    v1::ListAccountsRequest request;
    request.set_owner(owner);
    request.set_account(account);
    return one_.Call(&AdminCalls::ListAccounts, request);
  }
  // The newest entry of the audit log, as names and values in a row.
  std::vector<std::string> NewestEntry() {
    auto entries =
        testing::Await(io_, one_.redis().Command({"XREVRANGE", "postern:audit:{accounts}:log", "+",
                                                  "-", "COUNT", "1"}));
    std::vector<std::string> texts;
    for (const auto& field : entries->items.at(0).items.at(1).items) texts.push_back(field.text);
    return texts;
  }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  crypto::SecretBox box_ =
      *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("test"), "test");
  Replica one_{io_, redis_.url(), box_, process::Peers()};
  Replica two_{io_, redis_.url(), box_, process::Peers()};
};

}  // namespace postern::admin
