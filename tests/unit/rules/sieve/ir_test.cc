#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/rules/ir/hold_time.h"
#include "services/rules/ir/notify_uri.h"
#include "services/rules/ir/posix_regex.h"
#include "services/rules/ir/program.h"

namespace postern::rules {
namespace {

TEST(PosixRegex, BecomesWhatMeansTheSame) {
  struct {
    const char* pattern;
    const char* matches;  // in it; null: nothing is tried
    const char* not_in;
  } const cases[] = {
      {"abc", "xabcx", "ab"},    {"^(a|b)+$", "abba", "abc"},
      {"a{2,3}b", "xaab", "ab"}, {"a{2}", "aa", "a"},
      {"a{1,}c", "aaac", "c"},   {"[[:digit:]]+-[[:upper:]]", "12-A", "12-a"},
      {"[]x]", "]", "a"},        {"[^]x]", "a", "]"},
      {"[a\\]]", "\\]", "a"},  // a backslash in brackets is one: "a" or "\", then "]"
      {"[a-]", "-", "b"},        {"[[.-.]a]", "-", "b"},
      {"[[=e=]]", "e", "f"},     {"\\d", "d", "5"},
      {"\\.", ".", "a"},         {"a.b", "a\nb", "ab"},
      {"(a*)+", "", nullptr},    {"^(a+?)*$", "aaa", "b"},
      {"x**y", "xxy", "x"},      {"ü+", "üü", "u"},
      {"a|b|", "", nullptr},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.pattern);
    const auto re2 = TranslatePosixRegex(c.pattern);
    ASSERT_TRUE(re2.ok()) << re2.status();
    const auto pattern = CompilePattern(*re2, 1 << 20);
    ASSERT_TRUE(pattern.ok()) << pattern.status();
    EXPECT_TRUE(RE2::PartialMatch(c.matches, **pattern));
    if (c.not_in != nullptr) {
      EXPECT_FALSE(RE2::PartialMatch(c.not_in, **pattern));
    }
  }
}

TEST(PosixRegex, SaysWhatIsWrong) {
  struct {
    const char* pattern;
    const char* why;
  } const cases[] = {
      {"(a", "a \"(\" has no \")\""},
      {"a)", "a \")\" has no \"(\"; write \\\\) for the character (character 2)"},
      {"ü[a", "a \"[\" has no \"]\" (character 2)"},
      {"[]", "a \"[\" has no \"]\" (character 1)"},
      {"*a", "nothing stands before \"*\" that it could repeat (character 1)"},
      {"(+a)", "nothing stands before \"+\" that it could repeat (character 2)"},
      {"a|{2}", "nothing stands before \"{2}\" that it could repeat (character 3)"},
      {"a{x}", "\"{\" needs one or two numbers and a \"}\" after it, as in {2,5} (character 2)"},
      {"a{2", "\"{\" needs one or two numbers and a \"}\" after it, as in {2,5} (character 2)"},
      {"a{3,2}", "the numbers in \"{}\" run backwards (character 2)"},
      {"a{256}", "nothing is repeated more than 255 times (character 2)"},
      {"(a)\\1", "back-references such as \\1 are not supported (character 4)"},
      {"a\\", "a lone backslash stands at the end (character 2)"},
      {"[z-a]", "the range z-a runs backwards (character 1)"},
      {"[[:word:]]", "there is no class \"[:word:]\" (character 1)"},
      {"[[.ab.]]", "\"[.\" needs one character and \".]\" after it (character 1)"},
      {"\xff", "it is not UTF-8"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.pattern);
    EXPECT_EQ(TranslatePosixRegex(c.pattern).status().message(),
              absl::StrCat("the regular expression can't be used: ", c.why));
  }
  EXPECT_FALSE(TranslatePosixRegex(std::string(1025, 'a')).ok());
  EXPECT_FALSE(TranslatePosixRegex(std::string(500, '(')).ok());
}

TEST(NotifyUri, IsTakenApart) {
  struct {
    const char* uri;
    const char* targets;
    const char* body;
  } const cases[] = {
      {"xmpp:ann@example.org", "ann@example.org", ""},
      {"XMPP:ann@example.org/home", "ann@example.org/home", ""},
      {"xmpp:ann%40work@example.org?message;body=a%20b%0Ac", "", ""},
      {"xmpp:ann@example.org?message;subject=x;body=a%20b", "ann@example.org", "a b"},
      {"xmpp:room@muc.example.org?message", "room@muc.example.org", ""},
      {"mailto:ann@example.org,bob@example.org?subject=x&body=y%26z",
       "ann@example.org bob@example.org", "y&z"},
      {"mailto:?to=ann@example.org", "ann@example.org", ""},
      {"https://hooks.example.org:8443/x?y=z", "https://hooks.example.org:8443/x?y=z", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.uri);
    const auto uri = ParseNotifyUri(c.uri);
    if (*c.targets == '\0') {
      EXPECT_FALSE(uri.ok());
      continue;
    }
    ASSERT_TRUE(uri.ok()) << uri.status();
    EXPECT_EQ(absl::StrJoin(uri->targets, " "), c.targets);
    const auto body = uri->parameters.find("body");
    EXPECT_EQ(body == uri->parameters.end() ? "" : body->second, c.body);
  }
}

TEST(NotifyUri, RefusesWhatCannotBeSent) {
  for (const char* uri :
       {"", "ann@example.org", "tel:123", "xmpp:", "xmpp://me@example.org/ann@example.org",
        "xmpp:@example.org", "xmpp:ann@", "xmpp:ann@example.org?join", "xmpp:a%b@example.org",
        "mailto:", "mailto:ann", "mailto:ann@example.org?subject", "https:example.org", "https://",
        "https://a@example.org/", "https://example.org:0/", "https://exa mple.org/",
        "http://example.org/", "xmpp:ann@example.org\n"}) {
    SCOPED_TRACE(uri);
    EXPECT_FALSE(ParseNotifyUri(uri).ok());
  }
  EXPECT_FALSE(ParseNotifyUri("xmpp:" + std::string(5000, 'a')).ok());
}

TEST(HoldTime, IsATimeThatComes) {
  const absl::Time now = absl::FromUnixSeconds(1'767'610'800);  // Monday, 2026-01-05 11:00 UTC
  const struct {
    std::string until;
    int64_t end;  // 0: none
  } cases[] = {
      {"12:00", 1'767'614'400},
      {"2026-01-05T10:00", 1'767'607'200},
      {"9999-01-01T00:00", 7'258'118'400},
      {"infinite-future", 0},
      {"infinite-past", 0},
      {"25:00", 0},
      {"", 0},
      {absl::StrCat("12:00", std::string(100'000, ' ')), 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.until.substr(0, 30));
    const auto end = HoldEnd(c.until, absl::UTCTimeZone(), now);
    EXPECT_EQ(end.ok() ? absl::ToUnixSeconds(*end) : 0, c.end);
  }
}

}  // namespace
}  // namespace postern::rules
