#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "services/rules/engine/address_part.h"
#include "services/rules/engine/collation.h"
#include "services/rules/engine/date_part.h"
#include "services/rules/engine/flag_list.h"
#include "services/rules/engine/mailbox_list.h"
#include "services/rules/engine/modifier.h"
#include "services/rules/engine/wildcard.h"

namespace postern::rules {
namespace {

TEST(Wildcard, MatchesWithAsLittleAsPossibleFromTheLeft) {
  const struct {
    const char* pattern;
    const char* text;
    const char* captures;  // joined by '|', without the whole; "-": no match
  } cases[] = {
      {"abc", "ABC", ""},
      {"abc", "abcd", "-"},
      {"", "", ""},
      {"", "a", "-"},
      {"*", "", ""},
      {"*", "abc", "abc"},
      {"a*", "abc", "bc"},
      {"*c", "abc", "ab"},
      {"a*c", "ac", ""},
      {"a*a", "a", "-"},
      {"*b*", "abbb", "a|bb"},
      {"*-*-*", "1-2-3-4", "1|2|3-4"},
      {"*one*two*", "xonexonetwox", "x|xone|x"},
      {"?", "a", "a"},
      {"?", "\xC3\xA9", "\xC3\xA9"},
      {"?", "ab", "-"},
      {"??*", "ab", "a|b|"},
      {"*??", "abcd", "ab|c|d"},
      {"*?b", "ab", "|a"},
      {"a?c*e?", "abcdef", "b|d|f"},
      {"*a?b*", "aaxaxb", "aax|x|"},
      {"\\*", "*", ""},
      {"\\*", "a", "-"},
      {"\\?*", "?x", "x"},
      {"\\\\", "\\", ""},
      {"a**b", "axb", "|x"},
      {"*aab", "aaaab", "aa"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.pattern, " on ", c.text));
    Budget budget(1000, absl::InfiniteDuration());
    std::vector<std::string> captures;
    const bool matches =
        Wildcard(c.pattern, Collation::kAsciiCasemap).Matches(c.text, budget, &captures);
    if (absl::string_view(c.captures) == "-") {
      EXPECT_FALSE(matches);
      continue;
    }
    ASSERT_TRUE(matches);
    EXPECT_EQ(captures[0], c.text);
    captures.erase(captures.begin());
    EXPECT_EQ(absl::StrJoin(captures, "|"), c.captures);
  }
}

TEST(Wildcard, CapturesKeepTheirCaseAndOctetsAreBytes) {
  Budget budget(1000, absl::InfiniteDuration());
  std::vector<std::string> captures;
  EXPECT_TRUE(Wildcard("a*d", Collation::kAsciiCasemap).Matches("AbCd", budget, &captures));
  EXPECT_EQ(captures[1], "bC");
  EXPECT_FALSE(Wildcard("a*", Collation::kOctet).Matches("Abc", budget, nullptr));
  EXPECT_FALSE(Wildcard("?", Collation::kOctet).Matches("\xC3\xA9", budget, nullptr));
}

TEST(Collation, ComparesAsItsRfcSays) {
  const struct {
    const char* left;
    const char* right;
    Collation collation;
    int order;
  } cases[] = {
      {"a", "B", Collation::kAsciiCasemap, -1},
      {"a", "B", Collation::kOctet, 1},
      {"abc", "ABC", Collation::kAsciiCasemap, 0},
      {"\xC3\xA9", "\xC3\x89", Collation::kAsciiCasemap, 1},
      {"\xC3\xA9", "\xC3\x89", Collation::kUnicodeCasemap, 0},
      {"e\xCC\x81", "\xC3\x89", Collation::kUnicodeCasemap, 0},
      {"2", "10", Collation::kAsciiNumeric, -1},
      {"010", "10abc", Collation::kAsciiNumeric, 0},
      {"abc", "99999999999999999999999", Collation::kAsciiNumeric, 1},
      {"abc", "", Collation::kAsciiNumeric, 0},
      {"99999999999999999999998", "99999999999999999999999", Collation::kAsciiNumeric, -1},
      {"0", "00", Collation::kAsciiNumeric, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.left, " ", c.right));
    const auto order = Compare(c.left, c.right, c.collation);
    EXPECT_EQ(order < 0 ? -1 : order > 0 ? 1 : 0, c.order);
  }
}

TEST(AddressPart, TakesUserAndDetailApart) {
  const struct {
    const char* address;
    AddressPart part;
    const char* value;  // "-": none
  } cases[] = {
      {"ann+lists@Example.org", AddressPart::kAll, "ann+lists@Example.org"},
      {"ann+lists@Example.org", AddressPart::kLocalPart, "ann+lists"},
      {"ann+lists@Example.org", AddressPart::kDomain, "Example.org"},
      {"ann+lists@Example.org", AddressPart::kUser, "ann"},
      {"ann+lists@Example.org", AddressPart::kDetail, "lists"},
      {"ann+@example.org", AddressPart::kDetail, ""},
      {"ann@example.org", AddressPart::kUser, "ann"},
      {"ann@example.org", AddressPart::kDetail, "-"},
      {"MAILER-DAEMON", AddressPart::kAll, "MAILER-DAEMON"},
      {"MAILER-DAEMON", AddressPart::kDomain, "-"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.address);
    EXPECT_EQ(PartOf(ReadMailbox(c.address), c.part).value_or("-"), c.value);
  }
}

TEST(DatePart, GivesAllPartsInTheZone) {
  const auto date = ReadFieldDate("from x by y; Fri, 15 Apr 2005 23:20:30 +0200 (CEST)");
  ASSERT_TRUE(date.has_value());
  const struct {
    const char* part;
    const char* own;
    const char* utc;
  } cases[] = {
      {"year", "2005", "2005"},
      {"month", "04", "04"},
      {"day", "15", "15"},
      {"date", "2005-04-15", "2005-04-15"},
      {"julian", "53475", "53475"},
      {"hour", "23", "21"},
      {"minute", "20", "20"},
      {"second", "30", "30"},
      {"time", "23:20:30", "21:20:30"},
      {"iso8601", "2005-04-15T23:20:30+02:00", "2005-04-15T21:20:30+00:00"},
      {"std11", "Fri, 15 Apr 2005 23:20:30 +0200", "Fri, 15 Apr 2005 21:20:30 +0000"},
      {"zone", "+0200", "+0000"},
      {"weekday", "5", "5"},
      {"moon", "-", "-"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.part);
    EXPECT_EQ(DatePart(c.part, date->time, date->zone).value_or("-"), c.own);
    EXPECT_EQ(DatePart(c.part, date->time, absl::UTCTimeZone()).value_or("-"), c.utc);
  }
  EXPECT_FALSE(ReadFieldDate("yesterday").has_value());
  EXPECT_FALSE(ReadOffset("+2500").has_value());
  EXPECT_FALSE(ReadOffset("CET").has_value());
}

TEST(Modified, AppliesInOrder) {
  using enum Modifier;
  const struct {
    const char* value;
    std::vector<Modifier> modifiers;
    const char* result;
  } cases[] = {
      {"juMBlEd lETteRS", {kLength}, "15"},
      {"juMBlEd lETteRS", {kLower}, "jumbled letters"},
      {"juMBlEd lETteRS", {kLower, kUpperFirst}, "Jumbled letters"},
      {"Rock*? \\", {kQuoteWildcard}, "Rock\\*\\? \\\\"},
      {"a.b", {kQuoteRegex}, "a\\.b"},
      {"a b/\xC3\xA9~", {kEncodeUrl}, "a%20b%2F%C3%A9~"},
      {"\xC3\xA9t\xC3\xA9", {kLength}, "3"},
      {"", {kUpperFirst, kLowerFirst}, ""},
  };
  for (const auto& c : cases) EXPECT_EQ(Modified(c.value, c.modifiers), c.result) << c.value;
}

TEST(FlagList, KnowsFlagsAndTakesEachOnce) {
  EXPECT_EQ(
      absl::StrJoin(ReadFlags({"\\Seen  $Junk \\seen", "a(b \\Recent \\Nope x\"y work"}), " "),
      "\\Seen $Junk work");
  std::vector<std::string> flags = {"a"};
  ChangeFlagList(FlagChange::kAdd, {"A", "b"}, flags);
  EXPECT_EQ(absl::StrJoin(flags, " "), "a b");
  ChangeFlagList(FlagChange::kRemove, {"B"}, flags);
  EXPECT_EQ(absl::StrJoin(flags, " "), "a");
  ChangeFlagList(FlagChange::kSet, {"c"}, flags);
  EXPECT_EQ(absl::StrJoin(flags, " "), "c");
}

}  // namespace
}  // namespace postern::rules
