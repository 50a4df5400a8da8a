#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/source.h"

namespace postern::rules::jsmail {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Compiled Compile(const std::string& source) {
  CompileOptions options;
  options.file_name = "r";
  return CompileReject(source, options);
}

std::vector<std::string> Told(const Compiled& compiled) {
  std::vector<std::string> told;
  for (const Problem& problem : compiled.problems) told.push_back(ToString(problem));
  return told;
}

TEST(RejectFile, ReadsRulesBlankLinesAndComments) {
  const Compiled file = Compile(
      "# spam\r\n\r\n  source:@myhost\\.com\r\n!subject:^ok$\n\t# indented\nreceived:evil\\.net");
  ASSERT_TRUE(file.program) << absl::StrJoin(Told(file), "\n");
  EXPECT_THAT(Told(file), IsEmpty());
  EXPECT_EQ(file.program->rules.size(), 3u);
  EXPECT_THAT(file.program->texts, Contains("source:@myhost\\.com"));
  EXPECT_EQ(file.program->origin.hash.size(), 64u);
  EXPECT_EQ(file.program->origin.language, "jsmail-reject");
  EXPECT_TRUE(file.program->accept_overrides);
  EXPECT_FALSE(file.program->for_each_recipient);
  EXPECT_FALSE(file.program->needs_message);
  EXPECT_TRUE(Compile("destination:x").program->for_each_recipient);
}

TEST(RejectFile, NamesThePlaceOfEachError) {
  const struct {
    const char* source;
    const char* message;
  } cases[] = {
      {"sender:x", "r:1:1: a rule begins with source:"},
      {"source", "r:1:1: a rule begins with source:"},
      {"\n  bogus:x", "r:2:3: a rule begins with source:"},
      {"source :x", "r:1:1: a rule begins with source:"},
      {"!source:!x", "r:1:9: one \"!\" is enough"},
      {"subject:", "r:1:9: the expression is empty"},
      {"subject:!", "r:1:10: the expression is empty"},
      {"subject:abc\\", "r:1:12: the expression ends in a lone backslash"},
      {"subject:\xC3\xA9[z-a]", "r:1:11: the range z-a runs backwards"},
      {"subject:a\x01", "r:1:10: a control character"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const Compiled file = Compile(c.source);
    EXPECT_EQ(file.program, nullptr);
    ASSERT_FALSE(file.problems.empty());
    EXPECT_THAT(Told(file).front(), StartsWith(c.message));
  }
}

TEST(RejectFile, ReportsAllErrorsAtOnce) {
  EXPECT_THAT(Told(Compile("x\nsubject:ok\ny")),
              AllOf(Contains(StartsWith("r:1:1: ")), Contains(StartsWith("r:3:1: "))));
}

TEST(RejectFile, WarnsOfTraps) {
  const struct {
    const char* source;
    const char* warning;
  } cases[] = {
      {"source:!fred@myhost.com", "r:1:9: warning: not anchored"},
      {"source:!fred@myhost.com", "r:1:24: warning: not anchored"},
      {"source:!fred@myhost.com", "r:1:20: warning: \".\" stands for any character"},
      {"subject: foo", "r:1:9: warning: the blank behind the colon"},
      {"subject:foo ", "r:1:12: warning: the blank at the end"},
      {"subject:a*", "r:1:9: warning: this matches every mail"},
      {"subject:a|b", "r:1:10: warning: \"|\" is an ordinary character"},
      {"subject:caf\xE9", "r:1:1: warning: not UTF-8"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const Compiled file = Compile(c.source);
    EXPECT_TRUE(file.program);
    EXPECT_THAT(Told(file), Contains(StartsWith(c.warning)));
  }
}

TEST(RejectFile, SaysNothingAboutCarefulRules) {
  for (const char* source : {"source:!^fred@myhost\\.com$", "source:@myhost.com", "source:!@a\\.b$",
                             "subject:\\$\\$\\$", "subject:^$", "\xEF\xBB\xBFsubject:x"}) {
    SCOPED_TRACE(source);
    const Compiled file = Compile(source);
    EXPECT_TRUE(file.program);
    EXPECT_THAT(Told(file), IsEmpty());
  }
}

TEST(RejectFile, HasLimits) {
  std::string many;
  for (size_t i = 0; i < kMaxRules; ++i) absl::StrAppend(&many, "source:@h", i, "\\.com$\n");
  EXPECT_TRUE(Compile(many).program);
  EXPECT_THAT(Told(Compile(many + "subject:x")),
              Contains(StartsWith("r:2001:1: more than 2000 rules")));
  EXPECT_THAT(Told(Compile(std::string(kMaxSourceBytes + 1, '\n'))),
              Contains(HasSubstr("larger than 256 KiB")));
  EXPECT_EQ(Compile(std::string(200'000, 'x').replace(0, 8, "subject:")).program, nullptr);
  std::string wrong;
  for (int i = 0; i < 1000; ++i) wrong += "x\n";
  EXPECT_LE(Told(Compile(wrong)).size(), 50u);
}

}  // namespace
}  // namespace postern::rules::jsmail
