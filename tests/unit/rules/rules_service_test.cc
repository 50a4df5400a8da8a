// The service as a process runs it, over gRPC, on a real Redis.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "lib/store/redis_client.h"
#include "postern/rules/v1/rules.grpc.pb.h"
#include "services/rules/rules.h"
#include "tests/support/redis_server.h"

namespace postern::rules {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kUser[] = "ann@example.org";

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
    v1::ListRulesResponse response;
    EXPECT_TRUE(stub_->ListRules(&context, {}, &response).ok());
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

v1::EvaluateRequest MailWith(const std::string& mail_id, const std::string& subject) {
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

v1::ImportRulesRequest Rules(const std::string& scope, const std::string& source) {
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

TEST_F(RulesServiceTest, KeepsEverythingWithoutRulesAndRecordsNothing) {
  const auto answer = Evaluate(MailWith("m1", "win $$$"));
  EXPECT_EQ(answer.verdict(), v1::VERDICT_KEEP);
  EXPECT_EQ(answer.reason(), "");
  EXPECT_THAT(replica_.Decisions("").decisions(), IsEmpty());
  EXPECT_THAT(replica_.List().programs(), IsEmpty());
}

TEST_F(RulesServiceTest, RejectsAndSaysWhy) {
  const auto imported = Import("site", "# no spam\nsubject:\\$\\$\\$\n");
  EXPECT_EQ(imported.rules(), 1u);
  const auto answer = Evaluate(MailWith("m1", "win $$$"));
  EXPECT_EQ(answer.verdict(), v1::VERDICT_REJECT);
  EXPECT_EQ(answer.reason(), "reject.txt:2: subject:\\$\\$\\$ matched \"win $$$\"");

  const auto listed = replica_.Decisions("m1");
  ASSERT_EQ(listed.decisions_size(), 1);
  const v1::Decision& decision = listed.decisions(0);
  EXPECT_EQ(decision.verdict(), v1::VERDICT_REJECT);
  EXPECT_EQ(decision.user(), kUser);
  EXPECT_EQ(decision.account_id(), "a1");
  EXPECT_EQ(decision.message_id(), "m1@example.net");
  EXPECT_EQ(decision.from(), "bob@example.net");
  EXPECT_EQ(decision.reason(), answer.reason());
  EXPECT_EQ(decision.program_hash(), imported.program_hash());
  EXPECT_GT(decision.decided_unix(), 1'700'000'000);
}

TEST_F(RulesServiceTest, RecordsAnOverrideToo) {
  Import("site", "subject:win\nsource:!^bob@");
  EXPECT_EQ(VerdictOn("win"), v1::VERDICT_KEEP);
  EXPECT_TRUE(Eventually([&] { return replica_.Decisions("m1").decisions_size() == 1; }));
  const auto listed = replica_.Decisions("m1");
  EXPECT_EQ(listed.decisions(0).verdict(), v1::VERDICT_KEEP);
  EXPECT_THAT(listed.decisions(0).reason(), HasSubstr("overrides"));
}

TEST_F(RulesServiceTest, JudgesManyMailsInOneCallAndAnswersInTheirOrder) {
  Import("site", "subject:spam");
  v1::EvaluateMailsRequest request;
  for (int i = 0; i < 64; ++i) {
    const std::string id = absl::StrCat("m", i);
    *request.add_requests() = MailWith(id, i % 3 == 0 ? "spam" : absl::StrCat("ham ", i));
  }
  v1::EvaluateMailsResponse response;
  ASSERT_TRUE(replica_.EvaluateMails(request, &response).ok());
  ASSERT_EQ(response.responses_size(), 64);
  for (int i = 0; i < 64; ++i) {
    SCOPED_TRACE(i);
    const v1::EvaluateResponse& answer = response.responses(i);
    EXPECT_EQ(answer.verdict(), i % 3 == 0 ? v1::VERDICT_REJECT : v1::VERDICT_KEEP);
    EXPECT_EQ(answer.reason().empty(), i % 3 != 0);
  }
  EXPECT_EQ(replica_.Decisions("").decisions_size(), 22) << "on record before they are answered";
  EXPECT_EQ(replica_.Decisions("m63").decisions_size(), 1);
}

TEST_F(RulesServiceTest, RefusesACallWithOneWrongMailAndSaysWhich) {
  v1::EvaluateMailsRequest request;
  *request.add_requests() = MailWith("m1", "x");
  *request.add_requests() = MailWith("", "x");
  v1::EvaluateMailsResponse response;
  const grpc::Status wrong = replica_.EvaluateMails(request, &response);
  EXPECT_EQ(wrong.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(wrong.error_message(), "requests[1]: mail_id is empty");
  request.clear_requests();
  for (int i = 0; i < 65; ++i) *request.add_requests() = MailWith("m1", "x");
  const grpc::Status many = replica_.EvaluateMails(request, &response);
  EXPECT_EQ(many.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(many.error_message(), "more than 64 mails");
}

TEST_F(RulesServiceTest, RejectsNoneOfManyWithoutARecord) {
  Import("site", "subject:win");
  redis_.Kill();
  v1::EvaluateMailsRequest request;
  *request.add_requests() = MailWith("m1", "harmless");
  v1::EvaluateMailsResponse response;
  EXPECT_TRUE(replica_.EvaluateMails(request, &response).ok());
  *request.add_requests() = MailWith("m2", "win");
  EXPECT_EQ(replica_.EvaluateMails(request, &response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RulesServiceTest, JudgesBySiteFirstThenByUser) {
  Import("site", "subject:spam");
  Import("Ann@Example.org", "subject:ham\nsource:!^bob@");
  EXPECT_EQ(VerdictOn("spam"), v1::VERDICT_REJECT);
  EXPECT_EQ(VerdictOn("ham"), v1::VERDICT_KEEP);
  auto request = MailWith("m2", "ham");
  request.set_user("carol@example.org");
  EXPECT_EQ(Evaluate(request).verdict(), v1::VERDICT_KEEP);
  const auto rules = replica_.List();
  ASSERT_EQ(rules.programs_size(), 2);
  EXPECT_EQ(rules.programs(0).scope(), "site");
  EXPECT_EQ(rules.programs(1).scope(), kUser);
  EXPECT_EQ(rules.programs(1).source(), "subject:ham\nsource:!^bob@");
}

TEST_F(RulesServiceTest, LetsOutgoingMailPass) {
  Import("site", "subject:win");
  auto request = MailWith("", "win");
  request.set_direction(v1::DIRECTION_OUTGOING);
  EXPECT_EQ(Evaluate(request).verdict(), v1::VERDICT_KEEP);
}

TEST_F(RulesServiceTest, ReplacesAndRemovesAProgram) {
  Import("site", "subject:one");
  Import("site", "subject:two");
  EXPECT_EQ(VerdictOn("one"), v1::VERDICT_KEEP);
  EXPECT_EQ(VerdictOn("two"), v1::VERDICT_REJECT);
  Import("site", "");
  EXPECT_EQ(VerdictOn("two"), v1::VERDICT_KEEP);
  EXPECT_THAT(replica_.List().programs(), IsEmpty());
}

TEST_F(RulesServiceTest, KeepsTheProgramInForceWhenTheNewOneIsWrong) {
  Import("site", "subject:one");
  v1::ImportRulesResponse response;
  const grpc::Status status = replica_.Import(Rules("site", "subject:two\nsender:x"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), StartsWith("reject.txt:2:1: "));
  EXPECT_EQ(VerdictOn("one"), v1::VERDICT_REJECT);
  EXPECT_EQ(VerdictOn("two"), v1::VERDICT_KEEP);
}

TEST_F(RulesServiceTest, ChecksWithoutImporting) {
  auto request = Rules("site", "source:!fred@a.b");
  request.set_dry_run(true);
  v1::ImportRulesResponse response;
  EXPECT_TRUE(replica_.Import(request, &response).ok());
  EXPECT_GT(response.warnings_size(), 0);
  EXPECT_THAT(replica_.List().programs(), IsEmpty());
}

TEST_F(RulesServiceTest, RefusesWrongRequests) {
  struct {
    const char* name;
    std::function<void(v1::ImportRulesRequest&)> spoil;
    const char* message;
  } const cases[] = {
      {"no scope", [](auto& r) { r.clear_scope(); }, "scope: "},
      {"full JID", [](auto& r) { r.set_scope("a@b/c"); }, "scope: "},
      {"no local part", [](auto& r) { r.set_scope("@b"); }, "scope: "},
      {"two at signs", [](auto& r) { r.set_scope("a@b@c"); }, "scope: "},
      {"line break", [](auto& r) { r.set_scope("a@b\nc"); }, "scope: "},
      {"no language", [](auto& r) { r.clear_language(); }, "language: "},
      {"bad file name", [](auto& r) { r.set_file_name("a\x1b[31m"); }, "file_name: "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    auto request = Rules("site", "subject:x");
    c.spoil(request);
    v1::ImportRulesResponse response;
    const grpc::Status status = replica_.Import(request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), StartsWith(c.message));
  }
  v1::EvaluateResponse answer;
  EXPECT_EQ(replica_.Evaluate(MailWith("", "x"), &answer).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  auto request = MailWith("m1", "x");
  request.clear_direction();
  EXPECT_EQ(replica_.Evaluate(request, &answer).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(RulesServiceTest, ListsDecisionsNewestFirstByIdUserAndMessageId) {
  Import("site", "subject:win");
  for (int i = 0; i < 5; ++i) {
    auto request = MailWith(absl::StrCat("m", i), absl::StrCat("win ", i));
    if (i % 2 == 1) request.set_user("carol@example.org");
    Evaluate(request);
    std::this_thread::sleep_for(2ms);  // decisions are ordered by the millisecond
  }
  EXPECT_EQ(replica_.Decisions("").decisions_size(), 5);
  EXPECT_EQ(replica_.Decisions("").decisions(0).mail_id(), "m4");
  EXPECT_EQ(replica_.Decisions("", "", 2).decisions_size(), 2);
  EXPECT_EQ(replica_.Decisions("", "carol@example.org").decisions_size(), 2);
  EXPECT_EQ(replica_.Decisions("", "carol@example.org").decisions(0).mail_id(), "m3");
  for (const char* id : {"m2", "m2@example.net", "<m2@example.net>"}) {
    SCOPED_TRACE(id);
    const auto listed = replica_.Decisions(id);
    ASSERT_EQ(listed.decisions_size(), 1);
    EXPECT_THAT(listed.decisions(0).reason(), HasSubstr("win 2"));
  }
  Evaluate(MailWith("m0", "win again"));
  EXPECT_EQ(replica_.Decisions("").decisions_size(), 5) << "judged twice, told once";
  EXPECT_THAT(replica_.Decisions("").decisions(0).reason(), HasSubstr("win again"));
  EXPECT_THAT(replica_.Decisions("unknown").decisions(), IsEmpty());
}

TEST_F(RulesServiceTest, IsSeenByOtherReplicasWithinASecond) {
  Replica other(redis_.url());
  ASSERT_TRUE(Eventually([&] { return other.Ready(); }));
  const auto verdict_there = [&](const char* subject) {
    v1::EvaluateResponse answer;
    EXPECT_TRUE(other.Evaluate(MailWith("m1", subject), &answer).ok());
    return answer.verdict();
  };
  Import("site", "subject:win");
  EXPECT_TRUE(Eventually([&] { return verdict_there("win") == v1::VERDICT_REJECT; }));
  Import("site", "");
  EXPECT_TRUE(Eventually([&] { return verdict_there("win") == v1::VERDICT_KEEP; }));
}

TEST_F(RulesServiceTest, OutlivesRedisAndExplainsEveryRejection) {
  Import("site", "subject:win");
  redis_.Kill();
  EXPECT_EQ(VerdictOn("harmless"), v1::VERDICT_KEEP) << "judging reads memory alone";
  v1::EvaluateResponse answer;
  EXPECT_EQ(replica_.Evaluate(MailWith("m1", "win"), &answer).error_code(),
            grpc::StatusCode::UNAVAILABLE)
      << "no rejection without a record of it";
  redis_.Restart();
  EXPECT_TRUE(Eventually([&] {
    v1::EvaluateResponse again;
    return replica_.Evaluate(MailWith("m1", "win"), &again).ok() &&
           again.verdict() == v1::VERDICT_REJECT;
  }));
  EXPECT_EQ(replica_.Decisions("m1").decisions_size(), 1);

  Replica fresh(redis_.url());
  ASSERT_TRUE(Eventually([&] { return fresh.Ready(); }));
  EXPECT_EQ(fresh.List().programs_size(), 1) << "imported rules are durable";
}

TEST(RulesServiceAlone, JudgesNothingBeforeItsRulesAreRead) {
  testing::RedisServer redis;
  redis.Kill();
  Replica replica(redis.url());
  EXPECT_FALSE(replica.Ready());
  v1::EvaluateResponse answer;
  EXPECT_EQ(replica.Evaluate(MailWith("m1", "x"), &answer).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  redis.Restart();
  EXPECT_TRUE(Eventually([&] { return replica.Ready(); }));
  EXPECT_TRUE(replica.Evaluate(MailWith("m1", "x"), &answer).ok());
}

}  // namespace
}  // namespace postern::rules
