#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/csv.h"
#include "services/rules/jsmail/source.h"

namespace postern::rules::jsmail {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

CompileOptions WithTexts(bool operator_rule = true) {
  CompileOptions options;
  options.file_name = "r";
  options.operator_rule = operator_rule;
  options.local_domain = "ex.org";
  options.read_text = [](absl::string_view name) -> std::optional<std::string> {
    if (name == "info.txt") return "Dear friend,\r\nyes.\r\n";
    return std::nullopt;
  };
  return options;
}

// What a program does, by the kinds of its statements.
std::vector<std::string> Kinds(const std::string& source) {
  const Compiled compiled = CompileResponders(source, WithTexts());
  std::vector<std::string> kinds;
  if (!compiled.program) return {ToString(compiled.problems.at(0))};
  for (const Statement& statement : compiled.program->statements) {
    if (const auto* reply = std::get_if<Reply>(&statement)) {
      kinds.push_back("reply " + reply->file_name + (reply->run ? " made" : ""));
    } else if (const auto* run = std::get_if<RunProgram>(&statement)) {
      kinds.push_back("run " + run->program);
    } else if (const auto* redirect = std::get_if<Redirect>(&statement)) {
      kinds.push_back((redirect->copy ? "copy " : "redirect ") + redirect->address.literal());
    }
  }
  return kinds;
}

TEST(Responders, CompileAllFourForms) {
  EXPECT_THAT(Kinds("info,info.txt"), ElementsAre("reply info.txt"));
  EXPECT_THAT(Kinds("info,info.txt,!"), ElementsAre("reply info.txt"));
  EXPECT_THAT(Kinds("info,o.txt,/bin/gen"), ElementsAre("run gen", "reply o.txt made"));
  EXPECT_THAT(Kinds("info,c:\\jsmail\\info.txt,!,ann"),
              ElementsAre("reply info.txt", "copy ann@ex.org"));
  EXPECT_THAT(Kinds("info,info.txt,/bin/g,Ann@Example.net"),
              ElementsAre("run g", "reply info.txt made", "copy Ann@example.net"));
  EXPECT_THAT(Kinds("info,,!,ann"), ElementsAre("copy ann@ex.org"));
  EXPECT_THAT(Kinds("\"a, b\" , info.txt"), ElementsAre("reply info.txt"));
}

TEST(Responders, NameThePlaceOfEachError) {
  const struct {
    const char* source;
    const char* message;
  } cases[] = {
      {"info", "r:1:1: an entry is SUBJECT,TEXT"},
      {"info,info.txt,/bin/g,ann,x", "r:1:26: more than four fields"},
      {"info,", "r:1:6: the text is missing"},
      {",info.txt", "r:1:1: the subject to look for is missing"},
      {"info,none.txt", "r:1:6: there is no text none.txt"},
      {"\"info,info.txt", "r:1:1: this quote has no end"},
      {"info,..", "r:1:6: this can't be the name of a text"},
      {"info,info.txt,!,a b@c", "r:1:17: must be a user"},
      {"#file a/b\n", "r:1:7: a name of a file"},
      {"#file a\n#|x\n#file a\n", "r:3:7: this text stands here already"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const Compiled compiled = CompileResponders(c.source, WithTexts());
    EXPECT_EQ(compiled.program, nullptr);
    ASSERT_FALSE(compiled.problems.empty());
    EXPECT_THAT(ToString(compiled.problems[0]), StartsWith(c.message));
  }
}

TEST(Responders, OnlyAnOperatorRunsPrograms) {
  const Compiled compiled = CompileResponders("info,o.txt,gen", WithTexts(false));
  ASSERT_FALSE(compiled.problems.empty());
  EXPECT_THAT(ToString(compiled.problems[0]), HasSubstr("r:1:12: only rules of the site"));
}

TEST(Responders, WantADomainForUsersWhereMailIsSent) {
  CompileOptions options = WithTexts();
  options.local_domain = "";
  EXPECT_EQ(CompileResponders("i,info.txt,!,ann", options).program, nullptr);
  options.local_domain = "example.org";
  const Compiled compiled = CompileResponders("i,info.txt,!,ann", options);
  EXPECT_EQ(std::get<Redirect>(compiled.program->statements.back()).address.literal(),
            "ann@example.org");
}

TEST(Responders, HoldTheirTexts) {
  const std::string entries = "a,one.txt\nb,two.txt\nc,one.txt\n";
  EXPECT_THAT(TextsWanted(entries), ElementsAre("one.txt", "two.txt"));
  const std::string whole = entries + EmbeddedText("one.txt", "1\r\n# 1,2\n\n#file two.txt\n") +
                            EmbeddedText("two.txt", "2");
  EXPECT_THAT(TextsWanted(whole), IsEmpty());
  CompileOptions options;
  const Compiled compiled = CompileResponders(whole, options);
  ASSERT_TRUE(compiled.program) << ToString(compiled.problems.at(0));
  EXPECT_EQ(std::get<Reply>(compiled.program->statements[0]).text.literal(),
            "1\n# 1,2\n\n#file two.txt\n");
  EXPECT_EQ(std::get<Reply>(compiled.program->statements[1]).text.literal(), "2\n");
  const auto& first = std::get<Reply>(compiled.program->statements[0]);
  EXPECT_NE(first.handle, std::get<Reply>(compiled.program->statements[1]).handle);
  EXPECT_EQ(first.seconds, 24u * 3600);
}

TEST(Csv, SplitsFields) {
  const struct {
    const char* line;
    std::vector<std::string> fields;
  } cases[] = {
      {"a,b", {"a", "b"}},
      {" a , b ", {"a", "b"}},
      {"\"a, b\",c", {"a, b", "c"}},
      {"\"say \"\"hi\"\"\" , c", {"say \"hi\"", "c"}},
      {"a \"b\",c", {"a \"b\"", "c"}},
      {"a,,", {"a", "", ""}},
      {"", {""}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    const CsvLine split = SplitCsv(c.line);
    std::vector<std::string> texts;
    for (const CsvField& field : split.fields) texts.push_back(field.text);
    EXPECT_EQ(texts, c.fields);
    EXPECT_FALSE(split.unclosed);
  }
  EXPECT_TRUE(SplitCsv("a,\"b").unclosed);
}

}  // namespace
}  // namespace postern::rules::jsmail
