// "How mail is sent": the command, and what is said of it by chat.
#include "absl/strings/match.h"
#include "absl/time/clock.h"
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
            "<office@example.org>, sales@example.org. A signature stands below mail from "
            "sales@example.org. Styled text is sent as HTML, too. Each mail "
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

TEST_F(CommandSending, ASignatureIsToldOfThoseThatHaveOne) {
  admin::v1::Account account = SmtpAccount("ann@example.org", "x");
  account.set_default_from("ann@example.org");
  const Words words("en");
  const auto told = [&] { return SendingText(account, absl::Now(), words); };
  account.mutable_sending()->add_identities()->set_from("sales@example.org");
  EXPECT_FALSE(absl::StrContains(told(), "signature"));
  account.mutable_sending()->set_signature("Ann");
  EXPECT_TRUE(absl::StrContains(told(), "A signature stands below mail from ann@example.org."));
  account.mutable_sending()->clear_signature();
  account.mutable_sending()->mutable_identities(0)->set_signature("Sales");
  EXPECT_TRUE(absl::StrContains(told(), "A signature stands below mail from sales@example.org."));
}

TEST_F(CommandSending, WhatIsNoFormIsRefused) {
  const Element again =
      Step(Execute(kOut, kNode), "complete", {{"form", {"rtf"}}, {"signature", {"New"}}});
  EXPECT_TRUE(absl::EndsWith(InstructionsOf(again), "must be one of plain and html"));
  EXPECT_EQ(ValuesOf(again, "form"), Texts{"plain"});
  EXPECT_EQ(ValuesOf(again, "signature"), Texts{"New"});
  EXPECT_TRUE(bench.admin.sendings().empty());
}

TEST_F(CommandSending, WhatCanNotBeReadLosesNothingElse) {
  const Element form = Execute(kOut, kNode);
  const Element again =
      Step(form, "complete", {{"signature", {std::string(1025, 'x')}}, {"undo_seconds", {"20"}}});
  EXPECT_EQ(StatusOf(again), "executing");
  EXPECT_EQ(InstructionsOf(again), "signature: is longer than 1024 bytes");
  EXPECT_EQ(ValuesOf(again, "undo_seconds"), Texts{"20"});
  EXPECT_EQ(ValuesOf(again, "signature"), (Texts{"Ann", "Example Ltd"})) << "what holds";
  EXPECT_EQ(StatusOf(Step(again, "complete", {{"signature", {"Ann\r\nin one value"}}})),
            "completed");
  EXPECT_EQ(Asked().signature(), "Ann\nin one value") << "as some clients send several lines";
}

TEST_F(CommandSending, TheOutboxIsACommandOfTheGateway) {
  constexpr char kOutbox[] = "postern#outbox";
  EXPECT_EQ(NoteOf(Execute(kDomain, kOutbox)), "None of your mails waits to be sent.");
  bench.Write(kAnn, "bob\\40example.net@mail.example.org", "m1", "Hello");
  bench.Write(kAnn, "eve\\40example.net@mail.example.org", "m2", "Lunch");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 2; }));
  bench.Settle();
  const Element form = Execute(kDomain, kOutbox);
  const Texts ids = OptionsOf(form, "mails");
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(NoteOf(Step(form, "complete", {{"mails", {ids[1], "q-unknown"}}})),
            "Taken back: \"Lunch\" is not sent to eve@example.net.\n"
            "It could not be taken back at this moment. Try again.");
  EXPECT_EQ(bench.sender.cancelled().size(), 1u);
  EXPECT_EQ(NoteOf(Step(Execute(kDomain, kOutbox), "complete", {})),
            "No mail was selected; all of them wait on.");
}

TEST_F(CommandSending, ChatSetsWhatIsNamed) {
  EXPECT_TRUE(absl::StartsWith(Said("sending undo 20"), "Stored. 'out': mail is sent from"));
  EXPECT_EQ(Asked().undo_seconds(), 20u);
  EXPECT_EQ(Asked().signature(), "Ann\nExample Ltd") << "the rest stays";
  Said("sending OUT signature Ann of Example\nphone 42\n");
  EXPECT_EQ(Asked().signature(), "Ann of Example\nphone 42");
  Said("sending identity Office <office@example.org>");
  ASSERT_EQ(Asked().identities_size(), 2);
  EXPECT_EQ(Asked().identities(1).from(), "Office <office@example.org>");
  Said("Sending identity Sales team <sales@example.org>");
  EXPECT_EQ(Asked().identities_size(), 2);
  EXPECT_EQ(Asked().identities(0).signature(), "Sales team") << "another name, the same signature";
  Said("sending zone America/New_York");
  EXPECT_EQ(Asked().time_zone(), "America/New_York");
  Said("sending form html");
  EXPECT_EQ(Asked().form(), admin::v1::BODY_FORM_HTML);
  Said("sending signature none");
  EXPECT_EQ(Asked().signature(), "");
  EXPECT_EQ(bench.admin.sendings().back().owner(), "ann@example.org");
}

TEST_F(CommandSending, ChatSaysWhatIsWrong) {
  EXPECT_EQ(Said("sending undo soon"),
            "Nothing was changed. \"undo\": must be a number of seconds; 0 for none.");
  EXPECT_EQ(Said("sending form rtf"),
            "Nothing was changed. \"form\": must be one of plain and html.");
  EXPECT_EQ(Said("sending zone Europe/Berlin\nand more"),
            "Nothing was changed. \"zone\": must be one line.");
  EXPECT_TRUE(absl::StrContains(Said("sending undo"), "\"sending undo 10\""));
  EXPECT_EQ(Said("sending his undo 5"), "You have no account \"his\" that sends mail.");
  EXPECT_TRUE(bench.admin.sendings().empty());
  bench.admin.FailWith(rpc::ToGrpc(words::Error(
      absl::StatusCode::kInvalidArgument, words::Word("must be one of $0", "us"), "time_zone")));
  EXPECT_EQ(Said("sending zone Mars"), "Nothing was changed. \"zone\": must be one of us.");
}

}  // namespace
}  // namespace postern::xmpp_edge
