#include <algorithm>

#include "absl/strings/match.h"
#include "lib/rpc/status.h"
#include "services/xmpp-edge/features/mail_labels.h"
#include "tests/unit/xmpp-edge/command_bench.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kWork[] = "work@mail.example.org";
constexpr char kNode[] = "jmc#get-email";

// Stories of a mailbox with 25 mails: m25 is the newest.
class GetEmail : public ::testing::Test, public CommandBench {
 protected:
  void SetUp() override {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    bench.Install();
    for (int i = 25; i > 0; --i) {
      fetcher::v1::MailSummary& mail = bench.fetcher.mails.emplace_back();
      mail.set_id(absl::StrCat("7:", i));
      mail.set_subject(absl::StrCat("subject ", i));
      mail.mutable_from()->set_local_part(absl::StrCat("user", i));
      mail.mutable_from()->set_domain("example.net");
      mail.set_received_unix(1700000000 + i);
    }
  }

  // The subjects of the mails that came, in order.
  std::vector<std::string> Came() const {
    std::vector<std::string> bodies;
    for (const Element& stanza : bench.sink.sent) {
      if (stanza.name != "message" || stanza.Attr("from") != kWork) continue;
      const std::string body = stanza.ChildText("body");
      const size_t at = body.find("text of ");
      if (at != std::string::npos) bodies.push_back(body.substr(at + 8));
    }
    return bodies;
  }
};

TEST_F(GetEmail, TenAPageTheNewestFirst) {
  const Element first = Execute(kWork, kNode);
  EXPECT_EQ(StatusOf(first), "executing");
  const std::vector<std::string> options = OptionsOf(first, "emails");
  ASSERT_EQ(options.size(), 10u);
  EXPECT_EQ(options.front(), "7:25");
  EXPECT_EQ(options.back(), "7:16");
  EXPECT_EQ(FieldOf(first, "emails")->children.front().Attr("label"),
            "subject 25 — user25@example.net, 2023-11-14");
  ASSERT_NE(FieldOf(first, "fetch_more"), nullptr);
  const Element second = Step(first, "complete", {{"fetch_more", {"1"}}});
  EXPECT_EQ(OptionsOf(second, "emails").front(), "7:15");
  const Element third = Step(second, "next", {});
  EXPECT_EQ(OptionsOf(third, "emails").size(), 5u);
  EXPECT_EQ(FieldOf(third, "fetch_more"), nullptr);
}

// As Gajim 1.7 does.
TEST_F(GetEmail, ALabelStandsForItsMail) {
  bench.fetcher.mails[1].set_subject("subject 25");
  *bench.fetcher.mails[1].mutable_from() = bench.fetcher.mails[0].from();
  const Element first = Execute(kWork, kNode);
  const std::vector<std::string> labels = LabelsOf(first, "emails");
  EXPECT_EQ(labels[0], "subject 25 — user25@example.net, 2023-11-14 22:13:45 UTC");
  EXPECT_EQ(labels[1], "subject 25 — user25@example.net, 2023-11-14 22:13:44 UTC");
  const Element last = Step(first, "complete", {{"emails", {labels[1], "7:20"}}});
  EXPECT_EQ(TitleOf(last), "2 emails have been sent");
  EXPECT_EQ(bench.fetcher.read, (std::vector<std::string>{"7:20", "7:24"}));
}

TEST_F(GetEmail, SelectionsOfAllPagesAreSentOldestFirst) {
  const Element first = Execute(kWork, kNode);
  const Element second =
      Step(first, "complete", {{"emails", {"7:24", "7:20"}}, {"fetch_more", {"true"}}});
  bench.Restart();
  const Element last = Step(second, "complete", {{"emails", {"7:9"}}, {"fetch_more", {"0"}}});
  EXPECT_EQ(StatusOf(last), "completed");
  EXPECT_EQ(TitleOf(last), "3 emails have been sent");
  EXPECT_EQ(Came(), (std::vector<std::string>{"subject 9", "subject 20", "subject 24"}));
  const Element* mail = bench.SentWith("Email from user24@example.net");
  ASSERT_NE(mail, nullptr);
  EXPECT_EQ(mail->Attr("to"), "ann@example.org");
  // JMC's scripts know no hidden fields.
  const size_t before = Came().size();
  const Element alone = Execute(kWork, kNode);
  Element bare = Command(kNode, "", std::string(CommandOf(alone).Attr("sessionid")));
  bare.Add(Form({{"emails", {"7:25"}}, {"fetch_more", {"0"}}}));
  EXPECT_EQ(TitleOf(bench.AskIq("set", kAnn, kWork, bare)), "1 email has been sent");
  EXPECT_EQ(Came().size(), before + 1);
}

TEST_F(GetEmail, APageCanBeSeenAgainWithWhatWasSelectedThere) {
  const Element first = Execute(kWork, kNode);
  EXPECT_EQ(CommandOf(first).Child("actions")->Child("prev"), nullptr);
  const Element second = Step(first, "next", {{"emails", {"7:24", "7:20"}}});
  ASSERT_NE(CommandOf(second).Child("actions")->Child("prev"), nullptr);
  const Element again = Step(second, "prev", {{"emails", {"7:15"}}});
  EXPECT_EQ(OptionsOf(again, "emails").front(), "7:25");
  EXPECT_EQ(ValuesOf(again, "emails"), (std::vector<std::string>{"7:24", "7:20"}));
  EXPECT_EQ(TitleOf(Step(again, "complete", {{"emails", {"7:20"}}})), "2 emails have been sent");
  EXPECT_EQ(Came(), (std::vector<std::string>{"subject 15", "subject 20"}));
}

TEST_F(GetEmail, WhatIsGoneIsNamed) {
  const Element first = Execute(kWork, kNode);
  std::erase_if(bench.fetcher.mails, [](const auto& mail) { return mail.id() == "7:24"; });
  const Element last = Step(first, "complete", {{"emails", {"7:25", "7:24"}}});
  EXPECT_EQ(TitleOf(last), "1 email has been sent");
  ASSERT_EQ(ValuesOf(last, "gone").size(), 1u);
  EXPECT_TRUE(absl::StartsWith(ValuesOf(last, "gone").front(), "subject 24"));
}

TEST_F(GetEmail, TheLastStepTwiceSendsOnce) {
  const Element first = Execute(kWork, kNode);
  const Element done = Step(first, "complete", {{"emails", {"7:25"}}});
  const Element again = Step(first, "complete", {{"emails", {"7:25"}}});
  EXPECT_EQ(TitleOf(again), TitleOf(done));
  EXPECT_EQ(Came().size(), 1u);
  // A page that is asked for twice is the same page.
  const Element page = Execute(kWork, kNode);
  const Element two = Step(page, "next", {});
  const Element two_again = Step(page, "next", {});
  EXPECT_EQ(OptionsOf(two_again, "emails"), OptionsOf(two, "emails"));
}

TEST_F(GetEmail, AFailureLeavesTheStepToBeTriedAgainUnderTheSameIds) {
  const Element first = Execute(kWork, kNode);
  bench.sink.barrier_works = false;
  const Element failed = Step(first, "complete", {{"emails", {"7:25"}}});
  ASSERT_EQ(ConditionOf(failed), "remote-server-timeout");
  const std::string id(bench.SentWith("Email from")->Attr("id"));
  bench.sink.barrier_works = true;
  bench.sink.sent.clear();
  EXPECT_EQ(TitleOf(Step(first, "complete", {{"emails", {"7:25"}}})), "1 email has been sent");
  EXPECT_EQ(bench.SentWith("Email from")->Attr("id"), id);
}

TEST_F(GetEmail, WhatWasSentBeforeTheMailServerWentAwayIsNotSentAgain) {
  const Element first = Execute(kWork, kNode);
  std::vector<std::string> newest, older;
  for (int i = 25; i > 15; --i) newest.push_back(absl::StrCat("7:", i));
  for (int i = 15; i > 5; --i) older.push_back(absl::StrCat("7:", i));
  const Element second = Step(first, "next", {{"emails", newest}});
  bench.fetcher.reads_left = 1;
  const Element last = Step(second, "complete", {{"emails", older}});
  EXPECT_EQ(TitleOf(last), "16 emails have been sent");
  EXPECT_TRUE(absl::StrContains(ToXml(last), "The others have not been sent"));
  EXPECT_EQ(Came().size(), 16u);
  EXPECT_EQ(TitleOf(Step(second, "complete", {{"emails", older}})), TitleOf(last));
  EXPECT_EQ(Came().size(), 16u) << "the step is done";
}

TEST_F(GetEmail, TheMailServersTroubleIsSaidInWords) {
  bench.fetcher.failure =
      rpc::ToGrpc(words::Error(absl::StatusCode::kFailedPrecondition,
                               words::Word("$0 does not answer", "imap.example.org")));
  const Element answer = Execute(kWork, kNode);
  EXPECT_EQ(ConditionOf(answer), "recipient-unavailable");
  EXPECT_EQ(ErrorTextOf(answer), "imap.example.org does not answer");
  bench.fetcher.failure = {grpc::StatusCode::UNAVAILABLE, "connect to 10.0.0.1 failed"};
  EXPECT_EQ(ErrorTextOf(Execute(kWork, kNode)),
            "The gateway can't do this at the moment. Try again in a minute.");
}

TEST_F(GetEmail, WhatWasNotOfferedIsRefusedAndNothingSelectedSendsNothing) {
  const Element first = Execute(kWork, kNode);
  EXPECT_EQ(OwnConditionOf(Step(first, "complete", {{"emails", {"8:1"}}})), "bad-payload");
  EXPECT_EQ(NoteOf(Step(first, "complete", {})), "No email was selected.");
  bench.fetcher.mails.clear();
  EXPECT_EQ(NoteOf(Execute(kWork, kNode)), "There are no emails in this mailbox.");
  EXPECT_TRUE(bench.fetcher.read.empty());
}

TEST_F(GetEmail, AFetchedMailCanBeAnswered) {
  const Element first = Execute(kWork, kNode);
  EXPECT_EQ(StatusOf(Step(first, "complete", {{"emails", {"7:25"}}})), "completed");
  bench.Write(kAnn, kWork, "a1", "thanks");
  ASSERT_TRUE(bench.RunUntil([&] { return !bench.sender.taken().empty(); }));
  EXPECT_EQ(bench.sender.taken().front().draft().to(0).local_part(), "user25");
}

fetcher::v1::MailSummary Summary(const std::string& subject, const std::string& name,
                                 const std::string& local, int64_t received) {
  fetcher::v1::MailSummary mail;
  mail.set_subject(subject);
  mail.mutable_from()->set_display_name(name);
  mail.mutable_from()->set_local_part(local);
  if (!local.empty()) mail.mutable_from()->set_domain("example.net");
  mail.set_received_unix(received);
  return mail;
}

TEST(MailLabel, IsShortAndSaysTheMostFirst) {
  const struct {
    const char* name;
    fetcher::v1::MailSummary mail;
    const char* label;
  } cases[] = {
      {"name", Summary("Hi", "Romeo", "romeo", 1700000000), "Hi — Romeo, 2023-11-14"},
      {"address", Summary("Hi", "", "romeo", 1700000000), "Hi — romeo@example.net, 2023-11-14"},
      {"nothing", Summary("", "", "", 0), "(no subject) — (no sender), date unknown"},
      {"long", Summary(std::string(41, 'x'), std::string(31, 'y'), "r", 1700000000),
       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… — yyyyyyyyyyyyyyyyyyyyyyyyyyyyy…, 2023-11-14"},
      {"just fits", Summary(std::string(40, 'x'), "Y", "r", 1700000000),
       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx — Y, 2023-11-14"},
      {"characters, not bytes",
       Summary("Grüße aus Zürich, schöne Grüße an Käthe!", "Jürgen", "j", 1),
       "Grüße aus Zürich, schöne Grüße an Käthe! — Jürgen, 1970-01-01"},
      {"one line", Summary("a\nb\u202ec", "d\te", "r", 1), "a bc — d e, 1970-01-01"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(MailLabel(c.mail, Words("en")), c.label);
  }
}

TEST(MailLabels, AreNeverTheSame) {
  fetcher::v1::ListMailsResponse page;
  for (const int64_t second : {5, 4, 4, 4, 0, 0}) {
    *page.add_mails() = Summary("Hi", "Romeo", "romeo", second);
  }
  EXPECT_EQ(
      MailLabels(page, Words("en")),
      (std::vector<std::string>{
          "Hi — Romeo, 1970-01-01 00:00:05 UTC", "Hi — Romeo, 1970-01-01 00:00:04 UTC",
          "Hi — Romeo, 1970-01-01 00:00:04 UTC (2)", "Hi — Romeo, 1970-01-01 00:00:04 UTC (3)",
          "Hi — Romeo, date unknown", "Hi — Romeo, date unknown (2)"}));
}

}  // namespace
}  // namespace postern::xmpp_edge
