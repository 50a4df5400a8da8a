// Accounts that send through the operator's own relay, from the whole sender's outside.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/unit/sender/sender_fixture.h"

namespace postern::sender {
namespace {

class SenderSiteRelayTest : public SenderTest {
 protected:
  SenderSiteRelayTest() {
    Stop();
    config_.allow_hosts.clear();  // of users' hosts
    config_.site_relay.emplace();
    config_.site_relay->host = "127.0.0.1";
    config_.site_relay->port = smtp_.port();
    config_.site_relay->security = Security::kNone;
    PutRelayAccount();
    Start();
  }
  void PutRelayAccount() {
    admin::v1::Account account = MakeAccount();
    account.set_type(admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP);
    account.clear_host();
    account.clear_port();
    account.clear_login();
    account.clear_sealed_password();
    admin_.Put(account);
  }
  // As admin tells an account that its rules refuse.
  void RefuseAccount() {
    admin::v1::Account account = MakeAccount();
    account.set_type(admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP);
    account.clear_host();
    account.clear_port();
    account.clear_login();
    account.clear_sealed_password();
    account.clear_default_from();
    admin_.Put(account);
  }
  void WithdrawRelay() {
    Stop();
    config_.site_relay.reset();
    Start();
  }
};

TEST_F(SenderSiteRelayTest, CarriesMailOfAccountsWithoutAServer) {
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_EQ(edge_.Outcomes(), Strings{"k1: bob@example.net SENT 250 queued"});
  const auto from_ann = [](const std::string& line) {
    return line == "MAIL FROM:<ann@example.org>";
  };
  EXPECT_TRUE(std::ranges::any_of(smtp_.commands, from_ann));
}

TEST_F(SenderSiteRelayTest, SendsInTheAccountsNameAlone) {
  v1::SubmitRequest request = Request("k1");
  auto* from = request.mutable_draft()->mutable_from();
  from->set_local_part("boss");
  from->set_domain("example.org");
  const absl::Status refused = Submit(request).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_EQ(refused.message(),
            "this account sends only as ann@example.org; leave the From line out");
  from->set_local_part("ann");
  from->set_display_name("Ann at work");
  EXPECT_TRUE(Submit(request).ok());
}

TEST_F(SenderSiteRelayTest, TellsUsersNoDetailsOfItsTrouble) {
  smtp_.answers["EHLO"] = "554 5.7.1 10.0.0.7 is not for you";
  smtp_.answers["HELO"] = "554 5.7.1 10.0.0.7 is not for you";
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_ERROR));
  EXPECT_EQ(admin_.Health("work").error(),
            "this gateway's own mail server does not work until its operator has seen to it");
}

TEST_F(SenderSiteRelayTest, FailsClearlyWhenItIsWithdrawn) {
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
  smtp_.answers["MAIL"] = "451 later";
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return Queue().mails_size() == 1 && Queue().mails(0).attempts() == 1; }));
  WithdrawRelay();
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_ERROR));
  EXPECT_TRUE(absl::IsFailedPrecondition(Submit(Request("k2")).status()));
  v1::RetryQueuedRequest retry;
  ASSERT_TRUE(testing::Await(io_, rpc::Call(sender_->async(), &Api::RetryQueued, retry, 5s)).ok());
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_EQ(edge_.Outcomes(),
            Strings{"k1: bob@example.net FAILED this gateway has no mail server of its own any "
                    "more; register an SMTP account of your own"});
}

TEST_F(SenderSiteRelayTest, CarriesNothingThatTheRulesRefuse) {
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
  smtp_.answers["MAIL"] = "451 later";
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return Queue().mails_size() == 1 && Queue().mails(0).attempts() == 1; }));
  smtp_.answers.erase("MAIL");
  RefuseAccount();
  v1::SubmitRequest to_nobody = Request("k2");  // never taken: it only finds out what is known
  to_nobody.mutable_draft()->clear_to();
  EXPECT_TRUE(Until([&] { return absl::IsFailedPrecondition(Submit(to_nobody).status()); }));
  smtp_.commands.clear();
  EXPECT_TRUE(absl::IsFailedPrecondition(Submit(Request("k2")).status()));
  v1::RetryQueuedRequest retry;
  ASSERT_TRUE(testing::Await(io_, rpc::Call(sender_->async(), &Api::RetryQueued, retry, 5s)).ok());
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_EQ(edge_.Outcomes(),
            Strings{"k1: bob@example.net FAILED the operator of this gateway does not let this "
                    "account send any more; see its settings"});
  EXPECT_TRUE(smtp_.commands.empty()) << "the relay is not even spoken to";
  PutRelayAccount();
  EXPECT_TRUE(Until([&] { return Submit(Request("k3")).ok(); }));
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 2; }));
}

}  // namespace
}  // namespace postern::sender
