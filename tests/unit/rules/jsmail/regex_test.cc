#include "services/rules/jsmail/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/rules/ir/program.h"

namespace postern::rules::jsmail {
namespace {

using ::testing::HasSubstr;

bool Matches(const std::string& pattern, const std::string& text) {
  const TranslatedRegex translated = TranslateRegex(pattern);
  EXPECT_FALSE(translated.error) << translated.error->text;
  const auto compiled = CompilePattern(translated.re2, PatternMemory(1));
  EXPECT_TRUE(compiled.ok()) << compiled.status() << " in " << translated.re2;
  return compiled.ok() && RE2::PartialMatch(text, **compiled);
}

TEST(JsmailRegex, MatchesAsJsmailDid) {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } cases[] = {
      {"abc", "xabcx", true},
      {"abc", "ABC", false},
      {"a.c", "xxabcxx", true},
      {"a.c",
       "a\xC3\xA9"
       "c",
       true},  // a code point, not a byte
      {"^.$", "a", true},
      {"^.$", "\xE2\x82\xAC", true},
      {"^.$", "ab", false},
      {"^.$", "", false},
      {".* [a-z]+ .*", "A b C", true},
      {".* [a-z]+ .*", "AbC", false},
      {"A*", "zzz", true},
      {"(free)", "(free)", true},
      {"(free)", "free", false},
      {"a|b", "a", false},
      {"a|b", "a|b", true},
      {"a{2}", "aa", false},
      {"a{2}", "a{2}", true},
      {"\\d", "5", false},
      {"\\d", "d", true},
      {"^a+?$", "", true},
      {"^a+?$", "aaa", true},
      {"^a?+$", "aaa", true},
      {"^a**$", "aaa", true},
      {"^a**$", "aab", false},
      {"*foo", "*foo", true},
      {"*foo", "foo", false},
      {"^*a", "*a", true},
      {"\xC3\xA9+", "\xC3\xA9\xC3\xA9", true},
      {"^\xC3\xA9+$", "\xC3\xA9\xC3\xA9", true},
      {"\\$\\$\\$", "win $$$", true},
      {"\\$\\$\\$", "win $$", false},
      {"\\\\", "a\\b", true},
      {"\\.", "x", false},
      {"\\ a", " a", true},
      {"\\\xC3\xA9", "\xC3\xA9", true},
      {"a$b", "a$b", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.pattern) + " in \"" + c.text + "\"");
    EXPECT_EQ(Matches(c.pattern, c.text), c.matches);
  }
}

TEST(JsmailRegex, ReadsBracketsAsJsmailDid) {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } cases[] = {
      {"^[]a]$", "]", true},
      {"^[]a]$", "a", true},
      {"^[-a]$", "-", true},
      {"^[a-]$", "-", true},
      {"^[^]a]$", "]", false},
      {"^[^]a]$", "b", true},
      {"^[^-a]$", "-", false},
      {"^[a\\]b]$", "]", true},
      {"^[a\\]b]$", "\\", false},
      {"^[\\d]$", "\\", true},  // a backslash before any other character is one
      {"^[\\d]$", "d", true},
      {"^[\\d]$", "5", false},
      {"^[\\^x]$", "^", true},
      {"^[x^]$", "^", true},
      {"^[[.a.]]$", "a", true},
      {"^[[=a=]]$", "a", true},
      {"^[[.-.]]$", "-", true},
      {"^[[.a.]-c]$", "b", true},
      {"^[[.]$", ".", true},
      {"^[[.]$", "[", true},
      {"^[.*+?(){}|$]+$", ".*+?(){}|$", true},
      {"^[\xC3\xA0-\xC3\xBF]$", "\xC3\xA9", true},
      {"^[\xC3\xA0-\xC3\xBF]$", "e", false},
      {"[unclosed", "[unclosed", true},
      {"[unclosed", "u", false},
      {"^[Ss][Ee][Xx]", "sEx", true},
      {"^[Ss][Ee][Xx]", "about sex", false},
      {"^[a-c]+?$", "", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.pattern) + " in \"" + c.text + "\"");
    EXPECT_EQ(Matches(c.pattern, c.text), c.matches);
  }
}

TEST(JsmailRegex, WarnsWhereItReadsOtherwiseThanPeopleExpect) {
  const struct {
    const char* pattern;
    size_t offset;
    const char* words;
  } cases[] = {
      {"*foo", 0, "nothing stands before"}, {"ab[c", 2, "has no"},
      {"x\\d", 1, "the letter d"},          {"a|b", 1, "not an alternative"},
      {"a{2}", 1, "not a repetition"},      {"[[:alpha:]]", 1, "classes"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.pattern);
    const TranslatedRegex translated = TranslateRegex(c.pattern);
    ASSERT_FALSE(translated.warnings.empty());
    EXPECT_EQ(translated.warnings[0].offset, c.offset);
    EXPECT_THAT(translated.warnings[0].text, HasSubstr(c.words));
  }
  EXPECT_TRUE(TranslateRegex("^fred@host\\.com$").warnings.empty());
}

TEST(JsmailRegex, RefusesWhatMeansNothing) {
  const struct {
    std::string pattern;
    size_t offset;
    const char* words;
  } cases[] = {
      {"", 0, "empty"},
      {"abc\\", 3, "lone backslash"},
      {"x[z-a]", 2, "runs backwards"},
      {std::string(kMaxPatternBytes + 1, 'a'), kMaxPatternBytes, "longer than"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.words);
    const TranslatedRegex translated = TranslateRegex(c.pattern);
    ASSERT_TRUE(translated.error);
    EXPECT_EQ(translated.error->offset, c.offset);
    EXPECT_THAT(translated.error->text, HasSubstr(c.words));
  }
}

// Whatever stands in a file becomes an expression that RE2 takes, or an error of ours.
TEST(JsmailRegex, NeverWritesWhatRe2CanNotRead) {
  const std::string alphabet = "a]-[^$.\\*+?(|{2\xC3\xA9:=";
  unsigned seed = 1;
  for (int i = 0; i < 20'000; ++i) {
    std::string pattern;
    for (int length = i % 12; length >= 0; --length) {
      seed = seed * 1103515245 + 12345;
      const char c = alphabet[(seed >> 16) % alphabet.size()];
      pattern += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "\xC3\xA9";
    }
    const TranslatedRegex translated = TranslateRegex(pattern);
    if (translated.error) continue;
    const auto compiled = CompilePattern(translated.re2, PatternMemory(1));
    ASSERT_TRUE(compiled.ok()) << pattern << " became " << translated.re2 << ": "
                               << compiled.status();
  }
}

}  // namespace
}  // namespace postern::rules::jsmail
