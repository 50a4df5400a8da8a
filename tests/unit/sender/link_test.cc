#include "services/sender/routes/link.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/net/task_group.h"
#include "lib/store/redis_client.h"
#include "services/sender/routes/command.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::sender {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::Await;

class CommandTest : public ::testing::Test {
 protected:
  CommandTest() : folder_(fs::temp_directory_path() / absl::StrCat("postern-link-", ::getpid())) {
    fs::create_directories(folder_);
  }
  ~CommandTest() override { fs::remove_all(folder_); }

  // A script that is run by its path.
  std::string Script(const std::string& name, const std::string& text) {
    const fs::path path = folder_ / name;
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    fs::permissions(path, fs::perms::owner_all);
    return path.string();
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(folder_ / name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  absl::Status Run(std::vector<std::string> words, net::Duration limit = 10s) {
    Command command;
    command.words = std::move(words);
    command.environment = {"POSTERN_ROUTE=night"};
    return Await(io_, RunCommand(std::move(command), limit));
  }

  const fs::path folder_;
  boost::asio::io_context io_{1};
};

TEST_F(CommandTest, RunsWithItsWordsAndACleanEnvironment) {
  ::setenv("POSTERN_SECRET", "hunter2", 1);
  const std::string script =
      Script("told", absl::StrCat("echo \"$1|$2|$#\" > ", folder_.string(), "/words; env > ",
                                  folder_.string(), "/env; ls -l /proc/self/fd > ",
                                  folder_.string(), "/files; pwd >> ", folder_.string(), "/words"));
  ASSERT_TRUE(Run({script, "a b", "$HOME;x"}).ok());
  EXPECT_EQ(Read("words"), "a b|$HOME;x|2\n/\n");
  EXPECT_TRUE(absl::StrContains(Read("env"), "POSTERN_ROUTE=night"));
  EXPECT_FALSE(absl::StrContains(Read("env"), "hunter2"));
  EXPECT_FALSE(absl::StrContains(Read("files"), "socket")) << Read("files");
  ::unsetenv("POSTERN_SECRET");
}

TEST_F(CommandTest, SaysHowItEnded) {
  EXPECT_EQ(Run({Script("bad", "exit 3")}).message(), "the command ended with status 3");
  EXPECT_EQ(Run({Script("killed", "kill -9 $$")}).message(), "the command was ended by signal 9");
  EXPECT_TRUE(absl::StrContains(Run({"/no/such/program"}).message(), "No such file"));
}

TEST_F(CommandTest, IsKilledWithAllThatItStartedWhenItTakesTooLong) {
  const std::string pids = (folder_ / "pids").string();
  const std::string script =
      Script("slow", absl::StrCat("sleep 100 & echo $! > ", pids, "; sleep 100"));
  const auto ended = Run({script}, 500ms);
  EXPECT_TRUE(absl::IsDeadlineExceeded(ended)) << ended;
  const pid_t child = std::stoi(Read("pids"));
  for (int i = 0; i < 200 && ::kill(child, 0) == 0; ++i) {
    std::ifstream stat(absl::StrCat("/proc/", child, "/stat"));
    std::string line;
    std::getline(stat, line);
    if (absl::StrContains(line, ") Z ")) return;  // dead, and not yet buried
    ::usleep(10'000);
  }
  EXPECT_NE(::kill(child, 0), 0);
}

class LinkTest : public CommandTest {
 protected:
  // Each command leaves its name in the file "done".
  LinkSettings Settings(std::chrono::seconds keep, const std::string& up_ends = "") {
    const std::string done = (folder_ / "done").string();
    LinkSettings settings;
    settings.route = "night";
    settings.up = {
        Script("up", absl::StrCat("printf 'up(%s) ' $POSTERN_WAITING >> ", done, "\n", up_ends))};
    settings.down = {Script("down", absl::StrCat("printf 'down ' >> ", done))};
    settings.keep = keep;
    return settings;
  }
  void Begin(LinkSettings settings) {
    link_ = std::make_unique<Link>(io_.get_executor(), std::move(settings), record_, Seven);
    loops_.Spawn("link", link_->Run());
  }
  static net::Task<uint64_t> Seven() { co_return 7; }
  bool Until(const std::function<bool()>& holds) {
    for (int i = 0; i < 500 && !holds(); ++i) {
      io_.restart();
      io_.run_for(10ms);
    }
    return holds();
  }
  void End() { Await(io_, loops_.Stop()); }

  testing::RedisServer redis_;
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_.url());
  LinkRecord record_{*client_};
  std::unique_ptr<Link> link_;
  net::TaskGroup loops_{io_.get_executor()};
};

TEST_F(LinkTest, IsUpWhileItIsUsedAndGoesDownAfterAWhile) {
  Begin(Settings(0s));
  EXPECT_EQ(link_->state(), Link::State::kDown);
  ASSERT_TRUE(Await(io_, link_->Open()).ok());
  ASSERT_TRUE(Await(io_, link_->Open()).ok());
  EXPECT_EQ(Read("done"), "up(7) ");
  link_->Close();
  EXPECT_FALSE(Until([&] { return link_->state() != Link::State::kUp; }));
  link_->Close();
  EXPECT_TRUE(Until([&] { return link_->state() == Link::State::kDown; }));
  EXPECT_EQ(Read("done"), "up(7) down ");
  ASSERT_TRUE(Await(io_, link_->Open()).ok());
  EXPECT_EQ(Read("done"), "up(7) down up(7) ");
  End();
}

TEST_F(LinkTest, IsKeptForTheNextConnection) {
  Begin(Settings(60s));
  ASSERT_TRUE(Await(io_, link_->Open()).ok());
  link_->Close();
  ASSERT_TRUE(Await(io_, link_->Open()).ok());
  link_->Close();
  EXPECT_EQ(Read("done"), "up(7) ");
  End();
  Await(io_, link_->End(3s));
  EXPECT_EQ(Read("done"), "up(7) down ");
}

TEST_F(LinkTest, RestsAfterAFailure) {
  Begin(Settings(0s, "exit 1"));
  EXPECT_TRUE(absl::IsUnavailable(Await(io_, link_->Open())));
  EXPECT_EQ(link_->state(), Link::State::kFailed);
  EXPECT_EQ(link_->problem(), "the command ended with status 1");
  EXPECT_TRUE(absl::IsUnavailable(Await(io_, link_->Open())));
  EXPECT_EQ(Read("done"), "up(7) ") << "not at once again";
  link_->EndRest();
  EXPECT_TRUE(absl::IsUnavailable(Await(io_, link_->Open())));
  EXPECT_EQ(Read("done"), "up(7) up(7) ");
  End();
}

TEST_F(LinkTest, WithoutCommandsIsAlwaysThere) {
  Begin(LinkSettings());
  EXPECT_TRUE(Await(io_, link_->Open()).ok());
  link_->Close();
  Await(io_, link_->End(1s));
}

TEST_F(LinkTest, WhatAProcessThatIsGoneLeftUpIsFound) {
  Begin(Settings(60s));
  ASSERT_TRUE(Await(io_, link_->Open()).ok());
  EXPECT_TRUE(Await(io_, record_.TakeLeft())->empty()) << "we are still here";
  std::vector<std::string> keys = {"HKEYS", "postern:outbox:links"};
  const std::string field = Await(io_, client_->Command(keys))->items.at(0).text;
  // The same number, but a process that began at another time.
  const size_t process = field.find('/') + 1;
  const std::string other = absl::StrCat(field.substr(0, process), ::getpid(), ".1/evening/late");
  std::vector<std::string> enter = {"HSET", "postern:outbox:links", other,
                                    "1",    "elsewhere/1.1/night",  "1"};
  ASSERT_TRUE(Await(io_, client_->Command(enter)).ok());
  EXPECT_EQ(*Await(io_, record_.TakeLeft()), std::vector<std::string>{"evening/late"});
  EXPECT_TRUE(Await(io_, record_.TakeLeft())->empty());
  EXPECT_FALSE(*Await(io_, record_.HeldByOthers("night")));
  End();
}

}  // namespace
}  // namespace postern::sender
