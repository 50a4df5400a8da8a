#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/admin/admin_harness.h"

namespace postern::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAnn[] = "ann@example.org";
constexpr char kBob[] = "bob@example.org";

class AccountsTest : public AdminHarness {
 protected:
  std::vector<std::string> NamesOf(const std::string& owner) {
    std::vector<std::string> names;
    const auto answer = List(owner);
    EXPECT_TRUE(answer.ok()) << answer.status();
    if (answer.ok()) {
      for (const auto& account : answer->accounts()) names.push_back(account.name());
    }
    return names;
  }
};

TEST_F(AccountsTest, ANewAccountIsToldBackWithoutItsPassword) {
  auto answer = Put(ImapAccount("Ann@example.org", "Home"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->created());
  EXPECT_TRUE(answer->first_of_user());
  EXPECT_NE(answer->account().id(), "");
  EXPECT_EQ(answer->account().owner(), kAnn);
  EXPECT_EQ(answer->account().name(), "home");
  EXPECT_TRUE(answer->account().enabled());
  EXPECT_EQ(answer->account().health().state(), v1::HEALTH_STATE_CHECKING);
  EXPECT_EQ(answer->account().sealed_password(), "");
  EXPECT_EQ(answer->DebugString().find("hunter2"), std::string::npos);

  auto second = Put(SmtpAccount(kAnn, "relay"));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(second->first_of_user());
  EXPECT_EQ(List("")->DebugString().find("sealed_password"), std::string::npos);
  EXPECT_EQ(List(kAnn)->DebugString().find("sealed_password"), std::string::npos);
}

TEST_F(AccountsTest, TheFeedCarriesThePasswordSealedForItsAccount) {
  const v1::Account put = MustPut(ImapAccount(kAnn, "home"), "hunter2");
  const auto feed = Changes(0);
  ASSERT_EQ(feed.changed_size(), 1);
  auto opened = box_.Open(feed.changed(0).sealed_password(), put.id());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->Reveal(), "hunter2");
}

TEST_F(AccountsTest, RedisNeverSeesAPasswordInTheClear) {
  v1::Account account = MustPut(ImapAccount(kAnn, "home"), "correct horse battery");
  ASSERT_TRUE(Put(account, "staple of the horse").ok());
  MustPut(SmtpAccount(kAnn, "relay"), "correct horse battery");
  // The append-only file holds every command and value that Redis was given.
  const std::string socket = redis_.url().substr(std::string("unix://").size());
  size_t bytes = 0;
  const auto folder = std::filesystem::path(socket).parent_path();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    bytes += content.size();
    EXPECT_THAT(content, Not(HasSubstr("correct horse"))) << entry.path();
    EXPECT_THAT(content, Not(HasSubstr("staple"))) << entry.path();
  }
  EXPECT_GT(bytes, 500u);
}

TEST_F(AccountsTest, AUserHasOneAccountOfAName) {
  MustPut(ImapAccount(kAnn, "home"));
  auto again = Put(SmtpAccount("ANN@EXAMPLE.ORG", "HOME"));
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(again.status().message()), HasSubstr("home"));
  MustPut(ImapAccount(kBob, "home"));
}

net::Task<void> PutAndCount(Replica& replica, v1::PutAccountRequest request, int& done,
                            std::vector<absl::Status>& answers) {
  auto answer = co_await replica.Ask(&AdminCalls::PutAccount, std::move(request));
  answers.push_back(answer.status());
  ++done;
}

TEST_F(AccountsTest, OfManyCreatesOfOneNameAtOnceOneIsDone) {
  int done = 0;
  std::vector<absl::Status> answers;
  constexpr int kCallers = 12;
  for (int i = 0; i < kCallers; ++i) {
    Replica& replica = i % 2 == 0 ? one_ : two_;
    auto call = PutAndCount(replica, PutRequest(ImapAccount(kAnn, "home"), "p"), done, answers);
    boost::asio::co_spawn(io_, std::move(call), boost::asio::detached);
  }
  io_.restart();
  while (done < kCallers) io_.run_one();
  int created = 0;
  for (const auto& status : answers) {
    created += status.ok();
    EXPECT_TRUE(status.ok() || absl::IsAlreadyExists(status)) << status;
  }
  EXPECT_EQ(created, 1);
  EXPECT_EQ(NamesOf(kAnn).size(), 1u);
}

TEST_F(AccountsTest, OfManyRelaysMadeAtOnceOneIsTheDefault) {
  int done = 0;
  std::vector<absl::Status> answers;
  constexpr int kCallers = 6;
  for (int i = 0; i < kCallers; ++i) {
    Replica& replica = i % 2 == 0 ? one_ : two_;
    auto request = PutRequest(SmtpAccount(kAnn, absl::StrCat("relay", i)), "p");
    auto call = PutAndCount(replica, std::move(request), done, answers);
    boost::asio::co_spawn(io_, std::move(call), boost::asio::detached);
  }
  io_.restart();
  while (done < kCallers) io_.run_one();
  int defaults = 0;
  const auto listed = List(kAnn);
  ASSERT_EQ(listed->accounts_size(), kCallers);
  for (const auto& account : listed->accounts()) defaults += account.default_account();
  EXPECT_EQ(defaults, 1);
}

TEST_F(AccountsTest, AUserHasTwentyAccountsAtTheMost) {
  for (int i = 0; i < 20; ++i) MustPut(ImapAccount(kAnn, absl::StrCat("a", i)));
  auto one_more = Put(ImapAccount(kAnn, "b"));
  EXPECT_EQ(one_more.status().code(), absl::StatusCode::kResourceExhausted);
  MustPut(ImapAccount(kBob, "b"));
}

TEST_F(AccountsTest, AnUpdateWithoutAPasswordKeepsTheOldOne) {
  v1::Account account = MustPut(ImapAccount(kAnn, "home"), "hunter2");
  account.set_interval_minutes(30);
  auto answer = Put(account, "");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_FALSE(answer->created());
  EXPECT_FALSE(answer->first_of_user());
  EXPECT_EQ(answer->account().health().state(), v1::HEALTH_STATE_CHECKING);
  const auto feed = Changes(0);
  EXPECT_EQ(feed.changed(0).interval_minutes(), 30u);
  EXPECT_GT(feed.changed(0).settings_revision(), account.settings_revision());
  EXPECT_EQ(box_.Open(feed.changed(0).sealed_password(), account.id())->Reveal(), "hunter2");
}

TEST_F(AccountsTest, NobodyChangesTheAccountOfAnother) {
  v1::Account account = MustPut(ImapAccount(kAnn, "home"));
  account.set_owner(kBob);
  account.set_host("evil.example.org");
  EXPECT_EQ(Put(account).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(List(kAnn)->accounts(0).host(), "imap.example.org");
}

TEST_F(AccountsTest, RemovingIsOnceAndForAll) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  const v1::Account work = MustPut(ImapAccount(kAnn, "work"));
  EXPECT_TRUE(Remove(home.id()).ok());
  EXPECT_EQ(Remove(home.id()).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(NamesOf(kAnn), ::testing::ElementsAre("work"));
  const v1::Account again = MustPut(ImapAccount(kAnn, "home"));
  EXPECT_NE(again.id(), home.id());

  v1::RemoveUserRequest request;
  request.set_user("ANN@example.org");
  EXPECT_EQ(one_.Call(&AdminCalls::RemoveUser, request)->accounts_removed(), 2u);
  EXPECT_EQ(one_.Call(&AdminCalls::RemoveUser, request)->accounts_removed(), 0u);
  EXPECT_TRUE(NamesOf(kAnn).empty());
  EXPECT_EQ(one_.Call(&AdminCalls::ListUsers, v1::ListUsersRequest())->users_size(), 0);
  // Nothing of the user stays behind but the tombstones, the audit log and the notes for the rules
  // service, which there is none of.
  auto left = testing::Await(io_, one_.redis().Command({"KEYS", "postern:user:*"}));
  ASSERT_TRUE(left.ok());
  for (const auto& key : left->items)
    EXPECT_THAT(key.text, ::testing::StartsWith("postern:user:{accounts}:gone"));
}

TEST_F(AccountsTest, AccountsAreFoundByIdByNameAndByOwner) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  MustPut(ImapAccount(kBob, "home"));
  EXPECT_EQ(List("")->accounts_size(), 2);
  EXPECT_EQ(List(kBob)->accounts_size(), 1);
  EXPECT_EQ(List("nobody@example.org")->accounts_size(), 0);
  EXPECT_EQ(List("", home.id())->accounts(0).owner(), kAnn);
  EXPECT_EQ(List("", "Ann@example.org/HOME")->accounts(0).id(), home.id());
  EXPECT_EQ(List("", "ann@example.org/work").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(List("", "no-such-id").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(List(kBob, home.id()).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(AccountsTest, UsersAreListedWithWhatIsWrong) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  MustPut(ImapAccount(kAnn, "work"));
  MustPut(ImapAccount(kBob, "home"));
  ASSERT_TRUE(Report(home.id(), v1::HEALTH_STATE_ERROR, "wrong password").ok());
  const auto users = one_.Call(&AdminCalls::ListUsers, v1::ListUsersRequest());
  ASSERT_TRUE(users.ok()) << users.status();
  ASSERT_EQ(users->users_size(), 2);
  EXPECT_EQ(users->users(0).jid(), kAnn);
  EXPECT_EQ(users->users(0).accounts(), 2u);
  EXPECT_EQ(users->users(0).accounts_in_error(), 1u);
  EXPECT_GT(users->users(0).created_unix(), 0);
  EXPECT_EQ(users->users(1).jid(), kBob);
}

TEST_F(AccountsTest, ADisabledAccountHearsNoReports) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  auto disabled = SetEnabled(home.id(), false);
  ASSERT_TRUE(disabled.ok()) << disabled.status();
  EXPECT_FALSE(disabled->account().enabled());
  EXPECT_EQ(disabled->account().health().state(), v1::HEALTH_STATE_DISABLED);
  EXPECT_GT(disabled->account().settings_revision(), home.settings_revision());
  EXPECT_EQ(disabled->account().sealed_password(), "");

  EXPECT_TRUE(Report(home.id(), v1::HEALTH_STATE_OK).ok());
  EXPECT_EQ(List(kAnn)->accounts(0).health().state(), v1::HEALTH_STATE_DISABLED);
  v1::Account wanted = home;
  wanted.set_port(143);
  EXPECT_EQ(Put(wanted, "")->account().health().state(), v1::HEALTH_STATE_DISABLED);

  const auto same = SetEnabled(home.id(), false);
  EXPECT_EQ(same->account().settings_revision(), disabled->account().settings_revision() + 1)
      << "counts the change of the port, and nothing else";
  auto enabled = SetEnabled(home.id(), true);
  EXPECT_EQ(enabled->account().health().state(), v1::HEALTH_STATE_CHECKING);
  EXPECT_EQ(SetEnabled("no-such-id", true).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(AccountsTest, ReportsOfHealthAreChecked) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  EXPECT_EQ(Report(home.id(), v1::HEALTH_STATE_DISABLED).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Report(home.id(), v1::HEALTH_STATE_UNSPECIFIED).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Report("no-such-id", v1::HEALTH_STATE_OK).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Report(home.id(), v1::HEALTH_STATE_ERROR, "a\r\nb").ok());
  EXPECT_EQ(List(kAnn)->accounts(0).health().error(), "a  b");
}

TEST_F(AccountsTest, TheAuditLogSaysWhoChangedWhat) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  ASSERT_TRUE(SetEnabled(home.id(), false).ok());
  ASSERT_TRUE(Remove(home.id()).ok());
  auto log = testing::Await(
      io_, one_.redis().Command({"XRANGE", "postern:audit:{accounts}:log", "-", "+"}));
  ASSERT_TRUE(log.ok());
  std::vector<std::string> lines;
  for (const auto& entry : log->items) {
    const auto& fields = entry.items[1].items;
    lines.push_back(absl::StrCat(fields[1].text, ": ", fields[3].text, " ", fields[5].text));
  }
  EXPECT_THAT(lines,
              ::testing::ElementsAre("ann@example.org: create account ann@example.org/home",
                                     "operator: disable account ann@example.org/home",
                                     "ann@example.org: remove account ann@example.org/home"));
}

TEST_F(AccountsTest, WhatWasAnsweredSurvivesTheDeathOfRedis) {
  MustPut(ImapAccount(kAnn, "home"), "hunter2");
  const auto before = Changes(0);
  redis_.Kill();
  EXPECT_EQ(Put(ImapAccount(kAnn, "work")).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(one_.service().NotReadyBecause(), "redis is away");
  redis_.Restart();
  absl::StatusOr<v1::PutAccountResponse> put = absl::UnavailableError("");
  for (int i = 0; i < 5 && absl::IsUnavailable(put.status()); ++i)
    put = Put(ImapAccount(kAnn, "work"));
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(one_.service().NotReadyBecause(), "");
  EXPECT_THAT(NamesOf(kAnn), ::testing::ElementsAre("home", "work"));
  const auto since = Changes(before.revision());
  EXPECT_FALSE(since.snapshot());
  EXPECT_EQ(since.changed_size(), 1);
}

}  // namespace
}  // namespace postern::admin
