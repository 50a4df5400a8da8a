#pragma once

#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/rpc/unary.h"
#include "postern/sender/v1/sender.grpc.pb.h"
#include "services/sender/sender.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/unit/sender/fake_peers.h"
#include "tests/unit/sender/fake_smtp_server.h"

namespace postern::sender {

using namespace std::chrono_literals;
using Api = v1::SenderService::StubInterface::async_interface;
using Strings = std::vector<std::string>;

class SenderTest : public ::testing::Test {
 protected:
  SenderTest() {
    config_.secrets = *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("k"), "test");
    config_.allow_hosts = {absl::StrCat("127.0.0.1:", smtp_.port())};
    config_.allow_plaintext_auth = true;
    PutAccount();
    Start();
  }
  ~SenderTest() override { Stop(); }

  void Start() {
    service_ = MakeSender(runtime_, config_);
    grpc::ServerBuilder builder;
    builder.RegisterService(&admin_);
    builder.RegisterService(&edge_);
    builder.RegisterService(&service_->Rpc());
    server_ = builder.BuildAndStart();
    const auto channel = server_->InProcessChannel({});
    sender_ = v1::SenderService::NewStub(channel);
    process::Peers peers;
    peers.admin = peers.edge = channel;
    ASSERT_TRUE(service_->Start(peers).ok());
    EXPECT_TRUE(Until([&] { return service_->NotReadyBecause().empty(); }));
  }
  void Stop() {
    testing::Await(io_, service_->Stop());
    server_->Shutdown();
    service_.reset();
  }

  void PutAccount(bool enabled = true) {
    admin::v1::Account account = MakeAccount();
    account.set_enabled(enabled);
    admin_.Put(account);
  }
  admin::v1::Account MakeAccount() {
    admin::v1::Account account;
    account.set_id("work");
    account.set_owner("ann@jabber.example");
    account.set_type(admin::v1::ACCOUNT_TYPE_SMTP);
    account.set_enabled(true);
    account.set_host("127.0.0.1");
    account.set_port(smtp_.port());
    account.set_security(admin::v1::SECURITY_NONE);
    account.set_login("ann");
    account.set_sealed_password(config_.secrets.Seal(crypto::Secret("secret"), "work"));
    account.set_default_from("Ann <ann@example.org>");
    return account;
  }

  // Lets everything run until it holds, for 10 s at most.
  bool Until(const std::function<bool()>& holds) {
    for (int i = 0; i < 1000 && !holds(); ++i) {
      io_.restart();
      io_.run_for(10ms);
    }
    return holds();
  }

  v1::SubmitRequest Request(const std::string& key) {
    v1::SubmitRequest request;
    request.set_idempotency_key(key);
    request.set_account_id("work");
    request.set_owner("ann@jabber.example");
    request.set_context(key);
    auto* to = request.mutable_draft()->add_to();
    to->set_local_part("bob");
    to->set_domain("example.net");
    request.mutable_draft()->set_subject("Grüße");
    request.mutable_draft()->set_text("Hallo");
    return request;
  }
  // An account that stores no password.
  void PutAskingAccount() {
    admin::v1::Account account = MakeAccount();
    account.clear_sealed_password();
    admin_.Put(account);
  }
  absl::Status Hold(const std::string& password, const std::string& account_id = "work") {
    v1::HoldPasswordRequest request;
    request.set_account_id(account_id);
    request.set_password(password);
    return testing::Await(io_, rpc::Call(sender_->async(), &Api::HoldPassword, request, 5s))
        .status();
  }
  void Retain(const Strings& users) {
    v1::RetainPasswordsRequest request;
    request.mutable_users()->Assign(users.begin(), users.end());
    EXPECT_TRUE(
        testing::Await(io_, rpc::Call(sender_->async(), &Api::RetainPasswords, request, 5s)).ok());
  }
  absl::StatusOr<v1::SubmitResponse> Submit(const v1::SubmitRequest& request) {
    return testing::Await(io_, rpc::Call(sender_->async(), &Api::Submit, request, 5s));
  }
  v1::ListQueueResponse Queue() {
    v1::ListQueueRequest request;
    return *testing::Await(io_, rpc::Call(sender_->async(), &Api::ListQueue, request, 5s));
  }
  bool HealthIs(admin::v1::HealthState state) {
    return Until([&] { return admin_.Health("work").state() == state; });
  }

  testing::RedisServer redis_;
  boost::asio::io_context io_{1};
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_.url());
  process::Runtime runtime_{io_, *client_};
  testing::FakeSmtpServer smtp_{io_};
  testing::FakeAdmin admin_;
  testing::FakeEdge edge_;
  Config config_;
  std::unique_ptr<process::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::SenderService::StubInterface> sender_;
};

}  // namespace postern::sender
