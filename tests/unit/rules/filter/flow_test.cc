#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rules/filter/filter_bench.h"

namespace postern::rules::filter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kAll[] = "Condition01=ALL|is|AND||";

// Each rule that is looked at leaves its name.
std::string Mark(int number, const std::string& more = "") {
  const std::string name = std::string(1, static_cast<char>('a' + number - 1));
  return RuleText(number, name, kAll,
                  "Action01=add header|\"X-Rule\",\"" + name + "\"" +
                      (more.empty() ? "" : "\nAction02=" + more));
}

// The rules that had their say: "a c".
std::string Seen(const std::string& source) {
  const std::string judged = Judged(source, "From: b@c.d\nSubject: x\n\n");
  std::string seen;
  for (size_t at = judged.find("\"value\":\""); at != std::string::npos;
       at = judged.find("\"value\":\"", at + 1)) {
    seen += std::string(seen.empty() ? "" : " ") + judged[at + 9];
  }
  return judged.find("error") == std::string::npos && judged[0] == '{' ? seen : judged;
}

TEST(FilterFlow, GoesFromTheFirstRuleToTheLast) {
  EXPECT_EQ(Seen(Mark(1) + Mark(2) + Mark(3)), "a b c");
}

TEST(FilterFlow, StopsSkipsAndJumps) {
  EXPECT_EQ(Seen(Mark(1) + Mark(2, "stop") + Mark(3)), "a b");
  EXPECT_EQ(Seen(Mark(1, "skip|1") + Mark(2) + Mark(3)), "a c");
  EXPECT_EQ(Seen(Mark(1, "skip 2 rules|") + Mark(2) + Mark(3) + Mark(4)), "a d");
  EXPECT_EQ(Seen(Mark(1, "skip|0") + Mark(2)), "a b");
  EXPECT_EQ(Seen(Mark(1, "skip|7") + Mark(2)), "a");
  EXPECT_EQ(Seen(Mark(1, "jump to rule|\"C\"") + Mark(2) + Mark(3)), "a c");
  EXPECT_EQ(Seen(Mark(1, "jump|Rule003") + Mark(2) + Mark(3)), "a c");
  EXPECT_EQ(Seen(Mark(1, "jump|3") + Mark(2) + Mark(3)), "a c");
  EXPECT_EQ(Seen(Mark(1, "delete") + Mark(2)), "a");
  EXPECT_EQ(Seen(Mark(1, "move to bad queue") + Mark(2)), "a");
}

TEST(FilterFlow, DoesWhatStandsBehindDeleteInTheSameRule) {
  EXPECT_EQ(Seen(RuleText(1, "a", kAll, "Action01=delete|\nAction02=add header|\"X-Rule\",\"a\"") +
                 Mark(2)),
            "a");
}

TEST(FilterFlow, CountsRulesThatAreOffWhenSkipping) {
  std::string off = Mark(2);
  off.replace(off.find("Enable=Yes"), 10, "Enable=No");
  EXPECT_EQ(Seen(Mark(1, "skip|1") + off + Mark(3)), "a c");
  EXPECT_EQ(Seen(Mark(1) + off + Mark(3)), "a c");
  EXPECT_THAT(Problems(Mark(1) + off + Mark(3)),
              HasSubstr("not in force, for they are off (Enable=No): \"b\" (line 9)"));
}

TEST(FilterFlow, LeavesOutRulesAboutMailThatLeaves) {
  std::string remote = Mark(1), local = Mark(2);
  remote.replace(remote.find("BOTH"), 4, "REMOTE");
  local.replace(local.find("BOTH"), 4, "LOCAL");
  EXPECT_EQ(Seen(remote + local), "b");
  EXPECT_THAT(Problems(remote + local),
              HasSubstr("rule \"a\" is left out: it is about mail that leaves"));
}

TEST(FilterFlow, RefusesToJumpBack) {
  EXPECT_THAT(Seen(Mark(1) + Mark(2, "jump to rule|a")),
              HasSubstr("f:9:1: rule \"b\" jumps back to \"a\": rules only jump forward"));
  EXPECT_THAT(Seen(Mark(1, "jump|a")), HasSubstr("rule \"a\" jumps back to \"a\""));
  EXPECT_THAT(Seen(Mark(1, "jump|nowhere")), HasSubstr("there is no such rule"));
  EXPECT_THAT(Seen(Mark(1, "skip|x")), HasSubstr("f:8:15: how many rules are skipped"));
}

TEST(FilterFlow, RefusesAFileWhoseGuardCantBeCarriedOver) {
  const std::string guard =
      RuleText(1, "guard", "Condition01=SUBJECT|sounds like|AND|x|", "Action01=stop|");
  EXPECT_THAT(Seen(guard + RuleText(2, "b", kAll, "Action01=delete|")),
              AllOf(HasSubstr("f:1:1: rule \"guard\" decides whether those after it"),
                    HasSubstr("line 6: \"sounds like\" is no comparison")));
  std::string off = guard;
  off.replace(off.find("Enable=Yes"), 10, "Enable=No");
  EXPECT_EQ(Seen(off + Mark(2)), "b");
}

// --- what a rule may lose ----------------------------------------------------------

TEST(FilterFlow, KeepsARuleWithoutAnActionOnlyWhereNoMailIsLost) {
  const std::string harmless = Mark(1, "send sms|\"555\"");
  EXPECT_EQ(Seen(harmless), "a");
  EXPECT_THAT(
      Problems(harmless),
      HasSubstr("f:1:1: warning: rule \"a\" goes without an action: line 8, send sms: there "
                "is no gateway to SMS"));
  const std::string fatal =
      RuleText(1, "a", kAll, "Action01=copy to folder|\"C:\\Archive\"\nAction02=delete|");
  EXPECT_THAT(Judged(fatal, "From: b@c.d\n\n"), HasSubstr("\"keep\""));
  EXPECT_THAT(
      Problems(fatal),
      HasSubstr("rule \"a\" is left out: line 7, copy to folder: \"C:\\Archive\" is a place "
                "on MDaemon's machine"));
  const std::string nothing = RuleText(1, "a", kAll, "Action01=sign DKIM selector|\"x\"");
  EXPECT_THAT(Problems(nothing), HasSubstr("rule \"a\" is left out: line 7"));
}

// --- the file -----------------------------------------------------------------------

TEST(FilterFile, NamesThePlaceOfEachError) {
  const struct {
    const char* source;
    const char* message;
  } cases[] = {
      {"RuleName=x\n", "f:1:1: this stands before the first rule"},
      {"[Rule001\n", "f:1:1: a section is named in brackets"},
      {"[Rule001]\nhello\n", "f:2:1: a line is a section, like [Rule001], or NAME=VALUE"},
      {"[Rule001]\nEnable=Perhaps\n", "f:2:8: Enable= is Yes or No"},
      {"[Rule001]\nThisRuleCondition=Some\n", "f:2:19: ThisRuleCondition= is All or Any"},
      {"[Rule001]\nProcessQueue=OUT\n", "f:2:14: ProcessQueue= is LOCAL, REMOTE or BOTH"},
      {"[Rule001]\nCondition01=SUBJECT\n", "f:2:13: a condition is HEADER|OPERATOR|AND or OR|"},
      {"[Rule001]\nCondition01=SUBJECT|contains|XOR|a|\n", "f:2:13: a condition is"},
      {"[Rule001]\nCondition01=SUBJECT|matches|AND|(a|\n", "f:2:33: this \"(\" has no \")\""},
      {"[Rule001]\nAction01=\n", "f:2:10: an action is NAME|ARGUMENTS"},
      {"[Rule001]\nAction01=add header|\"X\n", "f:2:21: a quote of this line has no end"},
      {"[Rule001]\nAction01=add header|\"X Y\",\"a\"\n", "f:2:21: the name of the header field"},
      {"[Rule99999999999]\n", "f:1:1: the number of this rule is too large"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const Compiled compiled = Compiling(c.source);
    EXPECT_EQ(compiled.program, nullptr);
    EXPECT_THAT(Problems(c.source), StartsWith(c.message));
  }
}

TEST(FilterFile, TellsAllWrongLinesAtOnce) {
  const std::string problems =
      Problems("[Rule001]\nThisRuleCondition=x\nAction01=skip|x\n[Rule002]\nAction01=skip|y\n");
  EXPECT_THAT(problems, AllOf(HasSubstr("f:2:19: "), HasSubstr("f:3:15: "), HasSubstr("f:5:15: ")));
  const std::string mixed = Problems(
      "[Rule001]\nRuleName=a\nEnable=Maybe\nCondition01=BOGUS\nCondition02=SUBJECT|frobs|AND|x|\n"
      "Action01=frobnicate|x\n[Rule002]\nRuleName=b\nAction01=frab|y\n");
  EXPECT_THAT(mixed,
              AllOf(HasSubstr("f:3:8: Enable= is Yes or No"), HasSubstr("f:4:13: a condition"),
                    HasSubstr("line 5: \"frobs\" is no comparison"),
                    HasSubstr("line 6, frobnicate: "), HasSubstr("line 9, frab: ")))
      << "what can't be carried over is told beside what can't be read";
}

TEST(FilterFile, PassesOverCommentsAndWhatItDoesNotKnow) {
  const std::string source = "; a comment\n# another\n[Settings]\nx=y\n" + Mark(1) + "Color=red\n";
  EXPECT_EQ(Seen(source), "a");
  EXPECT_THAT(Problems(source),
              AllOf(HasSubstr("f:3:1: warning: only sections like [Rule001] are rules"),
                    HasSubstr("rule \"a\": the setting Color= is passed over")));
}

TEST(FilterFile, CompilesTheExampleOfTheReference) {
  const std::string example =
      "[Rule001]\r\nRuleName=Detect BCC'd messages\r\nEnable=Yes\r\nThisRuleCondition=All\r\n"
      "ProcessQueue=LOCAL\r\nCondition01=TO|does not contain|AND|$HEADER:X-Rcpt-To$|\r\n"
      "Condition02=CC|does not contain|AND|$HEADER:X-Rcpt-To$|\r\n"
      "Action01=add header|\"X-BCC\",\"True\"\r\n";
  const Compiled compiled = Compiling(example);
  ASSERT_TRUE(compiled.program) << Problems(example);
  EXPECT_EQ(Problems(example), "");
  ASSERT_EQ(compiled.program->rules.size(), 1u);
  EXPECT_EQ(compiled.program->rules[0].name, "Detect BCC'd messages");
  EXPECT_EQ(compiled.program->origin.language, "content-filter");
  EXPECT_THAT(Judged(example, "From: b@c.d\nTo: x@y.z\nX-Rcpt-To: ann@example.org\n\n"),
              HasSubstr("{\"actions\":[{\"action\":\"addheader\",\"name\":\"X-BCC\",\"value\":"
                        "\"True\"},{\"action\":\"keep\""));
  EXPECT_THAT(Judged(example,
                     "From: b@c.d\nTo: Ann <ann@example.org>\nX-Rcpt-To: "
                     "ann@example.org\n\n"),
              Not(HasSubstr("addheader")));
}

TEST(FilterFile, IsKnownByWhatStandsInIt) {
  EXPECT_TRUE(LooksLikeFilter("[Rule001]\r\nRuleName=x\r\n"));
  EXPECT_FALSE(LooksLikeFilter("[MYISP]\r\ntype: SMTP\r\n"));
  EXPECT_FALSE(LooksLikeFilter("if header :is \"subject\" \"[Rule001]\" { discard; }"));
}

TEST(FilterFile, HasLimits) {
  std::string many;
  for (size_t i = 0; i <= kMaxRules; ++i) many += "[Rule1]\nAction01=stop\n";
  EXPECT_THAT(Problems(many), HasSubstr("more than 1000 rules in one file"));
  EXPECT_THAT(Problems(std::string(300 * 1024, ';')), HasSubstr("the file is larger than"));
}

}  // namespace
}  // namespace postern::rules::filter
