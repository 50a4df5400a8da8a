// Stories of accounts that are registered, changed and removed by commands.
#include "absl/strings/match.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/command_bench.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kRegister[] = "postern#register";
constexpr char kSettings[] = "postern#settings";
constexpr char kRemove[] = "postern#remove";
constexpr char kWork[] = "work@mail.example.org";
constexpr char kPassword[] = "s3cret";

class RegistrationCommands : public ::testing::Test, public CommandBench {
 protected:
  void SetUp() override {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    bench.admin.Add(ImapAccount("bob@example.org", "his"));
    bench.Install();
  }

  // The form of a type, which comes after the choice of it.
  Element FormOf(const std::string& type) {
    return Step(Execute(kDomain, kRegister), "next", {{"type", {type}}});
  }
  static Values NewImap(const std::string& name) {
    return {{"name", {name}},
            {"host", {"imap.example.org"}},
            {"login", {"ann"}},
            {"password", {kPassword}}};
  }
  static std::string ValueOf(const Element& answer, const std::string& var) {
    const std::vector<std::string> values = ValuesOf(answer, var);
    return values.empty() ? "" : values.front();
  }
  void FetcherRefuses(const std::string& problem) {
    const std::lock_guard lock(bench.fetcher.mutex);
    bench.fetcher.trial.Clear();
    if (problem.empty()) return;
    bench.fetcher.trial.mutable_problem()->set_text(problem);
    bench.fetcher.trial.set_field("password");
  }
  bool IsAnywhere(const std::string& secret) {
    for (const Element& stanza : bench.sink.sent) {
      if (absl::StrContains(ToXml(stanza), secret)) return true;
    }
    auto keys = testing::Await(bench.io, bench.redis->Command({"KEYS", "*"}));
    for (const auto& key : keys->items) {
      auto dump = testing::Await(bench.io, bench.redis->Command({"DUMP", key.text}));
      if (dump.ok() && absl::StrContains(dump->text, secret)) return true;
    }
    return false;
  }
};

TEST_F(RegistrationCommands, AnAccountIsRegisteredInTwoSteps) {
  const Element choice = Execute(kDomain, kRegister);
  EXPECT_EQ(StatusOf(choice), "executing");
  EXPECT_EQ(CommandOf(choice).Child("actions")->Attr("execute"), "next");
  EXPECT_EQ(CommandOf(choice).Child("actions")->Child("complete"), nullptr);
  EXPECT_EQ(OptionsOf(choice, "type"), (std::vector<std::string>{"IMAP", "POP3", "SMTP"}));
  const Element form = Step(choice, "complete", {{"type", {"POP3: receive mail"}}});
  EXPECT_EQ(ValueOf(form, "port"), "995");
  EXPECT_EQ(FieldOf(form, "mailbox"), nullptr);
  ASSERT_NE(CommandOf(form).Child("actions")->Child("prev"), nullptr);
  // Another type after all.
  const Element again = Step(form, "prev", {});
  EXPECT_EQ(OptionsOf(again, "type").size(), 3u);
  bench.Restart();
  const Element imap = Step(again, "next", {{"type", {"IMAP"}}});
  ASSERT_NE(FieldOf(imap, "password"), nullptr);
  EXPECT_EQ(FieldOf(imap, "password")->Attr("type"), "text-private");
  const Element done = Step(imap, "complete", NewImap(" new "));
  EXPECT_EQ(StatusOf(done), "completed") << ToXml(done);
  EXPECT_EQ(NoteOf(done), "New account 'new' created");
  ASSERT_EQ(bench.admin.puts().size(), 1u);
  EXPECT_EQ(bench.admin.puts().front().account().owner(), "ann@example.org");
  EXPECT_EQ(bench.admin.puts().front().account().type(), admin::v1::ACCOUNT_TYPE_IMAP);
  EXPECT_EQ(bench.admin.puts().front().password(), kPassword);
  EXPECT_EQ(bench.fetcher.tried.size(), 1u);
  ASSERT_TRUE(bench.RunUntil(
      [this] { return bench.SentWith("<body>New account 'new' created") != nullptr; }));
  EXPECT_FALSE(IsAnywhere(kPassword));
  // The last step once more is no second account.
  EXPECT_EQ(NoteOf(Step(imap, "complete", NewImap("new"))), "New account 'new' created");
  EXPECT_EQ(bench.admin.puts().size(), 1u);
}

TEST_F(RegistrationCommands, WhatIsWrongIsSaidAndWhatWasTypedStays) {
  Values fields = NewImap("x");
  fields["port"] = {"70000"};
  const Element wrong = Step(FormOf("IMAP"), "complete", fields);
  EXPECT_EQ(StatusOf(wrong), "executing");
  EXPECT_EQ(InstructionsOf(wrong),
            "Error with 'port' field (Port): must be a number from 1 to 65535");
  EXPECT_EQ(ValueOf(wrong, "host"), "imap.example.org");
  EXPECT_EQ(ValueOf(wrong, "port"), "70000");
  EXPECT_EQ(ValueOf(wrong, "password"), "");
  FetcherRefuses("no entry");
  const Element refused = Step(wrong, "complete", NewImap("x"));
  EXPECT_EQ(InstructionsOf(refused),
            "Error with 'password' field (Password): no entry. Nothing was stored. To store it "
            "all the same, tick \"Store it even when it doesn't work\".");
  EXPECT_EQ(ValueOf(refused, "name"), "x");
  EXPECT_TRUE(bench.admin.puts().empty());
  const Element taken = Step(refused, "complete", NewImap("work"));
  EXPECT_TRUE(absl::StrContains(InstructionsOf(taken), "You have an account 'work' already"));
  fields = NewImap("x");
  fields["store_untested"] = {"1"};
  EXPECT_EQ(StatusOf(Step(taken, "complete", fields)), "completed");
  EXPECT_EQ(bench.admin.puts().size(), 1u);
  EXPECT_FALSE(IsAnywhere(kPassword));
}

TEST_F(RegistrationCommands, ATypeThatIsNotOfferedIsNotTaken) {
  for (const char* type : {"GlobalSMTP", "", "nonsense"}) {
    const Element answer = FormOf(type);
    EXPECT_EQ(StatusOf(answer), "executing");
    EXPECT_EQ(OptionsOf(answer, "type").size(), 3u) << "asked again";
  }
  const Element twice = Step(FormOf("IMAP"), "complete", {{"name", {"a", "b"}}});
  EXPECT_EQ(InstructionsOf(twice),
            "Error with 'name' field (Name for the account, which becomes a contact): takes one "
            "value only");
}

TEST_F(RegistrationCommands, TheLimitOfGuessesIsForFormsAndCommandsTogether) {
  FetcherRefuses("refused");
  for (int i = 0; i < 5; ++i) {
    Element form = MakeElement("query", "jabber:iq:register");
    form.Add(Form(NewImap("x")));
    EXPECT_EQ(ConditionOf(bench.AskIq("set", kAnn, "mail.example.org/IMAP", std::move(form))),
              "not-acceptable");
    EXPECT_EQ(StatusOf(Step(FormOf("IMAP"), "complete", NewImap("x"))), "executing");
  }
  const Element answer = Step(FormOf("IMAP"), "complete", NewImap("x"));
  EXPECT_TRUE(absl::StrContains(InstructionsOf(answer), "five minutes"));
  EXPECT_EQ(bench.fetcher.tried.size(), 10u);
}

TEST_F(RegistrationCommands, SettingsAreChangedAtTheAccount) {
  const Element form = Execute(kWork, kSettings);
  EXPECT_EQ(ValueOf(form, "host"), "imap.example.org");
  EXPECT_EQ(ValueOf(form, "interval"), "5");
  EXPECT_EQ(ValueOf(form, "password"), "");
  const Element wrong = Step(form, "complete", {{"interval", {"never"}}});
  EXPECT_EQ(InstructionsOf(wrong),
            "Error with 'interval' field (Minutes between checks, and between digests): must be a "
            "number from 1 to 1440");
  const Element done =
      Step(wrong, "complete", {{"interval", {"7"}}, {"away_action", {"Do nothing"}}});
  EXPECT_EQ(NoteOf(done), "Updated account 'work'");
  ASSERT_EQ(bench.admin.puts().size(), 1u);
  EXPECT_EQ(bench.admin.puts().front().account().id(), "ann@example.org/work");
  EXPECT_EQ(bench.admin.puts().front().account().interval_minutes(), 7u);
  EXPECT_EQ(bench.admin.puts().front().account().actions().away(), admin::v1::ACTION_NOTHING);
  EXPECT_EQ(StatusOf(Execute("out@mail.example.org/SMTP", kSettings)), "executing");
  EXPECT_EQ(ConditionOf(Execute("his@mail.example.org", kSettings)), "item-not-found");
}

TEST_F(RegistrationCommands, AnAccountIsRemovedWhenItIsConfirmed) {
  const Element asked = Execute(kWork, kRemove);
  EXPECT_EQ(TitleOf(asked), "Remove this account");
  EXPECT_EQ(InstructionsOf(asked),
            "The account work will be removed with all its settings. The mail on its server stays "
            "there.");
  const Element again = Step(asked, "complete", {{"confirm", {"0"}}});
  EXPECT_EQ(StatusOf(again), "executing");
  EXPECT_TRUE(absl::StartsWith(InstructionsOf(again), "Nothing is removed yet: tick \"Yes,"));
  EXPECT_TRUE(absl::StrContains(InstructionsOf(again), "The account work"));
  EXPECT_TRUE(bench.admin.Has("ann@example.org/work"));
  EXPECT_EQ(NoteOf(Step(again, "complete", {{"confirm", {"1"}}})),
            "Account work has been removed.");
  EXPECT_FALSE(bench.admin.Has("ann@example.org/work"));
  EXPECT_TRUE(bench.admin.Has("ann@example.org/out"));
  bench.Settle();
  EXPECT_EQ(ConditionOf(Execute(kWork, kRemove)), "item-not-found");
  EXPECT_EQ(ConditionOf(Execute("his@mail.example.org", kRemove)), "item-not-found");
}

TEST_F(RegistrationCommands, AtTheGatewayOneChoosesWhatIsRemoved) {
  const Element choice = Execute(kDomain, kRemove);
  EXPECT_EQ(OptionsOf(choice, "accounts"), (std::vector<std::string>{"out", "work"}));
  const Element none = Step(choice, "complete", {{"accounts", {"his"}}});
  EXPECT_EQ(InstructionsOf(none), "Choose at least one account.");
  const Element back = Step(Step(none, "next", {{"accounts", {"work"}}}), "prev", {});
  EXPECT_EQ(OptionsOf(back, "accounts").size(), 2u);
  const Element asked = Step(back, "next", {{"accounts", {"out (SMTP)", "work (IMAP)"}}});
  EXPECT_EQ(
      InstructionsOf(asked),
      "These 2 accounts will be removed with all their settings: out, work. The mail on their "
      "servers stays there.");
  bench.Restart();
  EXPECT_EQ(NoteOf(Step(asked, "complete", {{"confirm", {"true"}}})),
            "2 accounts have been removed: out, work.");
  EXPECT_FALSE(bench.admin.Has("ann@example.org/work"));
  EXPECT_TRUE(bench.admin.Has("bob@example.org/his"));
  bench.Settle();
  EXPECT_EQ(NoteOf(Execute(kDomain, kRemove)), "You have no account here yet. Register one first.");
}

TEST_F(RegistrationCommands, EverythingIsWhatWasShown) {
  const Element asked = Step(Execute(kDomain, kRemove), "complete", {{"everything", {"1"}}});
  EXPECT_TRUE(
      absl::StartsWith(InstructionsOf(asked), "Your registration will end, and all your 2"));
  ASSERT_EQ(StatusOf(Step(FormOf("IMAP"), "complete", NewImap("new"))), "completed");
  bench.Settle();
  const Element again = Step(asked, "complete", {{"confirm", {"1"}}});
  EXPECT_EQ(StatusOf(again), "executing") << "an account came in between";
  EXPECT_TRUE(absl::StrContains(InstructionsOf(again), "new, out, work"));
  EXPECT_TRUE(bench.admin.Has("ann@example.org/work"));
  EXPECT_EQ(NoteOf(Step(again, "complete", {{"confirm", {"1"}}})),
            "Your registration has ended. All your accounts have been removed.");
  for (const char* name : {"work", "out", "new"}) {
    EXPECT_FALSE(bench.admin.Has(absl::StrCat("ann@example.org/", name)));
  }
  EXPECT_TRUE(bench.admin.Has("bob@example.org/his"));
}

TEST_F(RegistrationCommands, WhatCannotBeRemovedNowStaysAndIsSaid) {
  const Element asked = Execute(kWork, kRemove);
  bench.admin.FailWith({grpc::StatusCode::UNAVAILABLE, "redis"});
  const Element failed = Step(asked, "complete", {{"confirm", {"1"}}});
  EXPECT_EQ(ConditionOf(failed), "remote-server-timeout");
  EXPECT_NE(ErrorTextOf(failed), "");
  bench.admin.FailWith(grpc::Status::OK);
  EXPECT_EQ(StatusOf(Step(asked, "complete", {{"confirm", {"1"}}})), "completed");
}

}  // namespace
}  // namespace postern::xmpp_edge
