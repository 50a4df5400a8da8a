// "How mail is sent": the command, and what is said of it by chat.
#include "absl/strings/match.h"
#include "lib/rpc/status.h"
#include "services/xmpp-edge/sending_text.h"
#include "tests/unit/xmpp-edge/command_bench.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kNode[] = "postern#sending";
constexpr char kOut[] = "out@mail.example.org";

class CommandSending : public ::testing::Test, public CommandBench {
 protected:
  void SetUp() override {
    admin::v1::Account out = SmtpAccount("ann@example.org", "out");
    out.set_default_from("Ann <ann@example.org>");
    admin::v1::Sending& sending = *out.mutable_sending();
    sending.set_signature("Ann\nExample Ltd");
    auto& sales = *sending.add_identities();
    sales.set_from("Sales <Sales@example.org>");
    sales.set_signature("Sales team");
    sending.set_undo_seconds(10);
    sending.set_time_zone("Europe/Berlin");
    bench.admin.Add(std::move(out));
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(SmtpAccount("bob@example.org", "his"));
    bench.Install();
  }

  std::string Said(const std::string& body) {
    bench.sink.sent.clear();
    bench.Write(kAnn, kDomain, "c1", body);
    EXPECT_TRUE(bench.RunUntil([&] { return !bench.sink.sent.empty(); })) << body;
    return bench.sink.sent.back().ChildText("body");
  }
  admin::v1::Sending Asked() { return bench.admin.sendings().back().sending(); }
};

using Texts = std::vector<std::string>;
constexpr char kSalesVar[] = "signature_of:sales@example.org";

TEST_F(CommandSending, TheFormShowsWhatHolds) {
  const Element form = Execute(kOut, kNode);
  EXPECT_EQ(TitleOf(form), "How mail is sent");
  EXPECT_EQ(ValuesOf(form, "signature"), (Texts{"Ann", "Example Ltd"}));
  EXPECT_EQ(ValuesOf(form, "identities"), Texts{"Sales <Sales@example.org>"});
  EXPECT_EQ(ValuesOf(form, kSalesVar), Texts{"Sales team"});
  EXPECT_EQ(ValuesOf(form, "form"), Texts{"plain"});
  EXPECT_EQ(OptionsOf(form, "form"), (Texts{"plain", "html"}));
  EXPECT_EQ(ValuesOf(form, "undo_seconds"), Texts{"10"});
  EXPECT_EQ(ValuesOf(form, "time_zone"), Texts{"Europe/Berlin"});
  EXPECT_EQ(ValuesOf(form, "hide_jabber_id"), Texts{"0"});
  EXPECT_EQ(ConditionOf(Execute("work@mail.example.org", kNode)), "item-not-found");
  EXPECT_EQ(ConditionOf(Execute("his@mail.example.org", kNode)), "item-not-found");
}

TEST_F(CommandSending, WhatIsSentIsStoredAndHoldsAtOnce) {
  const Element done =
      Step(Execute(kOut, kNode), "complete",
           {{"signature", {}},
            {"identities", {"Office <office@example.org>", " ", "sales@example.org"}},
            {"form", {"html"}},
            {"undo_seconds", {" 20 "}},
            {"sent_folder", {"-"}},
            {"hide_jabber_id", {"true"}}});
  EXPECT_EQ(StatusOf(done), "completed");
  EXPECT_EQ(NoteOf(done),
            "Stored. 'out': mail is sent from Ann <ann@example.org>. Also from: Office "
            "<office@example.org>, sales@example.org. Styled text is sent as HTML, too. Each mail "
            "waits 20 seconds and can be taken back. Time zone: Europe/Berlin. Sent mail is not "
            "kept.");
  ASSERT_EQ(bench.admin.sendings().size(), 1u);
  EXPECT_EQ(bench.admin.sendings().front().owner(), "ann@example.org") << "of nobody else's";
  ASSERT_EQ(Asked().identities_size(), 2);
  EXPECT_EQ(Asked().identities(0).signature(), "");
  EXPECT_EQ(Asked().identities(1).signature(), "Sales team") << "stays with its address";
  EXPECT_TRUE(Asked().hide_jabber_id());
  EXPECT_EQ(ValuesOf(Execute(kOut, kNode), "undo_seconds"), Texts{"20"});
}

TEST_F(CommandSending, AFieldThatIsNotSentStaysAsItIs) {
  Step(Execute(kOut, kNode), "complete", {{kSalesVar, {"Sales", "of Example"}}});
  EXPECT_EQ(Asked().signature(), "Ann\nExample Ltd");
  EXPECT_EQ(Asked().undo_seconds(), 10u);
  ASSERT_EQ(Asked().identities_size(), 1);
  EXPECT_EQ(Asked().identities(0).signature(), "Sales\nof Example");
}

TEST_F(CommandSending, AnErrorNamesTheFieldAndTheLineAndLosesNothing) {
  bench.admin.FailWith(
      rpc::ToGrpc(words::Error(absl::StatusCode::kInvalidArgument,
                               words::Word("must be one of $0", "us"), "identities: 2")));
  const Element again = Step(Execute(kOut, kNode), "complete",
                             {{"identities", {"a@example.org", "x"}}, {"signature", {"New"}}});
  EXPECT_EQ(StatusOf(again), "executing");
  EXPECT_EQ(InstructionsOf(again), "Error with 'identities' field, line 2: must be one of us");
  EXPECT_EQ(ValuesOf(again, "identities"), (Texts{"a@example.org", "x"}));
  EXPECT_EQ(ValuesOf(again, "signature"), Texts{"New"});
  bench.admin.FailWith(grpc::Status::OK);
  const Element third = Step(again, "complete", {{"undo_seconds", {"soon"}}});
  EXPECT_TRUE(absl::EndsWith(InstructionsOf(third), "must be a number of seconds; 0 for none"));
}

TEST_F(CommandSending, ChatTellsWhatHolds) {
  EXPECT_EQ(Said("sending"),
            "'out': mail is sent from Ann <ann@example.org>. Also from: Sales "
            "<Sales@example.org>. A signature stands below each mail. Each mail waits 10 seconds "
            "and can be taken back. Time zone: Europe/Berlin.");
  EXPECT_EQ(Said("sending OUT"), Said("sending"));
  EXPECT_EQ(Said("sending work"), "You have no account \"work\" that sends mail.");
  EXPECT_TRUE(absl::StrContains(Said("help"), "sending - how your mail is sent"));
}

}  // namespace
}  // namespace postern::xmpp_edge
