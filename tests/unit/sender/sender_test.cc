// The whole sender: real Redis, real sockets, gRPC, with an SMTP server, an admin
// and an edge that do as told.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/sender/outbox/outbox.h"
#include "tests/unit/sender/sender_fixture.h"

namespace postern::sender {
namespace {

TEST_F(SenderTest, CarriesAMailAndReportsIt) {
  const auto submitted = Submit(Request("k1"));
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_EQ(edge_.Outcomes(), Strings{"k1: bob@example.net SENT 250 queued"});
  ASSERT_EQ(smtp_.mails.size(), 1u);
  EXPECT_TRUE(absl::StrContains(smtp_.mails[0], submitted->message_id()));
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));

  const auto again = Submit(Request("k1"));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->duplicate());
  EXPECT_EQ(again->message_id(), submitted->message_id());
  EXPECT_EQ(smtp_.mails.size(), 1u);
}

TEST_F(SenderTest, ChecksANewAccountWithoutSendingAnything) {
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
  EXPECT_TRUE(Until([&] { return !smtp_.commands.empty() && smtp_.commands.back() == "QUIT"; }));
  EXPECT_EQ(smtp_.commands, (Strings{"EHLO [127.0.0.1]", "AUTH PLAIN AGFubgBzZWNyZXQ=", "QUIT"}));
}

TEST_F(SenderTest, RefusesWhatIsWrongInWords) {
  v1::SubmitRequest other_owner = Request("k1");
  other_owner.set_owner("eve@jabber.example");
  EXPECT_EQ(
      Submit(other_owner).status(),
      words::Error(absl::StatusCode::kNotFound, words::Word("there is no such SMTP account")));
  v1::SubmitRequest no_key = Request("");
  EXPECT_EQ(Submit(no_key).status(), absl::InvalidArgumentError("idempotency_key: missing"));
  v1::SubmitRequest nobody = Request("k2");
  nobody.mutable_draft()->clear_to();
  EXPECT_EQ(Submit(nobody).status(), words::Error(absl::StatusCode::kInvalidArgument,
                                                  words::Word("the mail has no recipient")));
  PutAccount(/*enabled=*/false);
  EXPECT_TRUE(Until([&] { return absl::IsFailedPrecondition(Submit(Request("k3")).status()); }));
}

TEST_F(SenderTest, ReportsARefusedRecipient) {
  smtp_.answers["RCPT"] = "550 5.1.1 no such user";
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_EQ(edge_.Outcomes(), Strings{"k1: bob@example.net FAILED 550 5.1.1 no such user"});
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
}

TEST_F(SenderTest, KeepsMailUntilThePasswordIsRight) {
  smtp_.answers["AUTH"] = "535 5.7.8 wrong";
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_ERROR));
  EXPECT_EQ(admin_.Health("work").error(),
            "127.0.0.1 refused the login or the password (535 5.7.8 wrong); check them");
  EXPECT_EQ(admin_.Health("work").problem().arguments_size(), 2);
  EXPECT_TRUE(Until([&] { return Queue().mails_size() == 1 && Queue().mails(0).attempts() == 1; }));
  EXPECT_TRUE(smtp_.mails.empty());

  smtp_.answers["AUTH"] = "235 ok";
  PutAccount();  // with new settings
  EXPECT_TRUE(Until([&] { return smtp_.mails.size() == 1; }));
  EXPECT_TRUE(HealthIs(admin::v1::HEALTH_STATE_OK));
}

TEST_F(SenderTest, GivesUpTheMailOfARemovedAccount) {
  smtp_.answers["MAIL"] = "451 later";
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] {
    return Queue().mails_size() == 1 && Queue().mails(0).attempts() == 1 &&
           Queue().mails(0).state() == v1::QUEUE_STATE_WAITING;
  }));
  admin_.Remove("work");
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_EQ(edge_.Outcomes(), Strings{"k1: bob@example.net FAILED the account was removed before "
                                      "the mail could leave"});
}

// Another sender took the mail in, for an account that is new.
TEST_F(SenderTest, KeepsTheMailOfAnUnknownAccountUntilAdminHasTold) {
  admin_.SetUp(false);
  Submission submission;
  submission.key = submission.context = "k1";
  submission.account_id = "new";
  submission.owner = "bob@jabber.example";
  submission.mail.envelope.from = "bob@example.org";
  submission.mail.envelope.to = {"ann@example.net"};
  submission.mail.content = "Subject: hi\r\n\r\nhi\r\n";
  submission.mail.envelope.size = submission.mail.content.size();
  Outbox outbox(io_.get_executor(), *client_, OutboxLimits());
  ASSERT_TRUE(testing::Await(io_, outbox.Put(submission)).ok());
  ASSERT_TRUE(Submit(Request("k2")).ok());  // the worker looks into the queue
  EXPECT_TRUE(Until([&] {
    const auto queue = Queue();
    return queue.mails_size() == 1 && queue.mails(0).attempts() == 1 &&
           queue.mails(0).state() == v1::QUEUE_STATE_WAITING;
  }));
  EXPECT_EQ(edge_.Outcomes(), Strings{"k2: bob@example.net SENT 250 queued"});

  admin_.SetUp(true);
  admin::v1::Account account = MakeAccount();
  account.set_id("new");
  account.set_owner("bob@jabber.example");
  account.set_sealed_password(config_.secrets.Seal(crypto::Secret("secret"), "new"));
  admin_.Put(account);
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 2; }));
  EXPECT_EQ(edge_.Outcomes().back(), "k1: ann@example.net SENT 250 queued");
}

// As when the whole process stood still, and another sender took the mail over.
TEST_F(SenderTest, BreaksOffAMailWhoseLeaseIsLostBeforeTheDotIsOut) {
  smtp_.reads_content = false;
  v1::SubmitRequest large = Request("k1");
  std::string text;  // more than the socket's buffers take, and than it was when encoded
  for (int i = 0; i < 1'900'000; ++i) text += "ü";
  large.mutable_draft()->set_text(text);
  const auto submitted = Submit(large);
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  const std::string mail = "postern:outbox:{q0}:mail:" + submitted->queue_id();
  EXPECT_TRUE(Until([&] {
    Strings phase = {"HGET", mail, "phase"};
    return testing::Await(io_, client_->Command(std::move(phase)))->text == "dot";
  })) << "marked before the content goes out";
  Strings taken_over = {"HINCRBY", mail, "epoch", "1"};
  ASSERT_TRUE(testing::Await(io_, client_->Command(std::move(taken_over))).ok());
  io_.restart();
  io_.run_for(5s);  // more than from one renewal to the next
  smtp_.reads_content = true;
  io_.restart();
  io_.run_for(1s);
  EXPECT_TRUE(smtp_.mails.empty());
}

TEST_F(SenderTest, KeepsOutcomesUntilTheEdgeIsBack) {
  edge_.SetUp(false);
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return edge_.refused() > 0; }));
  EXPECT_EQ(Queue().mails(0).state(), v1::QUEUE_STATE_REPORTING);
  edge_.SetUp(true);
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
  EXPECT_EQ(edge_.Outcomes(), Strings{"k1: bob@example.net SENT 250 queued"});
  EXPECT_EQ(smtp_.mails.size(), 1u);
}

TEST_F(SenderTest, RetriesAndCancelsAtTheOperatorsWord) {
  smtp_.answers["."] = "451 4.3.0 disk full";
  const auto submitted = Submit(Request("k1"));
  ASSERT_TRUE(submitted.ok());
  const auto attempts = [&] {
    const auto queue = Queue();
    const bool waits = queue.mails_size() == 1 && queue.mails(0).state() == v1::QUEUE_STATE_WAITING;
    return waits ? queue.mails(0).attempts() : 0;
  };
  EXPECT_TRUE(Until([&] { return attempts() == 1; }));
  EXPECT_EQ(Queue().mails(0).last_error(), "451 4.3.0 disk full");
  v1::RetryQueuedRequest retry;
  const auto retried =
      testing::Await(io_, rpc::Call(sender_->async(), &Api::RetryQueued, retry, 5s));
  EXPECT_EQ(retried->retried(), 1u);
  EXPECT_TRUE(Until([&] { return attempts() == 2; }));

  v1::CancelQueuedRequest cancel;
  cancel.set_queue_id(submitted->queue_id());
  EXPECT_TRUE(
      testing::Await(io_, rpc::Call(sender_->async(), &Api::CancelQueued, cancel, 5s)).ok());
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_EQ(edge_.Outcomes(), Strings{"k1: bob@example.net FAILED cancelled by the operator"});
}

TEST_F(SenderTest, RetriesADatedMailOnlyWhenItIsNamed) {
  v1::SubmitRequest request = Request("k1");
  request.set_send_at_unix(absl::ToUnixSeconds(absl::Now()) + 3600);
  const auto submitted = Submit(request);
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  EXPECT_EQ(Queue().mails(0).last_error(), "waits for its date");
  const auto retry = [&](const std::string& id) {
    v1::RetryQueuedRequest wanted;
    wanted.set_queue_id(id);
    return testing::Await(io_, rpc::Call(sender_->async(), &Api::RetryQueued, wanted, 5s));
  };
  EXPECT_EQ(retry("")->retried(), 0u);
  v1::HoldQueuedRequest hold;
  hold.set_queue_id(submitted->queue_id());
  ASSERT_TRUE(testing::Await(io_, rpc::Call(sender_->async(), &Api::HoldQueued, hold, 5s)).ok());
  EXPECT_EQ(retry(submitted->queue_id()).status().message(),
            absl::StrCat("mail ", submitted->queue_id(), " is held; 'posternctl queue release ",
                         submitted->queue_id(), "' lets it go"));
  hold.set_release(true);
  ASSERT_TRUE(testing::Await(io_, rpc::Call(sender_->async(), &Api::HoldQueued, hold, 5s)).ok());
  EXPECT_EQ(retry(submitted->queue_id())->retried(), 1u);
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
}

TEST_F(SenderTest, TakesNoMoreSlotsThanItsShareForASilentServer) {
  smtp_.answers["MAIL"] = "";  // silence
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Submit(Request(absl::StrCat("k", i))).ok());
  const auto sending = [&] {
    return std::ranges::count_if(
        smtp_.commands, [](const std::string& line) { return absl::StartsWith(line, "MAIL"); });
  };
  EXPECT_TRUE(Until([&] { return sending() == 2; }));
  io_.restart();
  io_.run_for(100ms);
  EXPECT_EQ(sending(), 2);
}

TEST_F(SenderTest, GoesOnWhereItStoppedAfterARestart) {
  smtp_.answers["MAIL"] = "";
  ASSERT_TRUE(Submit(Request("k1")).ok());
  const auto is_mail = [](const std::string& line) { return absl::StartsWith(line, "MAIL"); };
  EXPECT_TRUE(Until([&] { return std::ranges::any_of(smtp_.commands, is_mail); }));
  EXPECT_EQ(Queue().mails(0).state(), v1::QUEUE_STATE_SENDING);
  smtp_.answers["MAIL"] = "250 ok";
  Stop();
  Start();
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_EQ(edge_.Outcomes(), Strings{"k1: bob@example.net SENT 250 queued"});
  EXPECT_EQ(smtp_.mails.size(), 1u);
}

}  // namespace
}  // namespace postern::sender
