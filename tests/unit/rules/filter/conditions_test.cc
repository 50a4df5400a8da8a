#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rules/filter/filter_bench.h"

namespace postern::rules::filter {
namespace {

using ::testing::HasSubstr;

constexpr char kMail[] =
    "From: Bob <bob@example.net>\nTo: ann@example.org\nCc: carl@example.org\n"
    "Subject: Big OFFER\nX-Rcpt-To: ann@example.org\nX-Bar: a|b\n\nBuy now.\nLast line\n";

TEST(FilterConditions, CompareTexts) {
  const struct {
    const char* condition;
    bool holds;
  } cases[] = {
      {"SUBJECT|contains|AND|offer|", true},
      {"SUBJECT|contains|AND|offers|", false},
      {"SUBJECT|does not contain|AND|offer|", false},
      {"SUBJECT|does not contain|AND|offers|", true},
      {"Subject|is equal to|AND|big offer|", true},
      {"SUBJECT|equals|AND|offer|", false},
      {"SUBJECT|is not equal to|AND|offer|", true},
      {"SUBJECT|starts with|AND|big|", true},
      {"SUBJECT|begins with|AND|offer|", false},
      {"SUBJECT|does not start with|AND|offer|", true},
      {"SUBJECT|ends with|AND|offer|", true},
      {"SUBJECT|does not end with|AND|offer|", false},
      {"FROM|contains|AND|bob@example.net|", true},
      {"FROM|contains|AND|Bob <|", true},
      {"CC|contains|AND|carl|", true},
      {"X-Rcpt-To|exists|AND||", true},
      {"X-Nothing|exists|AND||", false},
      {"X-Nothing|does not exist|AND||", true},
      {"X-Nothing|does not contain|AND|x|", true},
      {"HEADER:X-Rcpt-To|contains|AND|ann|", true},
      {"MESSAGE BODY|contains|AND|buy NOW|", true},
      {"BODY|does not contain|AND|buy|", false},
      // several texts
      {"SUBJECT|contains|OR|nothing|offer|", true},
      {"SUBJECT|contains|AND|nothing|offer|", false},
      {"SUBJECT|contains|AND|big|offer|", true},
      {"SUBJECT|does not contain|AND|nothing|offer|", false},
      // regular expressions, in any case
      {"SUBJECT|matches regular expression|AND|^b(i|u)g +<offer>$|", true},
      {"SUBJECT|matches|AND|^big$|", false},
      {"SUBJECT|does not match|AND|^big$|", true},
      {"X-Bar|matches|AND|a\\|b|", true},
      {"BODY|matches|AND|^last|", true},
      // every mail
      {"ALL|is|AND||", true},
      {"ALL MESSAGES||AND||", true},
      {"ALL", true},
      {"ALL|", true},
      {"ALL MESSAGES", true},
      {"all messages|||", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.condition);
    EXPECT_EQ(Holds(std::string("Condition01=") + c.condition, kMail), c.holds);
  }
}

TEST(FilterConditions, AreJoined) {
  const std::string both =
      "Condition01=SUBJECT|contains|AND|offer|\n"
      "Condition02=SUBJECT|contains|AND|nothing|";
  EXPECT_FALSE(Holds(both, kMail, "All"));
  EXPECT_TRUE(Holds(both, kMail, "Any"));
  const std::string neither =
      "Condition01=SUBJECT|contains|AND|a thing|\n"
      "Condition02=SUBJECT|contains|AND|nothing|";
  EXPECT_FALSE(Holds(neither, kMail, "Any"));
  const std::string second_or =
      "Condition01=FROM|contains|AND|bob|\n"
      "Condition02=SUBJECT|contains|OR|nothing|offer|";
  EXPECT_TRUE(Holds(second_or, kMail, "All"));
}

// What the BCC rule of the reference asks, and what it would do if the field were missing.
TEST(FilterConditions, MayHoldMacros) {
  const std::string bcc =
      "Condition01=TO|does not contain|AND|$HEADER:X-Rcpt-To$|\n"
      "Condition02=CC|does not contain|AND|$HEADER:X-Rcpt-To$|";
  EXPECT_FALSE(Holds(bcc, kMail));
  EXPECT_TRUE(Holds(bcc, "From: b@c.d\nTo: x@y.z\nX-Rcpt-To: ann@example.org\n\n"));
  EXPECT_FALSE(Holds(bcc, "From: b@c.d\nTo: x@y.z\n\n"));
  EXPECT_FALSE(
      Holds("Condition01=TO|contains|AND|$HEADER:X-Rcpt-To$|", "From: b@c.d\nTo: x@y.z\n\n"));
  // What a mail says is text, and no macro or wildcard.
  EXPECT_TRUE(Holds("Condition01=SUBJECT|contains|AND|$HEADER:X-A$|",
                    "From: b@c.d\nSubject: $SENDER$ *\nX-A: $SENDER$ *\n\n"));
}

TEST(FilterConditions, CompareTextsBeyondAsciiInAnyCase) {
  EXPECT_TRUE(Holds("Condition01=SUBJECT|contains|AND|ÄRGER|",
                    "From: b@c.d\nSubject: =?utf-8?q?=C3=84rger?=\n\n"));
}

TEST(FilterConditions, AskForSizes) {
  const std::string mail = std::string("From: b@c.d\n\n") + std::string(11 * 1024, 'x') + "\n";
  EXPECT_TRUE(Holds("Condition01=MESSAGE SIZE|is greater than|AND|10|", mail));
  EXPECT_FALSE(Holds("Condition01=SIZE|is greater than|AND|12 KB|", mail));
  EXPECT_TRUE(Holds("Condition01=SIZE|is less than|AND|1 MB|", mail));
  EXPECT_THAT(Problems(OneRule("Condition01=SIZE|is greater than|AND|big|", "Action01=delete|")),
              HasSubstr("f:6:38: a size is a number of kilobytes"));
}

constexpr char kWithFile[] =
    "From: b@c.d\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHi\n--b\n"
    "Content-Type: application/octet-stream; name=\"Setup.EXE\"\n"
    "Content-Disposition: attachment; filename=\"Setup.EXE\"\n\nMZ\n--b--\n";

TEST(FilterConditions, AskForAttachments) {
  const struct {
    const char* condition;
    bool holds;
  } cases[] = {
      {"ATTACHMENT|exists|AND||", true},          {"MESSAGE HAS ATTACHMENT||AND||", true},
      {"ATTACHMENT|does not exist|AND||", false}, {"ATTACHMENT|is|AND|No|", false},
      {"ATTACHMENT|contains|AND|*.exe|", true},   {"HAS FILE|is|AND|*.exe|", true},
      {"FILE|is|AND|setup.???|", true},           {"FILE|contains|AND|up.e|", true},
      {"FILE|is|OR|*.com|*.exe|", true},          {"FILE|is|AND|*.com|", false},
      {"FILE|is not|AND|*.com|", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.condition);
    EXPECT_EQ(Holds(std::string("Condition01=") + c.condition, kWithFile), c.holds);
  }
  EXPECT_FALSE(Holds("Condition01=ATTACHMENT|exists|AND||", kMail));
}

TEST(FilterConditions, AskForVirusesSignaturesAndGroups) {
  EXPECT_TRUE(Holds("Condition01=INFECTED|is|AND||", "X-Virus-Status: Infected\n\n"));
  EXPECT_FALSE(Holds("Condition01=INFECTED|is|AND||", "X-Virus-Status: Clean\n\n"));
  EXPECT_FALSE(Holds("Condition01=MESSAGE IS INFECTED||AND||", "From: b@c.d\n\n"));
  const std::string sealed =
      "From: b@c.d\nContent-Type: multipart/signed; boundary=b;\n "
      "protocol=\"application/pgp-signature\"\n\n--b\n\nHi\n--b--\n";
  EXPECT_TRUE(Holds("Condition01=DIGITALLY SIGNED|is|AND||", sealed));
  EXPECT_FALSE(Holds("Condition01=DIGITALLY SIGNED|is not|AND||", sealed));
  EXPECT_FALSE(Holds("Condition01=DIGITALLY SIGNED|is|AND||", kMail));

  Facts facts = FilterFacts();
  facts.looked_up[ListMemberFact("tag:postern,group:sales-team", "bob@example.net")] = "yes";
  facts.looked_up[ListMemberFact("tag:postern,group:staff", "ann@example.org")] = "yes";
  facts.looked_up[ListMemberFact("tag:postern,group:staff", "bob@example.net")] = "no";
  EXPECT_TRUE(Holds("Condition01=SENDER|is a member of|AND|Sales Team|", kMail, "All", facts));
  EXPECT_FALSE(Holds("Condition01=SENDER IN GROUP|is|AND|staff|", kMail, "All", facts));
  EXPECT_TRUE(Holds("Condition01=RECIPIENT|is a member of|AND|staff|", kMail, "All", facts));
}

// --- exit codes ------------------------------------------------------------------

std::string Scanner(const std::string& condition) {
  return RuleText(1, "scan", "Condition01=SUBJECT|contains|AND|scan|",
                  "Action01=run process|\"C:\\Scan\\check.exe $MESSAGEFILENAME$\",\"20\"") +
         RuleText(2, "verdict", condition, "Action01=delete|");
}

std::string WithCode(const std::string& source, const std::string& subject,
                     const std::string& code) {
  Facts facts = FilterFacts();
  if (!code.empty()) {
    const Compiled compiled = Compiling(source);
    EXPECT_TRUE(compiled.program) << Problems(source);
    facts.looked_up[RunFact(compiled.program->origin.hash, 0)] = code;
  }
  return Judged(source, "From: b@c.d\nSubject: " + subject + "\n\n", facts);
}

TEST(FilterConditions, AskForTheCodeOfTheProgramBefore) {
  const std::string is = Scanner("Condition01=EXIT CODE|is equal to|AND|1|");
  const std::string is_not = Scanner("Condition01=EXIT CODE|is not equal to|AND|0|");
  const struct {
    const std::string& source;
    const char* subject;
    const char* code;
    bool deleted;
  } cases[] = {
      {is, "scan", "1", true},
      {is, "scan", "0", false},
      {is, "scan", "-1", false},
      {is_not, "scan", "1", true},
      {is_not, "scan", "0", false},
      {is_not, "scan", "-1", false},  // it could not be run: nobody knows
      {is_not, "other", "1", false},  // it was not run for this mail
      {is, "other", "1", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.subject) + c.code);
    EXPECT_EQ(WithCode(c.source, c.subject, c.code).find("discard") != std::string::npos,
              c.deleted);
  }
}

TEST(FilterConditions, RunNothingForMailsThatTheRuleIsNotAbout) {
  const std::string source = Scanner("Condition01=EXIT CODE|is equal to|AND|1|");
  const Compiled compiled = Compiling(source);
  ASSERT_TRUE(compiled.program);
  const auto& run = std::get<RunProgram>(compiled.program->statements.at(0));
  EXPECT_EQ(run.program, "check.exe");
  EXPECT_EQ(run.seconds, 20u);
  EXPECT_EQ(compiled.program->runs, 1u);
  MessageView view("Subject: other\r\n\r\n");
  const Stage stages[] = {{std::make_shared<const PreparedProgram>(compiled.program), true}};
  EvaluationLimits limits;
  limits.wall = absl::InfiniteDuration();
  EXPECT_TRUE(EvaluateStages(stages, view, FilterFacts(), limits).missing.empty());
}

TEST(FilterConditions, KnowThatTheProgramOfARuleThatIsLeftOutDoesNotRun) {
  const std::string source =
      RuleText(1, "scan", "Condition01=SUBJECT|sounds like|AND|x|",
               "Action01=run process|\"check.exe\"") +
      RuleText(2, "verdict", "Condition01=EXIT CODE|is equal to|AND|1|", "Action01=delete|");
  EXPECT_THAT(Problems(source), HasSubstr("no rule before this one runs a program"));
  ASSERT_TRUE(Compiling(source).program);
  EXPECT_EQ(Compiling(source).program->runs, 0u);
}

TEST(FilterConditions, TellWhatNobodyCanAsk) {
  const struct {
    const char* condition;
    const char* problem;
  } cases[] = {
      {"SUBJECT|sounds like|AND|x|", "\"sounds like\" is no comparison"},
      {"SUBJECT|contains|AND||", "an empty text stands in every mail"},
      {"SUBJECT|is greater than|AND|5|", "can't be asked of SUBJECT"},
      {"THE WEATHER|contains|AND|sun|", "neither a header field nor"},
      {"EXIT CODE|is equal to|AND|1|", "no rule before this one runs a program"},
      {"SENDER|is a member of|AND|a/b|", "a group is a list of addresses"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.condition);
    const std::string source =
        OneRule(std::string("Condition01=") + c.condition, "Action01=delete|");
    EXPECT_TRUE(Compiling(source).program);
    EXPECT_THAT(Problems(source), HasSubstr("f:1:1: warning: rule \"one\" is left out: line 6: "));
    EXPECT_THAT(Problems(source), HasSubstr(c.problem));
    EXPECT_THAT(Judged(source, kMail), HasSubstr("\"keep\""));
  }
}

}  // namespace
}  // namespace postern::rules::filter
