// Accounts that store no password, from the whole sender's outside.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "lib/words/wording.h"
#include "tests/unit/sender/sender_fixture.h"

namespace postern::sender {
namespace {

constexpr char kAsked[] =
    "k1: bob@example.net DELAYED the password of the account is needed first; "
    "enter it";

class SenderPasswordTest : public SenderTest {
 protected:
  SenderPasswordTest() {
    // The fixture's account is known before it asks.
    EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
    smtp_.commands.clear();
    PutAskingAccount();
    EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_ASKING));
  }
  long SignIns() const {
    return std::ranges::count_if(
        smtp_.commands, [](const std::string& line) { return absl::StartsWith(line, "AUTH"); });
  }
  // The one mail in the queue waits, and no attempt was counted.
  bool Waits() {
    const auto queue = Queue();
    return queue.mails_size() == 1 && queue.mails(0).state() == v1::QUEUE_STATE_WAITING &&
           queue.mails(0).attempts() == 0;
  }
};

TEST_F(SenderPasswordTest, MailWaitsForThePassword) {
  EXPECT_FALSE(admin_.Health("work").has_problem());
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_EQ(edge_.Outcomes(), Strings{kAsked}) << "told at once, for somebody has to act";
  EXPECT_TRUE(Until([&] { return Waits(); }));
  EXPECT_EQ(SignIns(), 0);

  ASSERT_TRUE(Hold("secret").ok());
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 2; }));
  EXPECT_EQ(edge_.Outcomes().back(), "k1: bob@example.net SENT 250 queued");
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
  EXPECT_EQ(SignIns(), 1);
}

TEST_F(SenderPasswordTest, ThePasswordIsNowhereInRedis) {
  ASSERT_TRUE(Hold("a secret of Ann's").ok());
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  Strings all = {"KEYS", "*"};
  const auto keys = testing::Await(io_, client_->Command(std::move(all)));
  EXPECT_FALSE(keys->items.empty());
  for (const store::Reply& key : keys->items) {
    Strings dump = {"DUMP", key.text};
    const auto value = testing::Await(io_, client_->Command(std::move(dump)));
    EXPECT_FALSE(absl::StrContains(value->text, "a secret of")) << key.text;
  }
}

TEST_F(SenderPasswordTest, EachMailIsToldOfOnce) {
  for (const char* key : {"k1", "k2", "k3"}) {
    ASSERT_TRUE(Submit(Request(key)).ok());
  }
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 3; }));
  smtp_.answers["AUTH"] = "535 5.7.8 wrong";
  ASSERT_TRUE(Hold("wrong").ok());
  EXPECT_TRUE(Until([&] { return admin_.Health("work").has_problem(); }));
  EXPECT_LE(SignIns(), 2) << "as many as there are sessions";
  smtp_.answers["AUTH"] = "235 ok";
  ASSERT_TRUE(Hold("secret").ok());
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
  const Strings outcomes = edge_.Outcomes();
  ASSERT_EQ(outcomes.size(), 6u);
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(absl::StrContains(outcomes[i], "DELAYED"));
  EXPECT_EQ(smtp_.mails.size(), 3u);
}

TEST_F(SenderPasswordTest, AsksAgainWhenItIsRefused) {
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  smtp_.answers["AUTH"] = "535 5.7.8 wrong";
  for (int i = 1; i <= 2; ++i) {
    ASSERT_TRUE(Hold("mistyped").ok());
    const std::string again = i == 1 ? "CHECKING ASKING " : "CHECKING ASKING CHECKING ASKING ";
    EXPECT_TRUE(Until([&] { return absl::EndsWith(admin_.States(), again); }))
        << "a second refusal is news too";
    EXPECT_EQ(admin_.Health("work").error(),
              "127.0.0.1 refused the login or the password (535 5.7.8 wrong); check them");
    EXPECT_EQ(admin_.Health("work").problem().text(),
              "$0 refused the login or the password ($1); check them");
    EXPECT_EQ(SignIns(), i) << "one try for a password: servers lock accounts";
  }
  EXPECT_TRUE(Until([&] { return Waits(); }));
  EXPECT_EQ(edge_.Outcomes(), Strings{kAsked});

  smtp_.answers["AUTH"] = "235 ok";
  ASSERT_TRUE(Hold("secret").ok());
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 2; }));
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
}

// The user answers again before the server has refused the first answer.
TEST_F(SenderPasswordTest, APasswordThatComesDuringARefusalIsTried) {
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return Waits() && !edge_.Outcomes().empty(); }));
  smtp_.answers["EHLO"] = "";  // silence
  ASSERT_TRUE(Hold("wrong").ok());
  EXPECT_TRUE(Until([&] { return Queue().mails(0).state() == v1::QUEUE_STATE_SENDING; }));
  EXPECT_TRUE(Until([&] { return !smtp_.commands.empty(); }));
  ASSERT_TRUE(Hold("secret").ok());
  smtp_.answers["EHLO"] = "250-fake\r\n250 AUTH PLAIN";
  smtp_.answers["AUTH"] = "535 5.7.8 wrong";
  smtp_.answers["AUTH PLAIN AGFubgBzZWNyZXQ="] = "235 ok";
  smtp_.Wake();
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 2; }));
  EXPECT_EQ(edge_.Outcomes().back(), "k1: bob@example.net SENT 250 queued");
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
  EXPECT_EQ(std::ranges::count(smtp_.commands, "AUTH PLAIN AGFubgB3cm9uZw=="), 1);
}

TEST_F(SenderPasswordTest, IsWipedWhenItsOwnerLeaves) {
  ASSERT_TRUE(Hold("secret").ok());
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK)) << "checked, though no mail waits";
  EXPECT_EQ(SignIns(), 1);
  Retain({"ann@jabber.example", "bob@jabber.example"});
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 1; }));
  EXPECT_EQ(SignIns(), 2);

  Retain({"bob@jabber.example"});
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_ASKING));
  ASSERT_TRUE(Submit(Request("k2")).ok());
  EXPECT_TRUE(Until([&] { return Waits(); }));
  EXPECT_EQ(SignIns(), 2);
}

TEST_F(SenderPasswordTest, IsForgottenWhenTheAccountGoesElsewhere) {
  ASSERT_TRUE(Hold("secret").ok());
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
  admin::v1::Account account = MakeAccount();
  account.clear_sealed_password();
  account.set_login("eve");
  admin_.Put(account);
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_ASKING));
  EXPECT_EQ(SignIns(), 1) << "nobody else was told it";

  // What is given for the new settings is kept, however early it comes.
  account.set_login("ann");
  admin_.Put(account);
  ASSERT_TRUE(Hold("secret").ok());
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
}

TEST_F(SenderPasswordTest, IsTriedWhereItIsAtHomeAlone) {
  PutAccount();
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
  v1::TryAccountRequest request;
  *request.mutable_account() = MakeAccount();
  request.mutable_account()->clear_sealed_password();
  const auto tried = [&] {
    auto answer = testing::Await(io_, rpc::Call(sender_->async(), &Api::TryAccount, request, 25s));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::TryAccountResponse());
  };
  EXPECT_FALSE(tried().has_problem());
  const long before = SignIns();
  const std::function<void(admin::v1::Account&)> elsewhere[] = {
      [](auto& a) { a.set_host("localhost"); },
      [](auto& a) { a.set_login("eve"); },
      [](auto& a) { a.set_owner("eve@jabber.example"); },
      [](auto& a) { a.set_id("other"); },
  };
  for (const auto& change : elsewhere) {
    *request.mutable_account() = MakeAccount();
    request.mutable_account()->clear_sealed_password();
    change(*request.mutable_account());
    SCOPED_TRACE(request.ShortDebugString());
    const auto refused = tried();
    EXPECT_EQ(refused.field(), "password");
    EXPECT_FALSE(refused.problem().text().empty());
  }
  EXPECT_EQ(SignIns(), before);
}

TEST_F(SenderPasswordTest, IsGoneAfterARestart) {
  ASSERT_TRUE(Hold("secret").ok());
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
  Stop();
  admin::v1::Account account = MakeAccount();
  account.clear_sealed_password();
  account.mutable_health()->set_state(admin::v1::HEALTH_STATE_OK);
  admin_.Put(account);
  Start();
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_ASKING));
  EXPECT_EQ(SignIns(), 1);
}

TEST_F(SenderPasswordTest, IsTakenForAccountsThatExist) {
  const absl::Status unknown = Hold("secret", "other");
  EXPECT_TRUE(absl::IsNotFound(unknown));
  EXPECT_TRUE(words::WordingOf(unknown));
  EXPECT_TRUE(absl::IsInvalidArgument(Hold("")));
  // Its owner has just changed it to store none; the change is not known here yet.
  PutAccount();
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
  PutAskingAccount();
  ASSERT_TRUE(Hold("secret").ok());
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
}

TEST_F(SenderPasswordTest, IsNeverInTheAnswersOfATrial) {
  v1::TryAccountRequest request;
  *request.mutable_account() = MakeAccount();
  request.mutable_account()->clear_sealed_password();
  request.set_password("secret");
  const auto works =
      testing::Await(io_, rpc::Call(sender_->async(), &Api::TryAccount, request, 25s));
  ASSERT_TRUE(works.ok()) << works.status();
  EXPECT_FALSE(works->has_problem());
  smtp_.answers["AUTH"] = "535 5.7.8 wrong";
  const auto wrong =
      testing::Await(io_, rpc::Call(sender_->async(), &Api::TryAccount, request, 25s));
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_EQ(wrong->field(), "password");
  EXPECT_FALSE(absl::StrContains(wrong->ShortDebugString(), "secret"));
  request.mutable_account()->set_type(admin::v1::ACCOUNT_TYPE_IMAP);
  const auto imap =
      testing::Await(io_, rpc::Call(sender_->async(), &Api::TryAccount, request, 25s));
  EXPECT_TRUE(absl::IsInvalidArgument(imap.status()));
}

}  // namespace
}  // namespace postern::sender
