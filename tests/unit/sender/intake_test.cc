// What is taken in, through the whole sender: identities, waiting, copies.
#include <gmock/gmock.h>

#include <ctime>

#include "absl/strings/match.h"
#include "lib/words/wording.h"
#include "tests/unit/sender/sender_fixture.h"

namespace postern::sender {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class IntakeTest : public SenderTest {
 protected:
  // Known before anything is submitted.
  void PutSending(const admin::v1::Sending& sending) {
    admin::v1::Account account = MakeAccount();
    *account.mutable_sending() = sending;
    Stop();
    admin_.Put(account);
    Start();
  }
  absl::StatusOr<v1::SubmitResponse> Copy(const v1::SubmitCopyRequest& request) {
    return testing::Await(io_, rpc::Call(sender_->async(), &Api::SubmitCopy, request, 5s));
  }
  v1::SubmitCopyRequest CopyRequest(const std::string& key) {
    v1::SubmitCopyRequest request;
    request.set_idempotency_key(key);
    request.set_account_id("work");
    request.set_owner("ann@jabber.example");
    request.add_recipients("boss@example.com");
    request.set_mail("From: bob@example.net\r\nSubject: Hello\r\n\r\nsecret body\r\n");
    return request;
  }
  // It may have come while Submit was awaited.
  std::string NextMail() {
    EXPECT_TRUE(Until([&] { return smtp_.mails.size() > seen_; }));
    seen_ = smtp_.mails.size();
    return smtp_.mails.empty() ? "" : smtp_.mails.back();
  }

  size_t seen_ = 0;
};

TEST_F(IntakeTest, SignsAsTheIdentityThatIsNamed) {
  admin::v1::Sending sending;
  sending.set_signature("Ann, example.org");
  auto* identity = sending.add_identities();
  identity->set_from("Ann at home <ann@home.example>");
  identity->set_signature("Love, Ann");
  PutSending(sending);
  auto request = Request("k1");
  request.mutable_draft()->mutable_from()->set_local_part("ann");
  request.mutable_draft()->mutable_from()->set_domain("home.example");
  request.mutable_draft()->set_jabber_id("ann@jabber.example");
  ASSERT_TRUE(Submit(request).ok());
  const std::string mail = NextMail();
  EXPECT_THAT(mail, HasSubstr("From: Ann at home <ann@home.example>\n"));
  EXPECT_THAT(mail, HasSubstr("Jabber-ID: ann@jabber.example\n"));
  EXPECT_THAT(mail, HasSubstr("\n\nHallo\n-- \nLove, Ann\n"));
}

TEST_F(IntakeTest, TellsWhenAMailLeaves) {
  const int64_t now = std::time(nullptr);
  auto later = Request("later");
  later.set_send_at_unix(now + 3600);
  const auto submitted = Submit(later);
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  EXPECT_GE(submitted->due_unix_ms(), (now + 3599) * 1000);
  EXPECT_LE(submitted->due_unix_ms(), (now + 3700) * 1000);
  EXPECT_TRUE(smtp_.mails.empty());

  auto never = Request("never");
  never.set_send_at_unix(now + 400 * 86'400);
  EXPECT_EQ(Submit(never).status().message(),
            "a mail can wait for a year at most; choose an earlier time");
}

TEST_F(IntakeTest, CopiesAMailAsItIs) {
  const auto submitted = Copy(CopyRequest("c1"));
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  const std::string mail = NextMail();
  EXPECT_TRUE(absl::StartsWith(mail, "X-Postern-Copied: "));
  EXPECT_TRUE(absl::EndsWith(mail, "\nFrom: bob@example.net\nSubject: Hello\n\nsecret body\n"))
      << mail;
  EXPECT_TRUE(Copy(CopyRequest("c1"))->duplicate());

  auto round = CopyRequest("c2");
  round.set_mail(mail);
  const absl::Status refused = Copy(round).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(words::WordingOf(refused).has_value());
}

TEST_F(IntakeTest, CopiesAHeaderWithoutAByteOfTheBody) {
  auto request = CopyRequest("c1");
  request.set_headers_only(true);
  ASSERT_TRUE(Copy(request).ok());
  const std::string mail = NextMail();
  EXPECT_THAT(mail, HasSubstr("Subject: Copy: Hello\n"));
  EXPECT_THAT(mail, HasSubstr("Auto-Submitted: auto-generated\n"));
  EXPECT_THAT(mail, HasSubstr("\nFrom: bob@example.net\nSubject: Hello\n"));
  EXPECT_THAT(mail, Not(HasSubstr("secret")));
}

TEST_F(IntakeTest, CopiesForNobodyElse) {
  auto stranger = CopyRequest("c1");
  stranger.set_owner("eve@jabber.example");
  EXPECT_EQ(Copy(stranger).status().code(), absl::StatusCode::kNotFound);
  auto keyless = CopyRequest("");
  EXPECT_EQ(Copy(keyless).status().code(), absl::StatusCode::kInvalidArgument);
  auto nobody = CopyRequest("c3");
  nobody.set_recipients(0, "x>\r\nRCPT TO:<y@z.example");
  EXPECT_EQ(Copy(nobody).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace postern::sender
