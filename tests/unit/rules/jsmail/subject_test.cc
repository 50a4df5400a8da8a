#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/rules/jsmail/compile.h"

namespace postern::rules::jsmail {
namespace {

using ::testing::StartsWith;

Compiled Compile(const std::string& source) {
  CompileOptions options;
  options.file_name = "s";
  return CompileSubject(source, options);
}

TEST(SubjectFile, SaysWhoseMailItIs) {
  const Compiled compiled = Compile("ann:^\\[sales\\]\nbob@example.org:x:y\n");
  ASSERT_TRUE(compiled.program);
  const auto& ann = std::get<Deliver>(compiled.program->statements[0]).to.at(0);
  ASSERT_EQ(ann.pieces.size(), 2u);
  EXPECT_EQ(ann.pieces[0].text, "ann");
  EXPECT_EQ(ann.pieces[1].kind, Piece::kFact);
  EXPECT_EQ(ann.pieces[1].text, kOwnersDomain);
  EXPECT_EQ(std::get<Deliver>(compiled.program->statements[1]).to.at(0).literal(),
            "bob@example.org");
  EXPECT_EQ(compiled.program->rules.size(), 2u);
}

TEST(SubjectFile, NamesThePlaceOfEachError) {
  const struct {
    const char* source;
    const char* message;
  } cases[] = {
      {"ann", "s:1:1: an entry is USER:EXPRESSION"},
      {":x", "s:1:1: a user's name must come before the colon"},
      {"a b:x", "s:1:1: a user's name"},
      {"ann@:x", "s:1:1: a user's name"},
      {"ann@a/b:x", "s:1:1: a user's name"},
      {"ann:", "s:1:5: the expression is empty"},
      {"\n ann:a[z-a]", "s:2:8: the range"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const Compiled compiled = Compile(c.source);
    EXPECT_EQ(compiled.program, nullptr);
    ASSERT_FALSE(compiled.problems.empty());
    EXPECT_THAT(ToString(compiled.problems[0]), StartsWith(c.message));
  }
  EXPECT_THAT(ToString(Compile("ann: x").problems.at(0)), StartsWith("s:1:5: warning: the blank"));
}

}  // namespace
}  // namespace postern::rules::jsmail
