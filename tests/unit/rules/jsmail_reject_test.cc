#include "services/rules/jsmail_reject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace postern::rules {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(RejectFile, ReadsRulesBlankLinesAndComments) {
  const auto file = ParseRejectFile(
      "# spam\r\n\r\n  source:@myhost\\.com\r\n!subject:^ok$\n\t# indented\nreceived:evil\\.net",
      "reject.txt");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->warnings, IsEmpty());
  const auto& rules = file->program.rules;
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].line, 3);
  EXPECT_EQ(rules[0].text, "source:@myhost\\.com");
  EXPECT_EQ(rules[0].then, Effect::kReject);
  EXPECT_EQ(rules[1].when.field, Field::kSubject);
  EXPECT_EQ(rules[1].then, Effect::kAccept);
  EXPECT_EQ(rules[2].when.field, Field::kReceived);
  EXPECT_EQ(file->program.hash.size(), 64u);
}

TEST(RejectFile, TakesTheMarkInEitherPlace) {
  for (const char* line : {"!source:^a@b$", "source:!^a@b$"}) {
    SCOPED_TRACE(line);
    const auto file = ParseRejectFile(line, "f");
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(file->program.rules[0].then, Effect::kAccept);
    EXPECT_EQ(file->program.rules[0].when.pattern->pattern(), "^a\\@b$");
  }
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
    const auto file = ParseRejectFile(c.source, "r");
    EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(file.status().message()), StartsWith(c.message));
  }
}

TEST(RejectFile, ReportsAllErrorsAtOnce) {
  const auto file = ParseRejectFile("x\nsubject:ok\ny", "r");
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("r:1:1: "));
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("\nr:3:1: "));
}

TEST(RejectFile, WarnsOfTraps) {
  const struct {
    const char* source;
    const char* warning;
  } cases[] = {
      {"source:!fred@myhost.com", "r:1:9: not anchored"},
      {"source:!fred@myhost.com", "r:1:24: not anchored"},
      {"source:!fred@myhost.com", "r:1:20: \".\" stands for any character"},
      {"subject: foo", "r:1:9: the blank behind the colon"},
      {"subject:foo ", "r:1:12: the blank at the end"},
      {"subject:a*", "r:1:9: this matches every mail"},
      {"subject:a|b", "r:1:10: \"|\" is an ordinary character"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const auto file = ParseRejectFile(c.source, "r");
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_THAT(file->warnings, Contains(StartsWith(c.warning)));
  }
}

TEST(RejectFile, SaysNothingAboutCarefulRules) {
  for (const char* source : {"source:!^fred@myhost\\.com$", "source:@myhost.com", "source:!@a\\.b$",
                             "subject:\\$\\$\\$", "subject:^$"}) {
    SCOPED_TRACE(source);
    const auto file = ParseRejectFile(source, "r");
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_THAT(file->warnings, IsEmpty());
  }
}

TEST(RejectFile, ReadsOldFilesAsLatin1) {
  const auto file = ParseRejectFile("subject:caf\xE9", "r");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(RE2::PartialMatch("caf\xC3\xA9", *file->program.rules[0].when.pattern));
  EXPECT_THAT(file->warnings, ElementsAre(HasSubstr("Latin-1")));
  EXPECT_TRUE(ParseRejectFile("\xEF\xBB\xBFsubject:x", "r").ok()) << "a byte order mark";
}

TEST(RejectFile, HasLimits) {
  std::string many;
  for (size_t i = 0; i < kMaxRules; ++i) absl::StrAppend(&many, "source:@h", i, "\\.com$\n");
  EXPECT_TRUE(ParseRejectFile(many, "r").ok());
  EXPECT_THAT(std::string(ParseRejectFile(many + "subject:x", "r").status().message()),
              StartsWith("r:2001:1: more than 2000 rules"));
  EXPECT_THAT(
      std::string(ParseRejectFile(std::string(kMaxSourceBytes + 1, '\n'), "r").status().message()),
      HasSubstr("larger than 256 KiB"));
}

}  // namespace
}  // namespace postern::rules
