#include "services/xmpp-edge/features/commands.h"

#include "lib/rpc/status.h"
#include "services/xmpp-edge/command_sessions.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/command_bench.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kItems[] = "http://jabber.org/protocol/disco#items";
constexpr char kWork[] = "work@mail.example.org";
constexpr char kOut[] = "out@mail.example.org";

class Commands : public ::testing::Test, public CommandBench {
 protected:
  void SetUp() override {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(ImapAccount("ann@example.org", "home"));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    admin::v1::Account secret = ImapAccount("ann@example.org", "secret");
    secret.set_store_password(false);
    bench.admin.Add(std::move(secret));
    bench.admin.Add(ImapAccount("bob@example.org", "his"));
    bench.Install();
  }

  std::set<std::string> Listed(const std::string& to) {
    Element query = MakeElement("query", kItems);
    query.Set("node", kCommandsNs);
    const Element answer = bench.AskIq("get", user, to, std::move(query));
    std::set<std::string> nodes;
    if (answer.Attr("type") != "result") return nodes;
    for (const Element& item : answer.children.front().children) {
      nodes.insert(std::string(item.Attr("node")));
    }
    return nodes;
  }
};

TEST_F(Commands, EachPlaceListsItsOwn) {
  using Nodes = std::set<std::string>;
  EXPECT_EQ(Listed(kDomain),
            (Nodes{"jmc#force-check", "postern#finger", "postern#outbox", "postern#preferences",
                   "postern#register", "postern#remove", "postern#rules"}));
  EXPECT_EQ(Listed(kWork), (Nodes{"jmc#force-check", "jmc#get-email", "jcl#get-last-error",
                                  "postern#settings", "postern#watching", "postern#remove"}));
  EXPECT_EQ(Listed(kOut),
            (Nodes{"jcl#get-last-error", "postern#settings", "postern#sending", "postern#remove"}));
  EXPECT_EQ(Listed("secret@mail.example.org"),
            (Nodes{"jmc#force-check", "jmc#get-email", "jcl#get-last-error", "postern#password",
                   "postern#settings", "postern#watching", "postern#remove"}));
  EXPECT_EQ(Listed("his@mail.example.org"), Nodes());
}

TEST_F(Commands, AnUnknownActionSessionOrLanguageIsNamed) {
  const Element form = Execute(kDomain, "jmc#force-check");
  const std::string session(CommandOf(form).Attr("sessionid"));
  const struct {
    const char* name;
    const char* to;
    Element command;
    const char* condition;
    const char* own;
  } cases[] = {
      {"action", kDomain, Command("jmc#force-check", "dance", ""), "bad-request",
       "malformed-action"},
      {"prev not offered", kDomain, Command("jmc#force-check", "prev", session), "bad-request",
       "bad-action"},
      {"next not offered", kDomain, Command("jmc#force-check", "next", session), "bad-request",
       "bad-action"},
      {"next before execute", kDomain, Command("jmc#force-check", "next", ""), "bad-request",
       "bad-action"},
      {"language", kDomain, Command("jmc#force-check", "", "").Set("xml:lang", "d e"),
       "bad-request", "bad-locale"},
      {"form missing", kDomain, Command("jmc#force-check", "complete", session), "bad-request",
       "bad-payload"},
      {"session", kDomain, Command("jmc#force-check", "", "no session"), "bad-request",
       "bad-sessionid"},
      {"session gone", kDomain, Command("jmc#force-check", "", std::string(20, 'a')), "not-allowed",
       "session-expired"},
      {"session of another node", kDomain, Command("postern#preferences", "", session),
       "bad-request", "bad-sessionid"},
      {"session of another place", kWork, Command("jmc#force-check", "", session), "bad-request",
       "bad-sessionid"},
      {"node", kDomain, Command("jmc#nothing", "", ""), "item-not-found", ""},
      {"not here", kOut, Command("jmc#force-check", "", ""), "item-not-found", ""},
      {"another's account", "his@mail.example.org", Command("jmc#force-check", "", ""),
       "item-not-found", ""},
      {"no such account", "nobody@mail.example.org", Command("jmc#force-check", "", ""),
       "item-not-found", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Element answer = bench.AskIq("set", kAnn, c.to, c.command);
    EXPECT_EQ(ConditionOf(answer), c.condition);
    EXPECT_EQ(OwnConditionOf(answer), c.own);
  }
  // It is still there for its user, and for nobody else.
  user = kBob;
  EXPECT_EQ(OwnConditionOf(Step(form, "complete", {{"account_names", {"his"}}})),
            "session-expired");
  user = kAnn;
  EXPECT_EQ(StatusOf(Step(form, "complete", {{"account_names", {"work"}}})), "completed");
}

TEST_F(Commands, AnotherDeviceOfTheUserMayGoOn) {
  const Element form = Execute(kDomain, "jmc#force-check");
  user = "ann@example.org/tablet";
  EXPECT_EQ(StatusOf(Step(form, "execute", {{"account_names", {"work"}}})), "completed");
}

TEST_F(Commands, ACanceledCommandIsGone) {
  const Element form = Execute(kDomain, "jmc#force-check");
  const Element canceled = Step(form, "cancel", {});
  EXPECT_EQ(StatusOf(canceled), "canceled");
  EXPECT_EQ(OwnConditionOf(Step(form, "complete", {{"account_names", {"work"}}})),
            "session-expired");
  EXPECT_TRUE(bench.fetcher.checked.empty());
}

TEST_F(Commands, SessionsSurviveARestart) {
  const Element form = Execute(kDomain, "jmc#force-check");
  bench.Restart();
  EXPECT_EQ(StatusOf(Step(form, "complete", {{"account_names", {"work/ann@example.org"}}})),
            "completed");
  EXPECT_EQ(bench.fetcher.checked, std::vector<std::string>{"ann@example.org/work"});
}

TEST_F(Commands, AStepThatComesTwiceIsDoneOnce) {
  const Element form = Execute(kDomain, "jmc#force-check");
  const CommandBench::Values chosen = {{"account_names", {"work/ann@example.org"}}};
  const Element first = Step(form, "complete", chosen);
  bench.Restart();
  const Element again = Step(form, "complete", chosen);
  EXPECT_EQ(NoteOf(again), NoteOf(first));
  EXPECT_EQ(bench.fetcher.checked.size(), 1u);
}

TEST_F(Commands, TheOldestOfTooManySessionsGoes) {
  const Element first = Execute(kDomain, "jmc#force-check");
  Element last;
  for (int i = 0; i < CommandSessions::kMaxOfUser; ++i) last = Execute(kDomain, "jmc#force-check");
  const CommandBench::Values chosen = {{"account_names", {"work"}}};
  int expired = 0;  // those of one second are equally old
  expired += OwnConditionOf(Step(first, "complete", chosen)) == "session-expired";
  expired += OwnConditionOf(Step(last, "complete", chosen)) == "session-expired";
  auto keys = testing::Await(bench.io,
                             bench.redis->Command({"ZCARD", "postern:command:{ann@example.org}"}));
  EXPECT_EQ(keys->integer, CommandSessions::kMaxOfUser);
  auto all = testing::Await(bench.io, bench.redis->Command({"KEYS", "postern:command:*"}));
  EXPECT_EQ(all->items.size(), 1u + CommandSessions::kMaxOfUser);
  EXPECT_LE(expired, 1);
}

TEST_F(Commands, TheGatewayChecksTheChosenAccounts) {
  const Element form = Execute(kDomain, "jmc#force-check");
  EXPECT_EQ(StatusOf(form), "executing");
  EXPECT_EQ(OptionsOf(form, "account_names"),
            (std::vector<std::string>{"home/ann@example.org", "secret/ann@example.org",
                                      "work/ann@example.org"}));
  EXPECT_EQ(FieldOf(form, "account_names")->children.back().Attr("label"), "work (IMAP)");
  const Element answer =
      Step(form, "complete", {{"account_names", {"work/ann@example.org", "home/ann@example.org"}}});
  EXPECT_EQ(StatusOf(answer), "completed");
  EXPECT_EQ(NoteOf(answer),
            "'home' is being checked; new mail follows, if there is any.\n"
            "'work' is being checked; new mail follows, if there is any.");
  EXPECT_EQ(bench.fetcher.checked,
            (std::vector<std::string>{"ann@example.org/home", "ann@example.org/work"}));
}

// As Gajim 1.7 does.
TEST_F(Commands, ALabelStandsForItsValue) {
  const Element form = Execute(kDomain, "jmc#force-check");
  EXPECT_EQ(StatusOf(Step(form, "complete", {{"account_names", {"work (IMAP)"}}})), "completed");
  EXPECT_EQ(bench.fetcher.checked, std::vector<std::string>{"ann@example.org/work"});
  const Element preferences = Execute(kDomain, "postern#preferences");
  EXPECT_EQ(StatusOf(Step(preferences, "complete", {{"language", {"Deutsch"}}})), "completed");
  EXPECT_EQ(bench.admin.preferences().back().preferences().language(), "de");
}

TEST_F(Commands, NobodyChecksAnothersAccount) {
  const Element form = Execute(kDomain, "jmc#force-check");
  const Element answer =
      Step(form, "complete", {{"account_names", {"his/bob@example.org", "his"}}});
  EXPECT_EQ(OwnConditionOf(answer), "bad-payload");
  EXPECT_TRUE(bench.fetcher.checked.empty());
}

TEST_F(Commands, AnAccountIsCheckedAtOnceAndSaysWhyNot) {
  EXPECT_EQ(NoteOf(Execute("work@mail.example.org/IMAP", "jmc#force-check")),
            "'work' is being checked; new mail follows, if there is any.");
  bench.fetcher.failure = {grpc::StatusCode::RESOURCE_EXHAUSTED, "too soon"};
  EXPECT_EQ(NoteOf(Execute(kWork, "jmc#force-check")),
            "'work' was checked less than a minute ago. Try again in a minute.");
  bench.fetcher.failure = rpc::ToGrpc(
      words::Error(absl::StatusCode::kResourceExhausted, words::Word("Wait $0 seconds.", 7)));
  EXPECT_EQ(NoteOf(Execute(kWork, "jmc#force-check")), "'work': Wait 7 seconds.");
}

TEST_F(Commands, ASlowCommandHoldsUpNothingElse) {
  std::unique_lock slow(bench.fetcher.mutex);
  Element iq = MakeStanza("iq", kAnn, kWork, "set", "slow");
  iq.Add(Command("jmc#get-email", "execute", ""));
  bench.Route(std::move(iq));
  EXPECT_EQ(bench.AskIq("get", kAnn, kDomain, MakeElement("ping", "urn:xmpp:ping")).Attr("type"),
            "result");
  slow.unlock();
  EXPECT_TRUE(bench.RunUntil([&] { return bench.SentWith("\"slow\"") != nullptr; }));
}

TEST_F(Commands, TheLastErrorIsToldWithItsTimeAndWhetherItHolds) {
  EXPECT_NE(ToXml(Execute(kWork, "jcl#get-last-error")).find("This account has no error"),
            std::string::npos);
  admin::v1::Account work = *bench.context().directory.Find("ann@example.org", "work");
  work.mutable_health()->set_state(admin::v1::HEALTH_STATE_ERROR);
  work.mutable_health()->set_last_error("old english");
  work.mutable_health()->mutable_last_problem()->set_text("$0 refused the password");
  work.mutable_health()->mutable_last_problem()->add_arguments("imap.example.org");
  work.mutable_health()->set_last_error_unix(1700000000);
  bench.context().directory.Apply(work);
  const Element holds = Execute(kWork, "jcl#get-last-error");
  EXPECT_EQ(TitleOf(holds), "Last error of 'work'");
  EXPECT_EQ(ValuesOf(holds, "last_error").front(), "imap.example.org refused the password");
  EXPECT_EQ(ValuesOf(holds, "when").front(), "2023-11-14 22:13 UTC");
  EXPECT_EQ(ValuesOf(holds, "now").front(), "The error is still there.");
  work.mutable_health()->set_state(admin::v1::HEALTH_STATE_OK);
  bench.context().directory.Apply(work);
  EXPECT_EQ(ValuesOf(Execute(kWork, "jcl#get-last-error"), "now").front(), "The error is over.");
}

TEST_F(Commands, ALanguageIsChosenAndWhatWasHeardIsKept) {
  admin::v1::Account work = *bench.context().directory.Find("ann@example.org", "home");
  work.mutable_preferences()->set_heard_language("nl");
  bench.context().directory.Apply(work);
  const Element form = Execute(kDomain, "postern#preferences");
  EXPECT_EQ(ValuesOf(form, "language").front(), "auto");
  EXPECT_EQ(OwnConditionOf(Step(form, "complete", {{"language", {"xx"}}})), "bad-payload");
  EXPECT_EQ(StatusOf(Step(form, "complete", {{"language", {"de"}}})), "completed");
  ASSERT_EQ(bench.admin.preferences().size(), 1u);
  const auto stored = bench.admin.preferences().front();
  EXPECT_EQ(stored.user(), "ann@example.org");
  EXPECT_EQ(stored.preferences().language(), "de");
  EXPECT_EQ(stored.preferences().heard_language(), "nl");
  // At once, in all accounts.
  EXPECT_EQ(bench.context().interpreter.Of("ann@example.org").language(), "de");
  EXPECT_EQ(ValuesOf(Execute(kDomain, "postern#preferences"), "language").front(), "de");
  const Element back = Execute(kDomain, "postern#preferences");
  EXPECT_EQ(StatusOf(Step(back, "complete", {{"language", {"auto"}}})), "completed");
  EXPECT_EQ(bench.admin.preferences().back().preferences().language(), "");
}

}  // namespace
}  // namespace postern::xmpp_edge
