#include <gmock/gmock.h>

#include "lib/process/health_service.h"
#include "services/admin/peers.h"
#include "tests/unit/admin/admin_harness.h"

namespace postern::admin {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* Finish(CallbackServerContext* context, grpc::Status status = grpc::Status::OK) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

struct FakeFetcher final : fetcher::v1::FetcherService::CallbackService {
  ServerUnaryReactor* CheckAccount(CallbackServerContext* context,
                                   const fetcher::v1::CheckAccountRequest* request,
                                   fetcher::v1::CheckAccountResponse*) override {
    return Finish(
        context, {grpc::StatusCode::RESOURCE_EXHAUSTED, "again in 30 s: " + request->account_id()});
  }
  ServerUnaryReactor* ListWatches(CallbackServerContext* context,
                                  const fetcher::v1::ListWatchesRequest*,
                                  fetcher::v1::ListWatchesResponse* response) override {
    response->add_watches()->set_state("idle");
    return Finish(context);
  }
};

struct FakeSender final : sender::v1::SenderService::CallbackService {
  ServerUnaryReactor* ListQueue(CallbackServerContext* context,
                                const sender::v1::ListQueueRequest* request,
                                sender::v1::ListQueueResponse* response) override {
    response->set_total(request->limit());
    return Finish(context);
  }
  ServerUnaryReactor* RetryQueued(CallbackServerContext* context,
                                  const sender::v1::RetryQueuedRequest*,
                                  sender::v1::RetryQueuedResponse* response) override {
    response->set_retried(3);
    return Finish(context);
  }
  ServerUnaryReactor* ShowQueued(CallbackServerContext* context,
                                 const sender::v1::ShowQueuedRequest* request,
                                 sender::v1::ShowQueuedResponse* response) override {
    response->mutable_mail()->set_queue_id(request->queue_id());
    response->mutable_mail()->set_owner("nobody@example.org");
    return Finish(context);
  }
  ServerUnaryReactor* HoldQueued(CallbackServerContext* context,
                                 const sender::v1::HoldQueuedRequest* request,
                                 sender::v1::HoldQueuedResponse* response) override {
    response->set_changed(request->release() ? 1 : 2);
    return Finish(context);
  }
  ServerUnaryReactor* CancelQueued(CallbackServerContext* context,
                                   const sender::v1::CancelQueuedRequest*,
                                   sender::v1::CancelQueuedResponse*) override {
    return Finish(context, {grpc::StatusCode::FAILED_PRECONDITION, "it is being sent"});
  }
};

struct FakeRules final : rules::v1::RulesService::CallbackService {
  ServerUnaryReactor* ImportRules(CallbackServerContext* context,
                                  const rules::v1::ImportRulesRequest*,
                                  rules::v1::ImportRulesResponse* response) override {
    response->set_rules(2);
    return Finish(context);
  }
  ServerUnaryReactor* ActivateRules(CallbackServerContext* context,
                                    const rules::v1::ActivateRulesRequest* request,
                                    rules::v1::ActivateRulesResponse*) override {
    if (request->name() == "main") return Finish(context);
    return Finish(context, {grpc::StatusCode::NOT_FOUND, "name: there is no such script"});
  }
  ServerUnaryReactor* CreateScriptPassword(
      CallbackServerContext* context, const rules::v1::CreateScriptPasswordRequest*,
      rules::v1::CreateScriptPasswordResponse* response) override {
    response->set_password("abcde-fghij");
    return Finish(context);
  }
  ServerUnaryReactor* ShowLists(CallbackServerContext* context,
                                const rules::v1::ShowListsRequest* request,
                                rules::v1::ShowListsResponse* response) override {
    response->add_lists()->set_name("of " + request->user());
    return Finish(context);
  }
  ServerUnaryReactor* ListRules(CallbackServerContext* context, const rules::v1::ListRulesRequest*,
                                rules::v1::ListRulesResponse* response) override {
    response->add_programs()->set_scope("site");
    return Finish(context);
  }
  ServerUnaryReactor* ListDecisions(CallbackServerContext* context,
                                    const rules::v1::ListDecisionsRequest*,
                                    rules::v1::ListDecisionsResponse*) override {
    return Finish(context, {grpc::StatusCode::UNAVAILABLE, "redis is away"});
  }
};

class OperatorCallsTest : public ::testing::Test {
 protected:
  // The edge has no address here; the others are fakes in one server.
  OperatorCallsTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&health_);
    builder.RegisterService(&fetcher_).RegisterService(&rules_).RegisterService(&sender_);
    peers_server_ = builder.BuildAndStart();
    const auto channel = peers_server_->InProcessChannel({});
    process::Peers peers;
    peers.fetcher = peers.rules = peers.sender = channel;
    admin_ = std::make_unique<Replica>(io_, redis_.url(), box_, peers);
  }
  ~OperatorCallsTest() override {
    admin_.reset();
    peers_server_->Shutdown();
  }
  size_t AuditEntries() {
    std::vector<std::string> command{"XLEN", "postern:audit:{accounts}:log"};
    return testing::Await(io_, admin_->redis().Command(command))->integer;
  }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  crypto::SecretBox box_ =
      *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("test"), "test");
  // Fetcher and sender are names that it does not know.
  process::HealthService health_{io_.get_executor(),
                                 [](const std::string& name) -> std::optional<std::string> {
                                   if (name == "rules") return "no program was read yet";
                                   if (name.empty()) return "";
                                   return std::nullopt;
                                 }};
  FakeFetcher fetcher_;
  FakeSender sender_;
  FakeRules rules_;
  std::unique_ptr<grpc::Server> peers_server_;
  std::unique_ptr<Replica> admin_;
};

TEST_F(OperatorCallsTest, AnswersAndRefusalsComeThroughAsTheyAre) {
  EXPECT_EQ(
      admin_->Call(&AdminCalls::ListWatches, fetcher::v1::ListWatchesRequest())->watches(0).state(),
      "idle");
  sender::v1::ListQueueRequest queue;
  queue.set_limit(7);
  EXPECT_EQ(admin_->Call(&AdminCalls::ListQueue, queue)->total(), 7u);
  sender::v1::ShowQueuedRequest show;
  show.set_queue_id("q1");
  EXPECT_EQ(admin_->Call(&AdminCalls::ShowQueued, show)->mail().queue_id(), "q1");
  EXPECT_EQ(admin_->Call(&AdminCalls::ShowQueued, show)->account(), "") << "it was removed";
  EXPECT_EQ(admin_->Call(&AdminCalls::ListRules, rules::v1::ListRulesRequest())->programs_size(),
            1);

  fetcher::v1::CheckAccountRequest check;
  check.set_account_id("1");
  auto refused = admin_->Call(&AdminCalls::CheckAccount, check);
  EXPECT_EQ(refused.status(), absl::ResourceExhaustedError("again in 30 s: 1"));
  auto sending = admin_->Call(&AdminCalls::CancelQueued, sender::v1::CancelQueuedRequest());
  EXPECT_EQ(sending.status(), absl::FailedPreconditionError("it is being sent"));
}

TEST_F(OperatorCallsTest, WhoIsAwayIsNamed) {
  EXPECT_EQ(admin_->Call(&AdminCalls::ListDecisions, rules::v1::ListDecisionsRequest()).status(),
            absl::UnavailableError("the rules service can't answer now: redis is away"));
  EXPECT_EQ(
      admin_->Call(&AdminCalls::ListSessions, edge::v1::ListSessionsRequest()).status(),
      absl::UnavailableError("the edge service can't answer now: its address is not configured"));
  EXPECT_EQ(NameWhoIsAway("sender", absl::DeadlineExceededError("")),
            absl::UnavailableError("the sender service is away: no answer within 5 s"));
}

TEST_F(OperatorCallsTest, WhatWasDoneIsInTheAuditLog) {
  EXPECT_EQ(admin_->Call(&AdminCalls::RetryQueued, sender::v1::RetryQueuedRequest())->retried(),
            3u);
  rules::v1::ImportRulesRequest import;
  import.set_scope("site");
  import.set_source("reject subject:x");
  EXPECT_EQ(admin_->Call(&AdminCalls::ImportRules, import)->rules(), 2u);
  EXPECT_EQ(AuditEntries(), 2u);
  import.set_dry_run(true);
  EXPECT_TRUE(admin_->Call(&AdminCalls::ImportRules, import).ok());
  EXPECT_FALSE(admin_->Call(&AdminCalls::CancelQueued, sender::v1::CancelQueuedRequest()).ok());
  EXPECT_EQ(AuditEntries(), 2u);
  sender::v1::HoldQueuedRequest hold;
  EXPECT_EQ(admin_->Call(&AdminCalls::HoldQueued, hold)->changed(), 2u);
  hold.set_release(true);
  EXPECT_EQ(admin_->Call(&AdminCalls::HoldQueued, hold)->changed(), 1u);
  EXPECT_EQ(AuditEntries(), 4u);
}

TEST_F(OperatorCallsTest, StoredScriptsAndListsAreTheRulesServicesAffair) {
  rules::v1::ActivateRulesRequest activate;
  activate.set_name("none");
  EXPECT_EQ(admin_->Call(&AdminCalls::ActivateRules, activate).status(),
            absl::NotFoundError("name: there is no such script"));
  EXPECT_EQ(AuditEntries(), 0u);
  activate.set_name("main");
  EXPECT_TRUE(admin_->Call(&AdminCalls::ActivateRules, activate).ok());
  EXPECT_EQ(AuditEntries(), 1u);
  rules::v1::ShowListsRequest show;
  show.set_user("ann@example.org");
  const auto shown = admin_->Call(&AdminCalls::ShowLists, show);
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(shown->lists(0).name(), "of ann@example.org");
}

TEST_F(OperatorCallsTest, APasswordForScriptsIsHandedOnAndItsMakingRecorded) {
  rules::v1::CreateScriptPasswordRequest create;
  create.set_user("ann@example.org");
  const auto made = admin_->Call(&AdminCalls::CreateScriptPassword, create);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->password(), "abcde-fghij");
  EXPECT_EQ(AuditEntries(), 1u);
}

TEST_F(OperatorCallsTest, TheStatusTellsOfEveryService) {
  ASSERT_EQ(AuditEntries(), 0u);  // so Redis is there
  const auto status = admin_->Call(&AdminCalls::GetStatus, v1::GetStatusRequest());
  ASSERT_TRUE(status.ok()) << status.status();
  std::vector<std::string> lines;
  for (const auto& service : status->services()) {
    lines.push_back(service.name() + (service.serving() ? " serves" : ": " + service.detail()));
  }
  // A server that knows no such name speaks for itself as a whole.
  EXPECT_THAT(lines, ::testing::ElementsAre("admin serves", "edge: its address is not configured",
                                            "fetcher serves", "rules: no program was read yet",
                                            "sender serves"));
}

TEST_F(OperatorCallsTest, ADeadRedisIsInTheStatus) {
  ASSERT_EQ(AuditEntries(), 0u);
  redis_.Kill();
  io_.restart();
  while (admin_->service().NotReadyBecause().empty()) io_.run_one();
  const auto status = admin_->Call(&AdminCalls::GetStatus, v1::GetStatusRequest());
  EXPECT_FALSE(status->services(0).serving());
  EXPECT_EQ(status->services(0).detail(), "redis is away");
}

}  // namespace
}  // namespace postern::admin
