#include "services/runner/run_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/net/deadline.h"
#include "lib/net/task_group.h"
#include "tests/support/await.h"

namespace postern::runner {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::Await;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunDeskTest : public ::testing::Test {
 protected:
  RunDeskTest() : base_(fs::temp_directory_path() / absl::StrCat("postern-desk-", ::getpid())) {
    fs::create_directories(base_);
    ::chmod(base_.c_str(), 0755);
    place_ = *WorkPlace::Open((base_ / "runs").string());
    file_ = ProgramFile((base_ / "list").string());
    if (::geteuid() == 0) user_ = *FindUser("nobody");
    Put("list", "");
    MakeDesk(4);
  }
  ~RunDeskTest() override {
    desk_.reset();
    fs::remove_all(base_);
  }

  void MakeDesk(int at_once) {
    desk_ = std::make_unique<RunDesk>(
        RunDesk::Parts{io_.get_executor(), file_, place_, user_, at_once});
    const absl::Status prepared = desk_->Prepare();
    EXPECT_TRUE(prepared.ok()) << prepared;
  }
  std::string Put(const std::string& name, const std::string& text) const {
    const std::string path = (base_ / name).string();
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0755);
    return path;
  }
  // A script, and the line of the list that lets it run.
  void Add(const std::string& id, const std::string& script, const std::string& more = "10") {
    const std::string path = Put(absl::StrCat(id, ".program"), script);
    absl::StrAppend(&list_, id, " ", path, " ", crypto::Sha256Hex(script), " ", more, "\n");
    Put("list", list_);
    const auto changed = file_.Refresh();
    EXPECT_TRUE(changed.ok()) << changed.status();
  }
  static v1::RunProgramRequest Request(const std::string& id) {
    v1::RunProgramRequest request;
    request.set_program(id);
    request.set_run_id("mail:1");
    request.set_message("Subject: x\r\n\r\nbody\r\n");
    request.set_sender("ann@example.org");
    request.set_recipient("bob@example.org");
    return request;
  }
  absl::StatusOr<v1::RunProgramResponse> Run(const v1::RunProgramRequest& request) {
    v1::RunProgramResponse response;
    absl::Status status = Await(io_, Finish(request, response));
    if (!status.ok()) return status;
    return response;
  }
  absl::StatusOr<v1::RunProgramResponse> Run(const std::string& id) { return Run(Request(id)); }

  net::Task<absl::Status> Finish(const v1::RunProgramRequest& request,
                                 v1::RunProgramResponse& response) {
    absl::Status status = co_await desk_->Run(request, response);
    co_return status;
  }
  net::Task<void> Keep(v1::RunProgramRequest request, std::vector<absl::Status>& answers) {
    v1::RunProgramResponse response;
    absl::Status status = co_await desk_->Run(request, response);
    answers.push_back(std::move(status));
  }
  // Nothing of any run is left.
  bool IsTidy() const { return fs::is_empty(base_ / "runs"); }

  const fs::path base_;
  boost::asio::io_context io_{1};
  WorkPlace place_;
  ProgramFile file_;
  std::optional<User> user_;
  std::unique_ptr<RunDesk> desk_;
  std::string list_;
};

TEST_F(RunDeskTest, TellsHowAProgramEndedAndWhatItMade) {
  Add("scan",
      "#!/bin/sh\necho \"$SENDER $RECIPIENT $POSTERN_RUN_ID $POSTERN_RESULT_FILE $HOME\"\n"
      "head -n 1 \"$1\"\necho complaint >&2\nprintf made > answer.txt\nexit 3\n");
  v1::RunProgramRequest request = Request("scan");
  request.set_result_file("answer.txt");
  const auto response = Run(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->exit_code(), 3);
  EXPECT_FALSE(response->timed_out());
  EXPECT_THAT(response->output(), HasSubstr("ann@example.org bob@example.org mail:1 answer.txt /"));
  EXPECT_THAT(response->output(), HasSubstr("Subject: x"));
  EXPECT_THAT(response->output(), ::testing::Not(HasSubstr("complaint")));
  EXPECT_TRUE(response->has_result());
  EXPECT_EQ(response->result(), "made");
  EXPECT_TRUE(IsTidy());
}

TEST_F(RunDeskTest, ABinaryRunsAsAScriptDoes) {
  fs::copy("/usr/bin/wc", base_ / "wc");
  std::stringstream bytes;
  bytes << std::ifstream("/usr/bin/wc", std::ios::binary).rdbuf();
  Put("list",
      absl::StrCat("wc ", (base_ / "wc").string(), " ", crypto::Sha256Hex(bytes.str()), " 10\n"));
  ASSERT_TRUE(file_.Refresh().ok());
  const auto response = Run("wc");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(response->output(), HasSubstr("message.eml"));
}

TEST_F(RunDeskTest, AResultThatIsALinkIsNone) {
  Add("link", "#!/bin/sh\nln -s /etc/hostname answer.txt\n");
  v1::RunProgramRequest request = Request("link");
  EXPECT_TRUE(Run(request).ok());
  request.set_result_file("answer.txt");
  const auto response = Run(request);
  EXPECT_TRUE(absl::IsFailedPrecondition(response.status()));
  EXPECT_THAT(response.status().message(),
              HasSubstr("program link: its file answer.txt is a link"));
}

TEST_F(RunDeskTest, AWrongRequestIsRefused) {
  Add("ok", "#!/bin/sh\n");
  EXPECT_TRUE(absl::IsNotFound(Run("unknown").status()));
  EXPECT_TRUE(absl::IsNotFound(Run("").status()));
  v1::RunProgramRequest request = Request("ok");
  request.set_result_file("../answer.txt");
  EXPECT_TRUE(absl::IsInvalidArgument(Run(request).status()));
  request = Request("ok");
  request.set_run_id("a\nb");
  EXPECT_TRUE(absl::IsInvalidArgument(Run(request).status()));
}

TEST_F(RunDeskTest, AnAddressThatIsNoneIsLeftOut) {
  Add("env", "#!/bin/sh\necho \"[$SENDER]\"\n");
  v1::RunProgramRequest request = Request("env");
  request.set_sender("ann@example.org\nPATH=/tmp");
  EXPECT_EQ(Run(request)->output(), "[]\n");
}

TEST_F(RunDeskTest, AProgramThatWasReplacedIsNotRun) {
  Add("scan", "#!/bin/sh\necho good\n");
  EXPECT_EQ(Run("scan")->output(), "good\n");
  Put("scan.program", "#!/bin/sh\necho evil\n");  // the same size, a moment later
  const auto response = Run("scan");
  EXPECT_TRUE(absl::IsFailedPrecondition(response.status()));
  EXPECT_THAT(response.status().message(), HasSubstr("its SHA-256 is "));
  Put("new", "#!/bin/sh\necho evil\n");
  fs::rename(base_ / "new", base_ / "scan.program");
  EXPECT_TRUE(absl::IsFailedPrecondition(Run("scan").status()));
  v1::ListProgramsResponse listed;
  desk_->List(listed);
  ASSERT_EQ(listed.programs_size(), 1);
  EXPECT_THAT(listed.programs(0).problem(), HasSubstr("its SHA-256 is "));
  Put("scan.program", "#!/bin/sh\necho good\n");
  EXPECT_EQ(Run("scan")->output(), "good\n");
  fs::remove(base_ / "scan.program");
  EXPECT_THAT(Run("scan").status().message(), HasSubstr("can't be read: No such file"));
  fs::create_directory(base_ / "scan.program");
  EXPECT_THAT(Run("scan").status().message(), HasSubstr("is not a file"));
}

TEST_F(RunDeskTest, ItsTimeEnds) {
  Add("slow", "#!/bin/sh\ntrap '' TERM\nsleep 50 & sleep 50 & wait\nwhile :; do sleep 1; done\n",
      "1");
  Add("polite", "#!/bin/sh\nexec sleep 60\n", "30");
  const auto begun = std::chrono::steady_clock::now();
  const auto slow = Run("slow");
  ASSERT_TRUE(slow.ok()) << slow.status();
  EXPECT_TRUE(slow->timed_out());
  EXPECT_EQ(slow->exit_code(), 128 + 9);
  v1::RunProgramRequest request = Request("polite");
  request.set_seconds(1);  // the rule's own limit
  const auto polite = Run(request);
  ASSERT_TRUE(polite.ok()) << polite.status();
  EXPECT_TRUE(polite->timed_out());
  EXPECT_EQ(polite->exit_code(), 128 + 15);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 25s);
  EXPECT_TRUE(IsTidy());
}

TEST_F(RunDeskTest, OnlyTheBeginningOfWhatItWritesIsKept) {
  Add("much", "#!/bin/sh\nhead -c 1000000 /dev/zero\n");
  Add("endless", "#!/bin/sh\nexec yes\n");
  const auto much = Run("much");
  ASSERT_TRUE(much.ok()) << much.status();
  EXPECT_EQ(much->exit_code(), 0);
  EXPECT_EQ(much->output().size(), 65536u);
  const auto endless = Run("endless");
  ASSERT_TRUE(endless.ok()) << endless.status();
  EXPECT_EQ(endless->exit_code(), 128 + 13);  // SIGPIPE: nobody listens any more
  EXPECT_EQ(endless->output().size(), 65536u);
}

TEST_F(RunDeskTest, WhoFillsTheFolderIsEnded) {
  Add("fill",
      "#!/bin/sh\nfor i in 1 2 3 4 5 6; do head -c 15000000 /dev/zero > $i; done\nsleep 50\n",
      "30");
  const auto response = Run("fill");
  EXPECT_THAT(response.status().message(), HasSubstr("more into its folder than it may"));
  EXPECT_TRUE(IsTidy());
}

TEST_F(RunDeskTest, WhoFailsAgainAndAgainIsLeftAlone) {
  Add("bad", "#!/bin/sh\nkill -9 $$\n");
  Add("strict", "#!/bin/sh\nexit 255\n");
  for (int i = 0; i < Breaker::kMostFailures; ++i) {
    EXPECT_EQ(Run("bad")->exit_code(), 128 + 9);
    EXPECT_EQ(Run("strict")->exit_code(), 255);
  }
  EXPECT_THAT(Run("bad").status().message(), HasSubstr("is left alone for a minute"));
  EXPECT_EQ(Run("strict")->exit_code(), 255);  // an exit code is an answer
}

TEST_F(RunDeskTest, SomeRunAtOnceAndSomeWait) {
  Add("sleep", "#!/bin/sh\nsleep 0.2\n");
  Add("long", "#!/bin/sh\nsleep 50\n", "60");
  MakeDesk(1);
  std::vector<absl::Status> answers;
  net::TaskGroup tasks(io_.get_executor());
  for (int i = 0; i < 3; ++i) tasks.Spawn("run", Keep(Request("sleep"), answers));
  while (answers.size() < 3 && io_.run_one() > 0) {
  }
  EXPECT_THAT(answers, ::testing::Each(absl::OkStatus()));
  answers.clear();
  for (int i = 0; i < RunDesk::kMaxWaiting + 2; ++i)
    tasks.Spawn("run", Keep(Request("long"), answers));
  while (answers.empty() && io_.run_one() > 0) {
  }
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(absl::IsResourceExhausted(answers[0]));
  // A stop ends those that run, and those that wait.
  Await(io_, desk_->Stop());
  while (answers.size() < RunDesk::kMaxWaiting + 2 && io_.run_one() > 0) {
  }
  answers.erase(answers.begin());
  for (const absl::Status& answer : answers) EXPECT_TRUE(absl::IsUnavailable(answer)) << answer;
  EXPECT_TRUE(IsTidy());
}

TEST_F(RunDeskTest, AListWithAFaultChangesNothing) {
  Add("ok", "#!/bin/sh\n");
  Put("list", absl::StrCat(list_, "nonsense\n"));
  const auto refreshed = file_.Refresh();
  EXPECT_TRUE(absl::IsInvalidArgument(refreshed.status()));
  EXPECT_THAT(refreshed.status().message(), HasSubstr("list:2:9: the program's path is missing"));
  EXPECT_FALSE(file_.Refresh().value_or(true));  // told once
  EXPECT_TRUE(Run("ok").ok());
  Put("list", "");
  EXPECT_TRUE(*file_.Refresh());
  EXPECT_TRUE(absl::IsNotFound(Run("ok").status()));
}

}  // namespace
}  // namespace postern::runner
