#include "lib/mail/flowed_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/mail/quoted_line.h"

namespace postern::mail {
namespace {

TEST(SplitQuote, CountsMarksAsClientsWriteThem) {
  const struct {
    const char* line;
    size_t depth;
    const char* content;
  } cases[] = {
      {"", 0, ""},
      {"a", 0, "a"},
      {" > a", 0, " > a"},
      {">", 1, ""},
      {"> a", 1, "a"},
      {">a", 1, "a"},
      {">> a", 2, "a"},
      {"> > a", 2, "a"},
      {"> >a", 2, "a"},
      {">>> > a", 4, "a"},
      {">  a", 1, " a"},
      {">  > a", 1, " > a"},
      {"> a > b", 1, "a > b"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    const QuotedLine quoted = SplitQuote(c.line);
    EXPECT_EQ(quoted.depth, c.depth);
    EXPECT_EQ(quoted.content, c.content);
  }
  const std::string deep(40, '>');
  EXPECT_EQ(SplitQuote(deep).depth, kMaxQuoteDepth);
  EXPECT_EQ(SplitQuote(deep).content.size(), 40 - kMaxQuoteDepth);
}

TEST(WrapFlowed, WritesTheForm) {
  const std::string words =
      "word word word word word word word word word word word word word word ";
  const struct {
    const char* name;
    std::string text, flowed;
  } cases[] = {
      {"empty", "", ""},
      {"line end alone", "\n", ""},
      {"short", "hi", "hi\n"},
      {"line end kept", "a\n\nb\n", "a\n\nb\n"},
      {"space-stuffed", " a\n  b\nFrom c", "  a\n   b\n From c\n"},
      {"white space at the end would flow", "a \nb  \nc", "a\nb\nc\n"},
      {"signature", "a\n-- \nb", "a\n-- \nb\n"},
      {"no signature", "a\n--  \n--", "a\n--\n--\n"},
      {"quotes", "> a\n>> b\n> > c\n>d\n>", "> a\n>> b\n>> c\n> d\n>\n"},
      {"quoted signature", "> -- \n> x", "> -- \n> x\n"},
      {"wrapped", words + "word word end",
       "word word word word word word word word word word word word word word word \nword end\n"},
      {"a long word stands", "a " + std::string(100, 'x') + " b",
       "a \n" + std::string(100, 'x') + " \nb\n"},
      {"the rest is stuffed", std::string(70, 'x') + " abc > b\n",
       std::string(70, 'x') + " abc \n > b\n"},
      {"a piece is no signature mark", "-- " + std::string(90, 'x') + " y",
       "-- " + std::string(90, 'x') + " \ny\n"},
      {"wrapped quote", "> " + words + "word word end",
       "> word word word word word word word word word word word word word word \n"
       "> word word end\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(WrapFlowed(c.text), c.flowed);
  }
}

// What a reader makes of it, for any text.
std::string Canonical(const std::string& text) {
  std::string out;
  for (absl::string_view line : absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    QuotedLine quoted = SplitQuote(line);
    if (quoted.content != "-- ") {
      while (absl::ConsumeSuffix(&quoted.content, " ")) {
      }
    }
    out.append(quoted.depth, '>');
    absl::StrAppend(&out, quoted.depth > 0 ? " " : "", quoted.content, "\n");
  }
  out.pop_back();
  return out;
}

TEST(WrapFlowed, ReadsBackAsItWas) {
  std::mt19937 random(1);
  const std::vector<std::string> pieces = {
      "word", " ", " ",    "\n", "\n>",   "> ", ">",           "-- ",
      "--",   "ü", "中文", "  ", "From ", "\t", "a-long-word", std::string(120, 'x')};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = static_cast<int>(random() % 60); i > 0; --i) {
      text += pieces[random() % pieces.size()];
    }
    const std::string flowed = WrapFlowed(text);
    ASSERT_EQ(UnwrapFlowed(absl::StripSuffix(flowed, "\n"), false), Canonical(text))
        << "text: " << text << "\nflowed: " << flowed;
  }
}

}  // namespace
}  // namespace postern::mail
