// Sessions that are kept, accounts that sleep, access tokens: from the whole sender's outside.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/unit/sender/sender_fixture.h"

namespace postern::sender {
namespace {

class SenderDeliveryTest : public SenderTest {
 protected:
  SenderDeliveryTest() {
    // The check of the new account is over.
    EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
    EXPECT_TRUE(Until([&] { return Said("QUIT") == 1; }));
    smtp_.commands.clear();
  }
  long Said(const std::string& verb) const {
    return std::ranges::count_if(
        smtp_.commands, [&](const std::string& line) { return absl::StartsWith(line, verb); });
  }
  void SubmitAndWait(const std::string& key) {
    const size_t mails = smtp_.mails.size() + 1;
    ASSERT_TRUE(Submit(Request(key)).ok());
    EXPECT_TRUE(Until([&] { return smtp_.mails.size() == mails && Queue().total() == 0; }));
  }
};

TEST_F(SenderDeliveryTest, OneSessionCarriesManyMails) {
  for (int i = 0; i < 5; ++i) SubmitAndWait(absl::StrCat("k", i));
  EXPECT_EQ(Said("AUTH"), 1);
  EXPECT_EQ(Said("MAIL"), 5);
  EXPECT_EQ(Said("QUIT"), 0);
}

TEST_F(SenderDeliveryTest, ManyMailsAtOnceUseTheAccountsSessions) {
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(Submit(Request(absl::StrCat("k", i))).ok());
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
  EXPECT_EQ(smtp_.mails.size(), 60u);
  EXPECT_EQ(edge_.Outcomes().size(), 60u);
  EXPECT_LE(Said("AUTH"), 2);
}

TEST_F(SenderDeliveryTest, OutcomesThatWaitForTheEdgeAreToldTogether) {
  edge_.SetUp(false);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Submit(Request(absl::StrCat("k", i))).ok());
  EXPECT_TRUE(Until([&] { return smtp_.mails.size() == 20 && edge_.refused() > 0; }));
  EXPECT_EQ(Queue().total(), 20u);
  const int calls = edge_.calls();
  edge_.SetUp(true);
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
  EXPECT_EQ(edge_.Outcomes().size(), 20u);
  EXPECT_LT(edge_.calls() - calls, 20);
}

TEST_F(SenderDeliveryTest, AnEdgeThatHearsOneAtATimeHearsEachOutcome) {
  edge_.HearNoneTogether();
  edge_.SetUp(false);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Submit(Request(absl::StrCat("k", i))).ok());
  EXPECT_TRUE(Until([&] { return smtp_.mails.size() == 20 && edge_.refused() > 0; }));
  edge_.SetUp(true);
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
  EXPECT_EQ(edge_.Outcomes().size(), 20u);
}

TEST_F(SenderDeliveryTest, NewSettingsBeginANewSession) {
  SubmitAndWait("k1");
  admin::v1::Account account = MakeAccount();
  account.set_sealed_password(config_.secrets.Seal(crypto::Secret("another"), "work"));
  admin_.Put(account);
  EXPECT_TRUE(Until([&] { return Said("AUTH") == 2 && Said("QUIT") == 2; }))
      << "the check, and the end of the session with the old password";
  SubmitAndWait("k2");
  EXPECT_EQ(Said("AUTH PLAIN AGFubgBhbm90aGVy"), 2);
}

TEST_F(SenderDeliveryTest, AWipedPasswordEndsItsSessions) {
  PutAskingAccount();
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_ASKING));
  ASSERT_TRUE(Hold("secret").ok());
  SubmitAndWait("k1");
  const long quits = Said("QUIT");
  Retain({"bob@jabber.example"});
  EXPECT_TRUE(Until([&] { return Said("QUIT") > quits; }));
}

TEST_F(SenderDeliveryTest, ASessionThatTheServerLeftCostsNoAttempt) {
  SubmitAndWait("k1");
  smtp_.next_answers["MAIL"] = "421 4.4.2 idle for too long";
  SubmitAndWait("k2");
  EXPECT_EQ(Said("MAIL"), 3) << "dialled anew at once";
  EXPECT_EQ(Said("AUTH"), 2);
}

TEST_F(SenderDeliveryTest, TheAccountSleepsWhenItsServerHasEnough) {
  smtp_.answers["MAIL"] = "450 4.7.1 slow down";
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(Submit(Request(absl::StrCat("k", i))).ok());
  EXPECT_TRUE(Until([&] {
    const auto queue = Queue();
    return std::ranges::all_of(
        queue.mails(), [](const auto& mail) { return mail.state() == v1::QUEUE_STATE_WAITING; });
  }));
  io_.restart();
  io_.run_for(300ms);
  EXPECT_LE(Said("MAIL"), 2) << "the others are not tried";
  uint32_t attempts = 0;
  const auto queue = Queue();
  for (const auto& mail : queue.mails()) attempts += mail.attempts();
  EXPECT_EQ(queue.total(), 6u);
  EXPECT_LE(attempts, 2u);
  EXPECT_TRUE(edge_.Outcomes().empty());
}

TEST_F(SenderDeliveryTest, GreylistingConcernsItsRecipientAlone) {
  smtp_.answers["RCPT TO:<bob@"] = "451 4.7.1 greylisted";
  v1::SubmitRequest both = Request("k1");
  auto* to = both.mutable_draft()->add_to();
  to->set_local_part("carol");
  to->set_domain("example.net");
  ASSERT_TRUE(Submit(both).ok());
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 1; }));
  EXPECT_EQ(edge_.Outcomes(), Strings{"k1: carol@example.net SENT 250 queued"});
  v1::SubmitRequest other = Request("k2");
  other.mutable_draft()->mutable_to(0)->set_local_part("dave");
  ASSERT_TRUE(Submit(other).ok());
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 2; })) << "the account is awake";
}

TEST_F(SenderDeliveryTest, StopsWithoutLosingWhatItHasInHand) {
  smtp_.answers["MAIL"] = "";  // silence
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(Submit(Request(absl::StrCat("k", i))).ok());
  EXPECT_TRUE(Until([&] { return Said("MAIL") == 2; }));
  Stop();
  smtp_.answers["MAIL"] = "250 ok";
  Start();
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; })) << "all were given back at once";
  EXPECT_EQ(smtp_.mails.size(), 6u);
}

class SenderTokenTest : public SenderTest {
 protected:
  SenderTokenTest() { EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK)); }
  // The fixture's server has no TLS, and no token goes without it.
  void PutTokenAccount() {
    admin::v1::Account account = MakeAccount();
    account.set_oauth2_provider("google");
    account.clear_sealed_password();
    admin_.Put(account);
  }
};

TEST_F(SenderTokenTest, WithoutConsentMailWaitsUntried) {
  PutTokenAccount();
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_ASKING));
  smtp_.commands.clear();
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 1; }));
  EXPECT_EQ(edge_.Outcomes().front(),
            "k1: bob@example.net DELAYED this gateway has no access to the mailbox any more; sign "
            "in at its provider again");
  EXPECT_TRUE(Until([&] {
    const auto queue = Queue();
    return queue.mails_size() == 1 && queue.mails(0).attempts() == 0 &&
           queue.mails(0).state() == v1::QUEUE_STATE_WAITING;
  }));
  EXPECT_TRUE(smtp_.commands.empty());
  PutAccount();  // its owner chose a password instead
  EXPECT_TRUE(Until([&] { return smtp_.mails.size() == 1; }));
}

TEST_F(SenderTokenTest, NoTokenGoesWithoutEncryption) {
  admin_.tokens = {"t1"};
  smtp_.answers["EHLO"] = "250-fake\r\n250 AUTH XOAUTH2 OAUTHBEARER PLAIN";
  smtp_.commands.clear();
  PutTokenAccount();
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_ERROR));
  for (const std::string& line : smtp_.commands) {
    EXPECT_FALSE(absl::StartsWith(line, "AUTH")) << line;
  }
}

}  // namespace
}  // namespace postern::sender
