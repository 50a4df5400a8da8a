#include "services/xmpp-edge/operator_commands.h"

#include "absl/strings/match.h"
#include "services/xmpp-edge/finger.h"
#include "tests/unit/xmpp-edge/command_bench.h"

namespace postern::xmpp_edge {
namespace {

TEST(OperatorLine, IsOneLineOfThreeWordsAtMost) {
  const struct {
    const char *body, *verb, *object;
  } cases[] = {
      {"operator", "", ""},
      {" Operator STATUS\n", "status", ""},
      {"operator disable Ann@example.org/Work", "disable", "Ann@example.org/Work"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.body);
    const auto line = ReadOperatorLine(c.body);
    ASSERT_TRUE(line);
    EXPECT_EQ(line->verb, c.verb);
    EXPECT_EQ(line->object, c.object);
  }
  for (const char* other : {"", "operators", "operator is not there now", "operator\nstatus",
                            "To: operator@example.org"}) {
    SCOPED_TRACE(other);
    EXPECT_FALSE(ReadOperatorLine(other));
  }
}

TEST(FingerLine, IsReadAsItIsWritten) {
  const Words words("en");
  const struct {
    const char *body, *user;
    bool wide;
  } cases[] = {
      {"finger fred", "fred", false},
      {"Finger Fred wide", "Fred", true},
      {"finger /W fred", "fred", true},
      {" finger  fred \n", "fred", false},
      {"finger", "", false},
      {"finger /w", "", true},
      {"finger of mine", "", false},
      {"finger a b c", "", false},
      {"finger /w fred wide", "", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.body);
    const auto question = ReadFingerLine(c.body, words);
    ASSERT_TRUE(question);
    EXPECT_EQ(question->user, c.user);
    EXPECT_EQ(question->wide, c.wide);
  }
  for (const char* other : {"", "fingers", "finger\nfred", "my finger"}) {
    SCOPED_TRACE(other);
    EXPECT_FALSE(ReadFingerLine(other, words));
  }
}

class OperatorCommands : public ::testing::Test, public CommandBench {
 protected:
  void SetUp() override {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(ImapAccount("bob@example.org", "his"));
    bench.rules.fingers = {{"fred", "I am Fred.\n"}, {"joe", ""}};
    bench.Install();
  }
  std::string Said(const std::string& body) {
    bench.sink.sent.clear();
    bench.Write(kAnn, kDomain, "c1", body);
    EXPECT_TRUE(bench.RunUntil([&] { return !bench.sink.sent.empty(); })) << body;
    return bench.sink.sent.back().ChildText("body");
  }
};

TEST_F(OperatorCommands, AreForOperatorsAlone) {
  for (const char* line : {"operator", "operator status", "operator disable bob@example.org/his",
                           "operator disable", "operator nonsense"}) {
    SCOPED_TRACE(line);
    EXPECT_EQ(Said(line), "Only operators of this gateway may do this, and you are none.");
  }
  EXPECT_TRUE(bench.admin.operator_commands().empty());
}

TEST_F(OperatorCommands, AreCarriedOutAndWrittenDown) {
  bench.admin.MakeOperator("ann@example.org");
  EXPECT_EQ(Said("operator accounts bob@example.org"), "his: connecting…");
  EXPECT_EQ(Said("operator disable bob@example.org/his"), "Done: disable bob@example.org/his");
  EXPECT_EQ(bench.admin.operator_commands().back().subject(), "bob@example.org/his");
  EXPECT_TRUE(bench.admin.operator_commands().back().changes());
  EXPECT_EQ(Said("operator accounts bob@example.org"), "his: disabled");
  EXPECT_FALSE(bench.admin.operator_commands().back().changes());
  EXPECT_EQ(Said("operator enable bob@example.org/his"), "Done: enable bob@example.org/his");
  EXPECT_EQ(Said("operator disable bob@example.org/none"), "there is no such account");
  EXPECT_EQ(Said("operator disable"), "Write \"operator disable\" with JID/NAME behind it.");
  EXPECT_TRUE(absl::StartsWith(Said("operator"), "operator status - "));
  EXPECT_TRUE(absl::StartsWith(Said("operator reboot now"), "operator status - "));
  EXPECT_TRUE(absl::StartsWith(Said("operator users please"), "operator status - "));
  EXPECT_EQ(Said("operator users"),
            "ann@example.org: accounts: 1, with an error: 0\n"
            "bob@example.org: accounts: 1, with an error: 0");
}

TEST_F(OperatorCommands, FingerTellsWhatAUserSays) {
  EXPECT_EQ(Said("finger Fred"), "I am Fred.");
  EXPECT_EQ(Said("finger fred wide"), "I am Fred.\nAnd more.");
  EXPECT_EQ(Said("finger joe"), "joe says nothing.");
  EXPECT_EQ(Said("finger eve"), "There is no user \"eve\" who says anything here.");
  EXPECT_TRUE(absl::StartsWith(Said("finger"), "Send \"finger\" with the name of a user"));
  const Element form = Execute(kDomain, "postern#finger");
  ASSERT_NE(FieldOf(form, "user"), nullptr);
  EXPECT_EQ(NoteOf(Step(form, "complete", {{"user", {"fred"}}, {"wide", {"1"}}})),
            "I am Fred.\nAnd more.");
}

}  // namespace
}  // namespace postern::xmpp_edge
