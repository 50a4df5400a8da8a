// Schedules, routes and aliases, from the whole sender's outside.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/unit/sender/sender_fixture.h"

namespace postern::sender {
namespace {

namespace fs = std::filesystem;

class SenderWaysTest : public SenderTest {
 protected:
  SenderWaysTest()
      : folder_(fs::temp_directory_path() / absl::StrCat("postern-ways-", ::getpid())) {
    fs::create_directories(folder_);
  }
  ~SenderWaysTest() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const fs::path path = folder_ / name;
    std::ofstream(path) << text;
    fs::permissions(path, fs::perms::owner_all);
    return path.string();
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(folder_ / name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void UseRoutes(const std::string& text) {
    Stop();
    RouteRules rules;
    rules.allow_plaintext_auth = true;
    config_.operator_files.routes = RouteFile(Write("routes", text), rules);
    const auto read = config_.operator_files.routes.Refresh();
    EXPECT_TRUE(read.ok()) << read.status();
    Start();
  }
  void UseAliases(const std::string& text) {
    Stop();
    config_.operator_files.aliases = AliasFile(Write("aliases", text), {"example.net"});
    EXPECT_TRUE(config_.operator_files.aliases.Refresh().ok());
    Start();
  }
  void SetSchedule(const std::string& schedule, const std::string& route = "") {
    admin::v1::Account account = MakeAccount();
    account.mutable_sending()->set_schedule(schedule);
    account.set_route(route);
    account.set_settings_revision(++revision_);
    admin_.Put(account);
    For(500ms);
  }
  void For(std::chrono::milliseconds time) {
    io_.restart();
    io_.run_for(time);
  }
  bool Arrived(size_t mails) {
    return Until([&] { return smtp_.mails.size() >= mails; });
  }
  v1::ListRoutesResponse Routes() {
    return *testing::Await(
        io_, rpc::Call(sender_->async(), &Api::ListRoutes, v1::ListRoutesRequest(), 5s));
  }
  size_t Said(const std::string& command) const {
    return std::count(smtp_.commands.begin(), smtp_.commands.end(), command);
  }

  const fs::path folder_;
  uint64_t revision_ = 1;
};

TEST_F(SenderWaysTest, MailWaitsUntilThereIsEnough) {
  SetSchedule("2");
  ASSERT_TRUE(Submit(Request("k1")).ok());
  For(1500ms);
  EXPECT_EQ(smtp_.mails.size(), 0u);
  ASSERT_TRUE(Submit(Request("k2")).ok());
  EXPECT_TRUE(Arrived(2));
}

TEST_F(SenderWaysTest, MailIsToldToGoAtTheNextTime) {
  SetSchedule("SU 12:00\n999");
  const auto taken = Submit(Request("k1"));
  ASSERT_TRUE(taken.ok());
  const int64_t seconds = taken->due_unix_ms() / 1000;
  EXPECT_EQ(seconds % (24 * 3600), 12 * 3600);
  EXPECT_EQ(seconds / (24 * 3600) % 7, 3);  // of days since a Thursday
  For(1s);
  EXPECT_EQ(Queue().mails(0).next_attempt_unix(), seconds);
  EXPECT_EQ(Queue().mails(0).last_error(), "waits for its schedule");
  EXPECT_EQ(smtp_.mails.size(), 0u);
  EXPECT_TRUE(edge_.Outcomes().empty());
}

TEST_F(SenderWaysTest, ARetryOpensTheGateAndSoDoesTheEndOfTheSchedule) {
  SetSchedule("999");
  ASSERT_TRUE(Submit(Request("k1")).ok());
  For(500ms);
  EXPECT_EQ(smtp_.mails.size(), 0u);
  ASSERT_TRUE(testing::Await(
                  io_, rpc::Call(sender_->async(), &Api::RetryQueued, v1::RetryQueuedRequest(), 5s))
                  .ok());
  EXPECT_TRUE(Arrived(1));
  SetSchedule("998");
  ASSERT_TRUE(Submit(Request("k2")).ok());
  For(500ms);
  EXPECT_EQ(smtp_.mails.size(), 1u);
  SetSchedule("");
  EXPECT_TRUE(Arrived(2));
}

TEST_F(SenderWaysTest, AGateIsShutStillAfterARestartAndOpenedWhenItsScheduleWentMeanwhile) {
  SetSchedule("999");
  ASSERT_TRUE(Submit(Request("k1")).ok());
  Stop();
  Start();
  For(1500ms);
  EXPECT_EQ(smtp_.mails.size(), 0u);
  Stop();
  PutAccount();
  Start();
  EXPECT_TRUE(Arrived(1));
}

TEST_F(SenderWaysTest, ARouteBringsItsLinkUpForMailAndDownAtTheEnd) {
  const std::string log = (folder_ / "log").string();
  const std::string script =
      Write("link", absl::StrCat("#!/bin/sh\nprintf \"$1($POSTERN_WAITING) \" >> ", log, "\n"));
  UseRoutes(absl::StrCat("[night]\nrelay: 127.0.0.1:", smtp_.port(),
                         "\nsecurity: none\nsource: 127.0.0.1\nup: ", script, " up\ndown: ", script,
                         " down\nkeep: 600\n"));
  SetSchedule("", "night");
  For(500ms);
  EXPECT_EQ(Read("log"), "") << "not for a look at the account";
  EXPECT_EQ(Routes().routes(0).link(), v1::LINK_STATE_DOWN);
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_TRUE(absl::StartsWith(Read("log"), "up(")) << Read("log");
  const v1::EgressRoute route = Routes().routes(0);
  EXPECT_EQ(route.link(), v1::LINK_STATE_UP);
  EXPECT_EQ(route.accounts(), 1u);
  EXPECT_EQ(route.way(), absl::StrCat("127.0.0.1:", smtp_.port()));
  EXPECT_TRUE(route.open());
  ASSERT_TRUE(Submit(Request("k2")).ok());
  EXPECT_TRUE(Arrived(2));
  Stop();
  EXPECT_TRUE(absl::EndsWith(Read("log"), ") down() ")) << Read("log");
  EXPECT_EQ(std::ranges::count(Read("log"), 'u'), 1);
  Start();
}

TEST_F(SenderWaysTest, MailOfARouteThatIsNotThereGoesNoOtherWay) {
  UseRoutes("[day]\n");
  SetSchedule("", "night");
  ASSERT_TRUE(Submit(Request("k1")).ok());
  For(1500ms);
  EXPECT_EQ(smtp_.mails.size(), 0u);
  Write("routes", "[day]\n[NIGHT]\n");
  EXPECT_TRUE(Until([&] { return Routes().routes_size() == 2; }));
  ASSERT_TRUE(testing::Await(
                  io_, rpc::Call(sender_->async(), &Api::RetryQueued, v1::RetryQueuedRequest(), 5s))
                  .ok());
  EXPECT_TRUE(Arrived(1));
}

TEST_F(SenderWaysTest, ARouteWithTimesHoldsItsAccountsAndAWrongFileChangesNothing) {
  UseRoutes("[night]\n2\n");
  SetSchedule("", "night");
  ASSERT_TRUE(Submit(Request("k1")).ok());
  For(1s);
  EXPECT_EQ(smtp_.mails.size(), 0u);
  EXPECT_FALSE(Routes().routes(0).open());
  EXPECT_EQ(Routes().routes(0).waiting(), 1u);
  Write("routes", "[night]\nrelay: x\n");
  EXPECT_TRUE(Until([&] { return !Routes().file_problem().empty(); }));
  EXPECT_EQ(smtp_.mails.size(), 0u);
  Write("routes", "[night]\n");  // no times any more
  EXPECT_TRUE(Arrived(1));
  EXPECT_EQ(Routes().file_problem(), "");
}

TEST_F(SenderWaysTest, AWrongFileOfAliasesIsToldOf) {
  UseAliases("bob,a,ann");
  EXPECT_EQ(Routes().file_problem(), "");
  Write("aliases", "xi,a,xi\n");
  EXPECT_TRUE(
      Until([&] { return absl::StrContains(Routes().file_problem(), "1:1: alias loop xi->xi"); }));
  Write("aliases", "bob,a,ann\nxi,a,ann\n");
  EXPECT_TRUE(Until([&] { return Routes().file_problem().empty(); }));
}

TEST_F(SenderWaysTest, AliasesChangeTheEnvelopeAlone) {
  UseAliases("bob,a,ann,jim@elsewhere.test\nann,u,x,!boss@elsewhere.test\n");
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Arrived(2));
  EXPECT_EQ(Said("RCPT TO:<ann@example.net>"), 1u);
  EXPECT_EQ(Said("RCPT TO:<jim@elsewhere.test>"), 1u);
  EXPECT_EQ(Said("RCPT TO:<boss@elsewhere.test>"), 1u);
  EXPECT_EQ(Said("RCPT TO:<bob@example.net>"), 0u);
  const bool first_is_copy = absl::StrContains(smtp_.mails[0], "rfc822-headers");
  const std::string& mail = smtp_.mails[first_is_copy ? 1 : 0];
  const std::string& copy = smtp_.mails[first_is_copy ? 0 : 1];
  EXPECT_TRUE(absl::StrContains(mail, "To: bob@example.net"));
  EXPECT_TRUE(absl::StrContains(mail, "Hallo"));
  EXPECT_FALSE(absl::StrContains(copy, "Hallo"));
  // The same request again makes nothing more.
  ASSERT_TRUE(Submit(Request("k1")).ok());
  For(500ms);
  EXPECT_EQ(smtp_.mails.size(), 2u);
}

}  // namespace
}  // namespace postern::sender
