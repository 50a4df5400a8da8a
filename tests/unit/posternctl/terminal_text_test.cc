#include "services/posternctl/terminal_text.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

TEST(TerminalText, ShowsWhatATerminalWouldObey) {
  const struct {
    const char* name;
    std::string text;
    const char* shown;
  } cases[] = {
      {"plain", "Ann, \"42\" \\ <x>", "Ann, \"42\" \\ <x>"},
      {"letters and emoji", "Zo\xC3\xAB \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80",
       "Zo\xC3\xAB \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80"},
      {"escape sequence", "\x1b]0;owned\x07", "\\x1b]0;owned\\x07"},
      {"line breaks and tab", "a\r\nb\tc", "a\\r\\nb\\tc"},
      {"nul and del", std::string("a\0b\x7f", 4), "a\\x00b\\x7f"},
      {"C1 as UTF-8",
       "\xC2\x9B"
       "31m",
       "\\x9b31m"},
      {"right-to-left override",
       "gpj\xE2\x80\xAE"
       "exe",
       "gpj\\u{202e}exe"},
      {"isolate", "\xE2\x81\xA6x", "\\u{2066}x"},
      {"zero width space",
       "a\xE2\x80\x8B"
       "b",
       "a\\u{200b}b"},
      {"tag", "\xF3\xA0\x81\x81", "\\u{e0041}"},
      {"stray byte", "a\xE9z", "a\\xe9z"},
      {"cut off", "a\xE2\x82", "a\\xe2\\x82"},
      {"joiner in an emoji", "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB",
       "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(EscapeForTerminal(c.text), c.shown);
  }
}

TEST(TerminalText, KnowsItsWidth) {
  const struct {
    const char* text;
    size_t width;
  } cases[] = {
      {"", 0},
      {"abc", 3},
      {"Zo\xC3\xAB", 3},
      {"e\xCC\x81", 1},                             // a combining accent
      {"\xE6\x97\xA5\xE6\x9C\xAC", 4},              // CJK
      {"\xED\x95\x9C\xEA\xB8\x80", 4},              // Hangul
      {"\xEF\xBC\xA1", 2},                          // fullwidth A
      {"\xEF\xBD\xB1", 1},                          // halfwidth katakana
      {"\xF0\x9F\x98\x80", 2},                      // emoji
      {"\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD", 2},      // with a skin tone
      {"\xE2\x9D\xA4\xEF\xB8\x8F", 1},              // a heart and its variation selector
      {"\xD9\x85\xD8\xB1", 2},                      // Arabic
      {"\xE0\xB8\x97\xE0\xB8\xB5\xE0\xB9\x88", 1},  // Thai with two marks
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(DisplayWidth(c.text), c.width);
  }
}

TEST(Table, AlignsByWhatIsSeen) {
  Table table({"NAME", ">SIZE", "WHY"});
  table.Add({"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", "7", "x"});
  table.Add({"abc", "1234", ""});
  table.Add({"a\nb", "", "long text"});
  std::ostringstream out;
  table.Print(out, "none");
  EXPECT_EQ(out.str(),
            "NAME    SIZE  WHY\n"
            "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E     7  x\n"
            "abc     1234  -\n"
            "a\\nb       -  long text\n");
}

TEST(Table, SaysSoWhenItIsEmpty) {
  std::ostringstream out;
  Table({"A", "B"}).Print(out, "Nothing.");
  EXPECT_EQ(out.str(), "Nothing.\n");
}

TEST(Words, AreShortAndEmptyForNothing) {
  EXPECT_EQ(TimeWords(0), "");
  EXPECT_EQ(SizeWords(0), "0 B");
  EXPECT_EQ(SizeWords(1023), "1023 B");
  EXPECT_EQ(SizeWords(1536), "1.5 KiB");
  EXPECT_EQ(SizeWords(31 << 20), "31.0 MiB");
  EXPECT_EQ(Words(edge::v1::SHOW_DND), "dnd");
  EXPECT_EQ(Words(edge::v1::SHOW_UNSPECIFIED), "");
}

TEST(WrapText, BreaksAtBlanksOrAtTheEdge) {
  const struct {
    const char* text;
    size_t width;
    std::vector<std::string> lines;
  } cases[] = {
      {"", 10, {""}},
      {"short", 10, {"short"}},
      {"one two three", 0, {"one two three"}},
      {"one two three", 7, {"one two", "three"}},
      {"one  two", 4, {"one", "two"}},
      {"abcdefghij kl", 4, {"abcd", "efgh", "ij", "kl"}},
      {"äöü äöü", 4, {"äöü", "äöü"}},
      {"漢字漢字", 5, {"漢字", "漢字"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(WrapText(c.text, c.width), c.lines);
  }
}

}  // namespace
}  // namespace postern::posternctl
