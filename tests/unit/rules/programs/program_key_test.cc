#include "services/rules/programs/program_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::rules {
namespace {

using ::testing::StartsWith;

TEST(ReadScope, KnowsFourKinds) {
  struct {
    const char* text;
    const char* scope;  // "": it is none
  } const cases[] = {
      {"site", "site"},
      {"site-after", "site-after"},
      {"domain:Example.org", "domain:example.org"},
      {"Ann@Example.org", "ann@example.org"},
      {"", ""},
      {"sites", ""},
      {"domain:", ""},
      {"domain:a@b", ""},
      {"a@b/c", ""},
      {"@b", ""},
      {"a@", ""},
      {"a@b@c", ""},
      {"a@b\nc", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(ReadScope(c.text).value_or(""), c.scope);
  }
  EXPECT_TRUE(IsOperators("domain:example.org"));
  EXPECT_FALSE(IsOperators("ann@example.org"));
  EXPECT_EQ(DomainScopeOf("ann@example.org"), "domain:example.org");
}

TEST(ProgramKey, HasANameWhereThereAreSeveral) {
  EXPECT_EQ(ReadProgramKey("a@b", v1::RULE_LANGUAGE_SIEVE, "")->name, "main");
  EXPECT_EQ(ReadProgramKey("a@b", v1::RULE_LANGUAGE_SIEVE, "away")->name, "away");
  for (const auto language : {v1::RULE_LANGUAGE_JSMAIL_REJECT, v1::RULE_LANGUAGE_PERSONAL}) {
    EXPECT_EQ(ReadProgramKey("a@b", language, "")->name, "");
    EXPECT_THAT(std::string(ReadProgramKey("a@b", language, "x").status().message()),
                StartsWith("name: "));
  }
  EXPECT_THAT(
      std::string(ReadProgramKey("a@b", v1::RULE_LANGUAGE_SIEVE, "a\nb").status().message()),
      StartsWith("name: "));
  EXPECT_THAT(
      std::string(ReadProgramKey("a@b", v1::RULE_LANGUAGE_UNSPECIFIED, "").status().message()),
      StartsWith("language: "));
}

TEST(ProgramKey, IsReadBackFromItsField) {
  const ProgramKey keys[] = {{"site", v1::RULE_LANGUAGE_JSMAIL_REJECT, ""},
                             {"ann@example.org", v1::RULE_LANGUAGE_SIEVE, "on holiday"},
                             {"domain:example.org", v1::RULE_LANGUAGE_CONTENT_FILTER, ""}};
  for (const ProgramKey& key : keys) {
    SCOPED_TRACE(FieldOf(key));
    EXPECT_EQ(ReadField(FieldOf(key)), key);
    EXPECT_FALSE(ReadActiveField(FieldOf(key)).has_value());
  }
  EXPECT_EQ(FieldOf(keys[0]), "site") << "as it was before there were other languages";
  EXPECT_EQ(FieldOf(keys[1]), "ann@example.org\nsieve\non holiday");
  EXPECT_EQ(ReadActiveField(ActiveFieldOf("site")), "site");
  EXPECT_FALSE(ReadField(ActiveFieldOf("site")).has_value());
  EXPECT_FALSE(ReadField("a@b\nesperanto\n").has_value());
}

}  // namespace
}  // namespace postern::rules
