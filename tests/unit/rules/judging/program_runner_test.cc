#include "services/rules/judging/program_runner.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/net/task_group.h"
#include "services/rules/judging/fact_finder.h"
#include "services/rules/programs/compile_source.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::rules {
namespace {

using testing::Await;
using ::testing::HasSubstr;

struct FakeRunner final : runner::v1::RunnerService::Service {
  grpc::Status RunProgram(grpc::ServerContext*, const runner::v1::RunProgramRequest* request,
                          runner::v1::RunProgramResponse* response) override {
    asked = *request;
    ++runs;
    std::this_thread::sleep_for(takes);
    *response = answer;
    return status;
  }
  runner::v1::RunProgramRequest asked;
  runner::v1::RunProgramResponse answer;
  grpc::Status status;
  std::chrono::milliseconds takes{0};
  std::atomic<int> runs = 0;
};

class ProgramRunnerTest : public ::testing::Test {
 protected:
  ProgramRunnerTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&fake_);
    server_ = builder.BuildAndStart();
    auto channel = server_->InProcessChannel(grpc::ChannelArguments());
    runner_ = ProgramRunner(runner::v1::RunnerService::NewStub(channel));
  }
  ~ProgramRunnerTest() override { server_->Shutdown(); }

  static runner::v1::RunProgramRequest Request(const std::string& run_id) {
    runner::v1::RunProgramRequest request;
    request.set_program("scan");
    request.set_run_id(run_id);
    return request;
  }
  absl::StatusOr<ProgramRunner::Outcome> Run(const std::string& run_id = "") {
    return Await(io_, runner_.Run(Request(run_id)));
  }
  net::Task<void> Keep(std::string run_id, std::vector<int>& exit_codes) {
    auto outcome = co_await runner_.Run(Request(run_id));
    exit_codes.push_back(outcome.ok() ? outcome->exit_code : -99);
  }

  boost::asio::io_context io_;
  FakeRunner fake_;
  std::unique_ptr<grpc::Server> server_;
  ProgramRunner runner_;
};

TEST_F(ProgramRunnerTest, TellsWhatTheProgramSaid) {
  fake_.answer.set_exit_code(3);
  fake_.answer.set_output("words");
  auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->made, "words");
  EXPECT_EQ(outcome->trouble, "");
  fake_.answer.set_has_result(true);
  fake_.answer.set_result("a file");
  EXPECT_EQ(Run()->made, "a file");
}

TEST_F(ProgramRunnerTest, AProgramThatCantRunHoldsUpNoMail) {
  fake_.answer.set_timed_out(true);
  EXPECT_EQ(Run()->exit_code, ProgramRunner::kNotRun);
  fake_.status = grpc::Status(grpc::StatusCode::NOT_FOUND, "no such program");
  const auto unknown = Run();
  ASSERT_TRUE(unknown.ok());
  EXPECT_EQ(unknown->exit_code, ProgramRunner::kNotRun);
  EXPECT_THAT(unknown->trouble, HasSubstr("no such program"));
  runner_ = ProgramRunner();
  const auto nobody = Run();
  ASSERT_TRUE(nobody.ok());
  EXPECT_THAT(nobody->trouble, HasSubstr("--runner-addr"));
}

TEST_F(ProgramRunnerTest, ABusyRunnerIsAskedAgainLater) {
  fake_.status = grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many run");
  EXPECT_TRUE(absl::IsUnavailable(Run().status()));
}

TEST_F(ProgramRunnerTest, ARunIsRememberedAndNotMadeAgain) {
  fake_.answer.set_exit_code(3);
  EXPECT_EQ(Run("m1:0")->exit_code, 3);
  fake_.answer.set_exit_code(4);
  EXPECT_EQ(Run("m1:0")->exit_code, 3);
  EXPECT_EQ(fake_.runs, 1);
  EXPECT_EQ(Run("m2:0")->exit_code, 4);
  // One that took too long is one, too; one that could not be made is not.
  fake_.answer.set_timed_out(true);
  EXPECT_EQ(Run("m3:0")->exit_code, ProgramRunner::kNotRun);
  EXPECT_THAT(Run("m3:0")->trouble, HasSubstr("too long"));
  EXPECT_EQ(fake_.runs, 3);
  fake_.answer.set_timed_out(false);
  fake_.status = grpc::Status(grpc::StatusCode::NOT_FOUND, "no such program");
  EXPECT_EQ(Run("m4:0")->exit_code, ProgramRunner::kNotRun);
  fake_.status = grpc::Status::OK;
  EXPECT_EQ(Run("m4:0")->exit_code, 4);
}

TEST_F(ProgramRunnerTest, ARunThatIsUnderWayIsWaitedFor) {
  fake_.answer.set_exit_code(3);
  fake_.takes = std::chrono::milliseconds(100);
  std::vector<int> exit_codes;
  net::TaskGroup tasks(io_.get_executor());
  for (int i = 0; i < 3; ++i) tasks.Spawn("run", Keep("m1:0", exit_codes));
  while (exit_codes.size() < 3 && io_.run_one() > 0) {
  }
  EXPECT_THAT(exit_codes, ::testing::ElementsAre(3, 3, 3));
  EXPECT_EQ(fake_.runs, 1);
}

TEST_F(ProgramRunnerTest, OnlySoMuchIsRemembered) {
  fake_.answer.set_output(std::string(1 << 20, 'x'));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Run(absl::StrCat("m", i)).ok());
  EXPECT_EQ(fake_.runs, 20);
  EXPECT_TRUE(Run("m19").ok());
  EXPECT_EQ(fake_.runs, 20);
  EXPECT_TRUE(Run("m0").ok());  // forgotten: 16 MiB are the limit
  EXPECT_EQ(fake_.runs, 21);
}

// A program of an operator's script, as an evaluation asks for it.
class RunFactTest : public ProgramRunnerTest {
 protected:
  RunFactTest() {
    ProgramSource source;
    source.language = v1::RULE_LANGUAGE_JSMAIL_RESPONDERS;
    source.text = "info,info.txt,/bin/gen\n";
    source.file_name = "responders";
    source.operator_rule = true;
    source.local_domain = "example.org";
    CompiledSource compiled = CompileSource(source);
    EXPECT_NE(compiled.program, nullptr) << compiled.error();
    stages_.programs.push_back(
        {compiled.program, kSiteScope, "responders", v1::RULE_LANGUAGE_JSMAIL_RESPONDERS, true});
    hash_ = compiled.hash;
  }
  std::string Find(bool dry_run) {
    v1::EvaluateRequest request;
    request.set_mail_id("m1");
    request.set_message("Subject: info\r\n\r\n");
    request.set_dry_run(dry_run);
    Facts facts;
    facts.envelope_from = "bob@example.net";
    std::vector<FactFinder::Need> needs;
    const FactKey key = RunFact(hash_, 0);
    needs.push_back({request, {key}, facts, trouble_});
    EXPECT_TRUE(Await(io_, finder_.Find("ann@example.org", stages_, needs)).ok());
    return facts.looked_up[key];
  }

  testing::RedisServer redis_;
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_.url());
  UserMemory memory_{*client_};
  AddressLists lists_{*client_};
  FactFinder finder_{memory_, lists_, runner_};
  Stages stages_;
  std::string hash_;
  std::vector<std::string> trouble_;
};

TEST_F(RunFactTest, IsTheExitCodeAndTheFileThatWasMade) {
  fake_.answer.set_has_result(true);
  fake_.answer.set_result("the text");
  EXPECT_EQ(Find(false), "0\nthe text");
  EXPECT_EQ(fake_.asked.result_file(), "info.txt");
  EXPECT_EQ(fake_.asked.sender(), "bob@example.net");
  EXPECT_EQ(fake_.asked.message(), "Subject: info\r\n\r\n");
  EXPECT_THAT(fake_.asked.run_id(), HasSubstr("m1:"));
}

TEST_F(RunFactTest, ATrialRunsNothing) {
  EXPECT_EQ(Find(true), "0");
  EXPECT_EQ(fake_.runs, 0);
  ASSERT_EQ(trouble_.size(), 1u);
  EXPECT_THAT(trouble_[0], HasSubstr("not run"));
}

TEST_F(RunFactTest, AUsersProgramIsNotRun) {
  stages_.programs[0].operator_rule = false;
  EXPECT_EQ(Find(false), "-1");
  EXPECT_EQ(fake_.runs, 0);
}

}  // namespace
}  // namespace postern::rules
