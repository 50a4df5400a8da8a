// "When mail is fetched": the command, and what is said of it by chat.
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "lib/rpc/status.h"
#include "services/xmpp-edge/watching_text.h"
#include "tests/unit/xmpp-edge/command_bench.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kNode[] = "postern#watching";
constexpr char kWork[] = "work@mail.example.org";
constexpr char kOld[] = "old@mail.example.org";

class CommandWatching : public ::testing::Test, public CommandBench {
 protected:
  void SetUp() override {
    admin::v1::Account work = ImapAccount("ann@example.org", "work");
    admin::v1::Watching& watching = *work.mutable_watching();
    watching.set_schedule("[LAN]\r\n* 12:00\r\n");
    watching.set_time_zone("Europe/Berlin");
    watching.add_more_mailboxes("Lists");
    watching.add_more_mailboxes("Sent, old");
    bench.admin.Add(std::move(work));
    admin::v1::Account old = ImapAccount("ann@example.org", "old");
    old.set_type(admin::v1::ACCOUNT_TYPE_POP3);
    old.set_interval_minutes(5);
    old.mutable_watching()->set_remove_after_days(7);
    bench.admin.Add(std::move(old));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    bench.admin.Add(ImapAccount("bob@example.org", "his"));
    bench.Install();
  }

  void FailWith(absl::StatusCode code, const words::Wording& wording, const char* field) {
    bench.admin.FailWith(rpc::ToGrpc(words::Error(code, wording, field)));
  }
  std::string Said(const std::string& body) {
    bench.sink.sent.clear();
    bench.Write(kAnn, kDomain, "c1", body);
    EXPECT_TRUE(bench.RunUntil([&] { return !bench.sink.sent.empty(); })) << body;
    return bench.sink.sent.back().ChildText("body");
  }
};

using Texts = std::vector<std::string>;

TEST_F(CommandWatching, TheFormShowsWhatHolds) {
  const Element form = Execute(kWork, kNode);
  EXPECT_EQ(TitleOf(form), "When mail is fetched");
  EXPECT_EQ(ValuesOf(form, "schedule"), (Texts{"[LAN]", "* 12:00"}));
  EXPECT_EQ(FieldOf(form, "schedule")->Attr("type"), "text-multi");
  EXPECT_EQ(ValuesOf(form, "time_zone"), Texts{"Europe/Berlin"});
  EXPECT_EQ(ValuesOf(form, "quiet_hours"), Texts());
  EXPECT_EQ(ValuesOf(form, "more_mailboxes"), (Texts{"Lists", "Sent, old"}));
  EXPECT_EQ(FieldOf(form, "remove_after_days"), nullptr);
  const Element pop3 = Execute(kOld, kNode);
  EXPECT_EQ(ValuesOf(pop3, "remove_after_days"), Texts{"7"});
  EXPECT_EQ(FieldOf(pop3, "more_mailboxes"), nullptr);
  EXPECT_TRUE(absl::StrContains(InstructionsOf(pop3), "at the interval of the account"));
  EXPECT_EQ(ConditionOf(Execute("out@mail.example.org", kNode)), "item-not-found");
  EXPECT_EQ(ConditionOf(Execute("his@mail.example.org", kNode)), "item-not-found");
  EXPECT_EQ(ConditionOf(Execute(kDomain, kNode)), "item-not-found");
}

TEST_F(CommandWatching, WhatIsSentIsStoredAndHoldsAtOnce) {
  const Element done = Step(Execute(kWork, kNode), "complete",
                            {{"schedule", {}},
                             {"quiet_hours", {"22:00-07:00"}},
                             {"time_zone", {"Asia/Kolkata"}},
                             {"more_mailboxes", {"Drafts", "Lists"}}});
  EXPECT_EQ(StatusOf(done), "completed");
  EXPECT_TRUE(absl::StartsWith(NoteOf(done),
                               "Stored. 'work': mail is fetched as it arrives. Quiet hours: "
                               "22:00-07:00."))
      << NoteOf(done);
  ASSERT_EQ(bench.admin.watchings().size(), 1u);
  const admin::v1::SetWatchingRequest asked = bench.admin.watchings().front();
  EXPECT_EQ(asked.account_id(), "ann@example.org/work");
  EXPECT_EQ(asked.owner(), "ann@example.org") << "of nobody else's account";
  EXPECT_EQ(asked.watching().schedule(), "");
  EXPECT_EQ(asked.watching().time_zone(), "Asia/Kolkata");
  EXPECT_EQ(asked.watching().more_mailboxes_size(), 2);
  EXPECT_EQ(ValuesOf(Execute(kWork, kNode), "quiet_hours"), Texts{"22:00-07:00"});
}

TEST_F(CommandWatching, AFieldThatIsNotSentStaysAsItIs) {
  Step(Execute(kWork, kNode), "complete", {{"schedule", {"[LAN]", "* *:00"}}});
  const admin::v1::Watching asked = bench.admin.watchings().front().watching();
  EXPECT_EQ(asked.schedule(), "[LAN]\n* *:00");
  EXPECT_EQ(asked.time_zone(), "Europe/Berlin");
  EXPECT_EQ(asked.more_mailboxes_size(), 2);
  Step(Execute(kOld, kNode), "complete", {{"remove_after_days", {" 30 "}}});
  EXPECT_EQ(bench.admin.watchings().back().watching().remove_after_days(), 30u);
  Step(Execute(kOld, kNode), "complete", {{"remove_after_days", {""}}});
  EXPECT_EQ(bench.admin.watchings().back().watching().remove_after_days(), 0u);
}

TEST_F(CommandWatching, AnErrorNamesTheFieldAndTheLineAndLosesNothing) {
  const Element form = Execute(kWork, kNode);
  FailWith(absl::StatusCode::kInvalidArgument, words::Word("must be one of $0", "SMTP, POP3, BOTH"),
           "schedule: 2:7");
  const CommandBench::Values typed = {{"schedule", {"[LAN]", "type: IMAP"}},
                                      {"quiet_hours", {"12:00-13:00"}},
                                      {"more_mailboxes", {"A", "B"}}};
  const Element again = Step(form, "complete", typed);
  EXPECT_EQ(StatusOf(again), "executing");
  EXPECT_EQ(InstructionsOf(again),
            "Error with 'schedule' field, line 2: must be one of SMTP, POP3, BOTH");
  EXPECT_EQ(ValuesOf(again, "schedule"), (Texts{"[LAN]", "type: IMAP"}));
  EXPECT_EQ(ValuesOf(again, "quiet_hours"), Texts{"12:00-13:00"});
  EXPECT_EQ(ValuesOf(again, "more_mailboxes"), (Texts{"A", "B"}));

  FailWith(absl::StatusCode::kInvalidArgument, words::Word("must be one of $0", "$1 a: b"),
           "time_zone");
  const Element third = Step(again, "complete", typed);
  EXPECT_EQ(InstructionsOf(third),
            "Error with 'time_zone' field (Time zone, like Europe/Berlin): must be one of $1 a: b");
  bench.admin.FailWith(grpc::Status::OK);
  EXPECT_EQ(StatusOf(Step(third, "complete", typed)), "completed");
}

TEST_F(CommandWatching, WhatIsTooLargeToBeStoredIsNotKeptEither) {
  FailWith(absl::StatusCode::kInvalidArgument, words::Word("must have at most $0 bytes", 16384),
           "schedule: 1:1");
  const Texts lines(40, std::string(1000, '#'));
  const Element again = Step(Execute(kWork, kNode), "complete",
                             {{"schedule", lines}, {"quiet_hours", {"1:00-2:00"}}});
  EXPECT_EQ(InstructionsOf(again),
            "Error with 'schedule' field, line 1: must have at most 16384 bytes");
  EXPECT_EQ(ValuesOf(again, "schedule"), (Texts{"[LAN]", "* 12:00"}));
  EXPECT_EQ(ValuesOf(again, "quiet_hours"), Texts{"1:00-2:00"});
}

TEST_F(CommandWatching, AValueThatNoFormTakesIsNamedByItsField) {
  const Element refused =
      Step(Execute(kWork, kNode), "complete", {{"quiet_hours", {std::string(1025, 'x')}}});
  EXPECT_EQ(StatusOf(refused), "executing") << "nothing else that was typed is lost";
  EXPECT_EQ(InstructionsOf(refused), "quiet_hours: is longer than 1024 bytes");
}

TEST_F(CommandWatching, DaysAreANumber) {
  const Element again = Step(Execute(kOld, kNode), "complete", {{"remove_after_days", {"a week"}}});
  EXPECT_TRUE(absl::StartsWith(InstructionsOf(again), "Error with 'remove_after_days' field"));
  EXPECT_TRUE(absl::EndsWith(InstructionsOf(again), "must be a number of days; 0 for never"));
  EXPECT_EQ(ValuesOf(again, "remove_after_days"), Texts{"a week"});
  EXPECT_TRUE(bench.admin.watchings().empty());
}

TEST_F(CommandWatching, WithoutAdminNothingIsStored) {
  const Element form = Execute(kWork, kNode);
  bench.admin.FailWith({grpc::StatusCode::UNAVAILABLE, "redis"});
  EXPECT_EQ(ConditionOf(Step(form, "complete", {{"quiet_hours", {"1:00-2:00"}}})),
            "remote-server-timeout");
  bench.admin.FailWith(grpc::Status::OK);
  EXPECT_EQ(StatusOf(Step(form, "complete", {{"quiet_hours", {"1:00-2:00"}}})), "completed");
}

TEST_F(CommandWatching, ChatTellsWhatHolds) {
  const std::vector<std::string> lines = absl::StrSplit(Said("times"), '\n');
  ASSERT_EQ(lines.size(), 2u) << "mailboxes alone";
  EXPECT_EQ(
      lines[0],
      "'old': mail is fetched every 5 minutes. Mails are removed from the server after 7 days.");
  EXPECT_TRUE(absl::StartsWith(lines[1], "'work': mail is fetched by a schedule, next on "));
  EXPECT_TRUE(absl::EndsWith(lines[1], " 12:00 (Europe/Berlin). Other folders: Lists, Sent, old."));
  EXPECT_EQ(Said("times OLD"), lines[0]);
  EXPECT_EQ(Said("times his"), "You have no account \"his\" that receives mail.");
  EXPECT_TRUE(absl::StrContains(Said("help"), "times - when mail is fetched"));
}

TEST(WatchingText, TellsQuietHoursWhileTheyLast) {
  const Words words("en");
  admin::v1::Account account = ImapAccount("ann@example.org", "work");
  account.mutable_watching()->set_quiet_hours("22:00-07:00");
  account.mutable_watching()->set_time_zone("Asia/Kolkata");
  const absl::Time night = absl::FromUnixSeconds(1767637800);  // 2026-01-06 00:00 in Kolkata
  EXPECT_EQ(WatchingText(account, night, words),
            "'work': mail is fetched as it arrives. Quiet hours: 22:00-07:00. Now it is quiet, "
            "until 2026-01-06 07:00 (Asia/Kolkata).");
  EXPECT_EQ(WatchingText(account, night + absl::Hours(8), words),
            "'work': mail is fetched as it arrives. Quiet hours: 22:00-07:00.");
  account.mutable_watching()->Clear();
  account.mutable_watching()->set_schedule("[#LAN]");
  EXPECT_EQ(WatchingText(account, night, words),
            "'work': mail is fetched when its server is connected to anyhow.");
}

}  // namespace
}  // namespace postern::xmpp_edge
