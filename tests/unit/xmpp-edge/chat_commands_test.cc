#include "services/xmpp-edge/chat_commands.h"

#include "absl/strings/match.h"
#include "services/xmpp-edge/features/help.h"
#include "tests/unit/xmpp-edge/command_bench.h"

namespace postern::xmpp_edge {
namespace {

class ChatCommands : public ::testing::Test, public CommandBench {
 protected:
  void SetUp() override {
    admin::v1::Account work = ImapAccount("ann@example.org", "work");
    work.mutable_health()->set_state(admin::v1::HEALTH_STATE_ERROR);
    work.mutable_health()->set_error("imap.example.org does not answer");
    work.mutable_health()->set_last_error("imap.example.org does not answer");
    work.mutable_health()->set_last_error_unix(1700000000);
    bench.admin.Add(std::move(work));
    admin::v1::Account out = SmtpAccount("ann@example.org", "out");
    out.mutable_health()->set_state(admin::v1::HEALTH_STATE_OK);
    bench.admin.Add(std::move(out));
    bench.admin.Add(ImapAccount("bob@example.org", "his"));
    bench.Install();
  }

  // What the gateway says to a message.
  std::string Said(const std::string& to, const std::string& body, const std::string& id = "c1") {
    bench.sink.sent.clear();
    bench.Write(kAnn, to, id, body);
    EXPECT_TRUE(bench.RunUntil([&] { return !bench.sink.sent.empty(); })) << body;
    const Element& answer = bench.sink.sent.back();
    return answer.Attr("type") == "error" ? ErrorTextOf(answer) : answer.ChildText("body");
  }
};

TEST_F(ChatCommands, TellOfAccountsAndErrors) {
  for (const char* to : {kDomain, "help@mail.example.org", "mail.example.org/IMAP"}) {
    SCOPED_TRACE(to);
    EXPECT_EQ(Said(to, " Accounts\n"),
              "out (SMTP): works\nwork (IMAP): imap.example.org does not answer");
  }
  EXPECT_EQ(Said(kDomain, "errors"),
            "work, 2023-11-14 22:13 UTC: imap.example.org does not answer. The error is still "
            "there.");
}

TEST_F(ChatCommands, CheckLooksIntoOnesOwnMailboxes) {
  EXPECT_EQ(Said(kDomain, "check"), "'work' is being checked; new mail follows, if there is any.");
  EXPECT_EQ(Said(kDomain, "check WORK"),
            "'work' is being checked; new mail follows, if there is any.");
  EXPECT_EQ(Said(kDomain, "check his"), "You have no account \"his\" that receives mail.");
  EXPECT_EQ(Said(kDomain, "check out"), "You have no account \"out\" that receives mail.");
  EXPECT_EQ(bench.fetcher.checked.size(), 2u);
}

TEST_F(ChatCommands, ALanguageIsShownAndChosen) {
  EXPECT_TRUE(absl::StrContains(Said(kDomain, "language"), "de (Deutsch)"));
  EXPECT_TRUE(absl::StrContains(Said(kDomain, "language xx"), "does not speak \"xx\""));
  EXPECT_NE(Said(kDomain, "language fr-CA"), "");
  EXPECT_EQ(bench.admin.preferences().back().preferences().language(), "fr");
  EXPECT_NE(Said(kDomain, "language auto"), "");
  EXPECT_EQ(bench.admin.preferences().back().preferences().language(), "");
}

TEST_F(ChatCommands, AnAccountIsRemovedWhenThatIsSaidTwice) {
  EXPECT_EQ(Said(kDomain, "remove"), "Send \"remove\" with the name of the account: out, work.");
  EXPECT_EQ(Said(kDomain, "remove his"), "You have no account \"his\" here.");
  const std::string asked =
      "Nothing is removed yet. To remove the account work with all its settings, send \"remove "
      "work\" again within two minutes. To keep it, do nothing.";
  EXPECT_EQ(Said(kDomain, "remove WORK", "r1"), asked);
  EXPECT_EQ(Said(kDomain, "remove work", "r1"), asked) << "one message that comes twice";
  EXPECT_TRUE(bench.admin.Has("ann@example.org/work"));
  bench.LetRead();
  bench.Restart();
  EXPECT_EQ(Said(kDomain, "remove work", "r2"), "Account work has been removed.");
  EXPECT_FALSE(bench.admin.Has("ann@example.org/work"));
  EXPECT_TRUE(bench.admin.Has("ann@example.org/out"));
  bench.Settle();
  EXPECT_EQ(Said(kDomain, "remove work"), "You have no account \"work\" here.");
}

TEST_F(ChatCommands, AnotherRemovalBeginsAnew) {
  Said(kDomain, "remove work", "r1");
  Said(kDomain, "remove out", "r2");
  EXPECT_TRUE(absl::StartsWith(Said(kDomain, "remove work", "r3"), "Nothing is removed yet."));
  bench.LetRead();
  bench.admin.FailWith({grpc::StatusCode::UNAVAILABLE, "redis"});
  EXPECT_TRUE(absl::StrContains(Said(kDomain, "remove work", "r4"), "try again in a minute"));
}

TEST_F(ChatCommands, AnythingElseIsRefusedWithAWordOfHelp) {
  for (const char* body :
       {"checks", "check the weather", "accounts please", "check\nwork", "hello"}) {
    SCOPED_TRACE(body);
    EXPECT_TRUE(absl::StrContains(Said(kDomain, body), "Send \"help\" for more."));
  }
  EXPECT_TRUE(bench.fetcher.checked.empty());
}

TEST_F(ChatCommands, ContactsTakeThemForMail) {
  bench.Write(kAnn, "bob\\40example.net@mail.example.org", "m1", "check");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 1; }));
  EXPECT_EQ(bench.sender.taken().front().draft().text(), "check");
  // An account's contact knows no mail to answer, and runs nothing.
  EXPECT_TRUE(absl::StrContains(Said("work@mail.example.org", "accounts"), "Not sent"));
  EXPECT_TRUE(absl::StrContains(Said("work@mail.example.org", "check"), "Not sent"));
  EXPECT_TRUE(bench.fetcher.checked.empty());
}

TEST_F(ChatCommands, AKeywordMayHaveSeveralSpellings) {
  const struct {
    const char *said, *translated;
    bool is;
  } cases[] = {
      {"HELP", "aide", true},   {"Aide", "aide", true}, {"Помощь", "помощь|Помощь", true},
      {"aide!", "aide", false}, {"", "aide", false},    {"pomoc|Pomoc", "pomoc|Pomoc", false}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.said);
    EXPECT_EQ(IsKeyword(c.said, "help", c.translated), c.is);
  }
}

TEST_F(ChatCommands, HelpFitsTheContact) {
  EXPECT_TRUE(absl::StrContains(Said(kDomain, "?"), "accounts - your accounts"));
  EXPECT_TRUE(absl::StrContains(Said("work@mail.example.org", "help"), "New mail arrives"));
  EXPECT_TRUE(absl::StrContains(Said("out@mail.example.org", "help"), "\"out\" sends mail from"));
  EXPECT_TRUE(absl::StrContains(Said("out@mail.example.org", "help"), "remove the account"));
  EXPECT_TRUE(absl::StrContains(Said(kDomain, "help"), "register accounts"));
  EXPECT_TRUE(absl::StrContains(Said("bob%example.net@mail.example.org", "help"),
                                "sent as mail to bob@example.net"));
}

}  // namespace
}  // namespace postern::xmpp_edge
