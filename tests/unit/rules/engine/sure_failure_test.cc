#include "services/rules/engine/sure_failure.h"

#include <gmock/gmock.h>

#include "services/rules/engine/run_limits.h"
#include "tests/unit/rules/engine/engine_bench.h"

namespace postern::rules {
namespace {

using ::testing::HasSubstr;

// "line: text" of the warnings; empty: there are none.
std::string Warned(const std::string& script, bool operator_rule = false) {
  std::string told;
  for (const Problem& problem :
       SureFailures(Prepared(script)->program(), EvaluationLimits(), operator_rule)) {
    EXPECT_TRUE(problem.warning);
    absl::StrAppend(&told, told.empty() ? "" : "\n", problem.file, ":", problem.at.line, ": ",
                    problem.text);
  }
  return told;
}

std::string Redirects(int first, int count) {
  std::string script;
  for (int i = first; i < first + count; ++i)
    absl::StrAppend(&script, "redirect \"u", i, "@example.net\";\n");
  return script;
}

TEST(SureFailure, IsToldOfRedirectsThatNoConditionStandsBefore) {
  EXPECT_EQ(Warned(Redirects(0, 4)), "");
  EXPECT_THAT(Warned(Redirects(0, 6)), HasSubstr("script:5: more than 4 redirects"));
  EXPECT_EQ(Warned(Redirects(0, 8), true), "") << "an operator's";
  EXPECT_THAT(Warned(Redirects(0, 9), true), HasSubstr("script:9: more than 8 redirects"));
  EXPECT_EQ(Warned(Redirects(0, 4) + Redirects(0, 4)), "") << "the same twice is done once";
  EXPECT_EQ(Warned(Redirects(0, 4) + "stop;" + Redirects(4, 4)), "");
}

TEST(SureFailure, IsNotToldOfWhatDependsOnTheMail) {
  const std::string test = "header \"subject\" \"x\"";
  EXPECT_EQ(Warned("if " + test + " {" + Redirects(0, 6) + "}"), "");
  EXPECT_EQ(Warned("if " + test + " {keep;} elsif size :over 1K {" + Redirects(0, 6) + "} else {" +
                   Redirects(6, 6) + "}"),
            "");
  EXPECT_EQ(Warned("if anyof (" + test + ", allof (not " + test + ", size :over 1)) {" +
                   Redirects(0, 6) + "}"),
            "");
  EXPECT_EQ(Warned("require [\"foreverypart\", \"mime\"]; foreverypart {" + Redirects(0, 6) + "}"),
            "");
  EXPECT_THAT(Warned("if " + test + " {keep;} else {discard;}\n" + Redirects(0, 5)),
              HasSubstr("script:6: more than 4 redirects"));
}

TEST(SureFailure, IsToldOfNotificationsAndActions) {
  std::string script = "require \"enotify\";\n";
  for (int i = 0; i < 4; ++i) script += "notify \"xmpp:ann@example.org\";\n";
  EXPECT_THAT(Warned(script), HasSubstr("script:5: more than 3 notifications"));
  EXPECT_EQ(Warned(script, true), "");
  script = "require \"fileinto\";\n";
  for (int i = 0; i < 32; ++i) absl::StrAppend(&script, "fileinto \"f", i, "\";\n");
  EXPECT_EQ(Warned(script), "");
  EXPECT_THAT(Warned(script + "fileinto \"more\";"), HasSubstr("script:34: more than 32 actions"));
}

TEST(SureFailure, IsToldOfWhatCanNotBeDoneTogether) {
  const std::string start = "require [\"reject\", \"ereject\", \"fileinto\", \"vacation\"];\n";
  const struct {
    const char* script;
    const char* told;  // empty: all is well
  } cases[] = {
      {"reject \"x\"; keep;", "script:2: a mail can't be rejected and also kept"},
      {"keep; ereject \"x\";", "script:2: a mail can't be rejected and also kept"},
      {"fileinto \"A\";\nreject \"x\";", "script:3: a mail can't be rejected and also kept"},
      {"redirect \"a@b.c\"; reject \"x\";", "script:2: a mail can't be rejected and also kept"},
      {"reject \"x\"; reject \"y\";", "script:2: a mail can't be rejected twice"},
      {"vacation \"x\";\nvacation \"y\";", "script:3: a mail can't be answered by two vacation"},
      {"vacation \"x\"; reject \"y\";", "script:2: a mail can't be rejected and also answered"},
      {"if header \"a\" \"b\" {\nreject \"x\";\nkeep; }",
       "script:4: a mail can't be rejected and also kept"},
      {"reject \"x\"; if header \"a\" \"b\" { discard; }\nkeep;",
       "script:3: a mail can't be rejected and also kept"},
      {"reject \"x\"; stop; keep;", ""},
      {"reject \"x\"; discard;", ""},
      {"if header \"a\" \"b\" { reject \"x\"; } else { keep; }", ""},
      {"if header \"a\" \"b\" { reject \"x\"; stop; } keep;", ""},
      {"if header \"a\" \"b\" { reject \"x\"; }", ""},
      {"keep; fileinto \"A\"; redirect \"a@b.c\"; vacation \"x\";", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.script);
    const std::string script = start + c.script;
    if (c.told[0] == '\0') {
      EXPECT_EQ(Warned(script), "");
      continue;
    }
    EXPECT_THAT(Warned(script), HasSubstr(c.told));
    EXPECT_EQ(Warned(script).find('\n'), std::string::npos) << "once";
    EXPECT_TRUE(Outcome(script, "From: bob@example.net\nA: b\n\nx\n").error.has_value());
  }
}

TEST(SureFailure, IsWhatEvaluatingComesTo) {
  for (const bool operator_rule : {false, true}) {
    for (int count = 3; count < 11; ++count) {
      SCOPED_TRACE(absl::StrCat(count, " redirects, operator: ", operator_rule));
      const std::string script = Redirects(0, count);
      const Stage stages[] = {{Prepared(script), operator_rule}};
      const std::string bytes = MailOf("From: bob@example.net\n\nx\n");
      MessageView mail(bytes);
      const Evaluation evaluation = EvaluateStages(stages, mail, SomeFacts(), SomeLimits());
      EXPECT_EQ(evaluation.error.has_value(), !Warned(script, operator_rule).empty());
      EXPECT_EQ(evaluation.error.has_value(),
                count > static_cast<int>(MostRedirects(EvaluationLimits(), operator_rule)));
    }
  }
}

}  // namespace
}  // namespace postern::rules
