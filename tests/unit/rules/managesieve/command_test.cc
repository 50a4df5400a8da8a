#include "services/rules/managesieve/command.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postern::rules::managesieve {
namespace {

constexpr size_t kMost = 100;

// Feeds `bytes` as a stream would, in pieces of literals of at most `piece` bytes. Answers the
// command as "NAME|argument|#number", or the error; what was not read stays in `rest`.
std::string Read(std::string bytes, CommandReader::Mode mode, size_t piece, std::string& rest) {
  CommandReader reader(mode, kMost);
  while (!reader.whole()) {
    if (reader.due()) {
      const size_t count = std::min({*reader.due(), piece, bytes.size()});
      if (count == 0) return "cut";
      reader.TakeLiteral(bytes.substr(0, count));
      bytes.erase(0, count);
      continue;
    }
    const size_t end = bytes.find("\r\n");
    if (end == bytes.npos) return "cut";
    const absl::Status taken = reader.TakeLine(bytes.substr(0, end));
    bytes.erase(0, end + 2);
    rest = bytes;
    if (!taken.ok())
      return absl::StrCat(absl::IsDataLoss(taken) ? "lost: " : "wrong: ", taken.message());
  }
  rest = bytes;
  const auto command = reader.Finish();
  if (!command.ok()) return absl::StrCat("dropped: ", command.status().message());
  std::vector<std::string> words{command->name};
  for (const Argument& argument : command->arguments)
    words.push_back(argument.number ? absl::StrCat("#", *argument.number) : argument.str());
  return absl::StrJoin(words, "|");
}

struct Case {
  const char* name;
  std::string bytes;
  std::string want;
};

constexpr char kNul[] = "NOOP \"a\0b\"\r\n";

TEST(CommandReader, ReadsWhatTheGrammarHas) {
  const Case cases[] = {
      {"no arguments", "CAPABILITY\r\n", "CAPABILITY"},
      {"in any case", "listScripts\r\n", "LISTSCRIPTS"},
      {"quoted", "GETSCRIPT \"main\"\r\n", "GETSCRIPT|main"},
      {"quotes and backslashes", "GETSCRIPT \"a\\\"b\\\\c\"\r\n", "GETSCRIPT|a\"b\\c"},
      {"empty", "SETACTIVE \"\"\r\n", "SETACTIVE|"},
      {"UTF-8", "GETSCRIPT \"\xc3\xa9\"\r\n", "GETSCRIPT|\xc3\xa9"},
      {"a number", "HAVESPACE \"x\" 99\r\n", "HAVESPACE|x|#99"},
      {"the largest number", "HAVESPACE \"x\" 4294967295\r\n", "HAVESPACE|x|#4294967295"},
      {"a literal at the end", "PUTSCRIPT \"x\" {7+}\r\nkeep;\r\n\r\n", "PUTSCRIPT|x|keep;\r\n"},
      {"an empty literal", "PUTSCRIPT {0+}\r\n \"a\"\r\n", "PUTSCRIPT||a"},
      {"literals in the middle", "RENAMESCRIPT {1+}\r\na {2+}\r\nbc\r\n", "RENAMESCRIPT|a|bc"},
      {"a literal with a command in it", "NOOP {8+}\r\nLOGOUT\r\n\r\n", "NOOP|LOGOUT\r\n"},
      {"a literal that is large enough",
       absl::StrCat("NOOP {100+}\r\n", std::string(100, 'x'), "\r\n"),
       absl::StrCat("NOOP|", std::string(100, 'x'))},
      {"a literal that is too large",
       absl::StrCat("NOOP {101+}\r\n", std::string(101, 'x'), "\r\n"),
       "dropped: a string is too large"},
      {"literals that are too large together",
       absl::StrCat("NOOP {60+}\r\n", std::string(60, 'x'), " {60+}\r\n", std::string(60, 'x'),
                    "\r\n"),
       "dropped: a string is too large"},
      {"a literal nobody takes in", "NOOP {4194305+}\r\n",
       "lost: a literal of 4194305 bytes is too large"},
      {"no name", "\r\n", "wrong: a command begins with its name"},
      {"a space before the name", " NOOP\r\n", "wrong: a command begins with its name"},
      {"a quoted name", "\"NOOP\"\r\n", "wrong: a command begins with its name"},
      {"no space", "NOOP\"x\"\r\n", "wrong: one space stands between arguments"},
      {"two spaces", "NOOP  \"x\"\r\n",
       "wrong: an argument is a quoted string, a literal or a number"},
      {"a space at the end", "NOOP \r\n",
       "wrong: an argument is a quoted string, a literal or a number"},
      {"an atom", "GETSCRIPT main\r\n",
       "wrong: an argument is a quoted string, a literal or a number"},
      {"no end", "GETSCRIPT \"main\r\n", "wrong: a quoted string has no end"},
      {"a backslash at the end", "GETSCRIPT \"main\\\r\n",
       "wrong: a backslash is followed by a quote or another backslash"},
      {"a backslash for nothing", "GETSCRIPT \"a\\nb\"\r\n",
       "wrong: a backslash is followed by a quote or another backslash"},
      {"a NUL", std::string(kNul, sizeof kNul - 1), "wrong: a quoted string is not UTF-8"},
      {"not UTF-8", "GETSCRIPT \"\xe9\"\r\n", "wrong: a quoted string is not UTF-8"},
      {"a CR inside", "GETSCRIPT \"a\rb\"\r\n", "wrong: a quoted string is not UTF-8"},
      {"a number that is too large", "HAVESPACE \"x\" 4294967296\r\n",
       "wrong: an argument is a quoted string, a literal or a number"},
      {"a number with a zero before it", "HAVESPACE \"x\" 01\r\n",
       "wrong: an argument is a quoted string, a literal or a number"},
      {"a negative number", "HAVESPACE \"x\" -1\r\n",
       "wrong: an argument is a quoted string, a literal or a number"},
      {"too many arguments", "NOOP 1 2 3 4 5 6 7 8 9\r\n", "wrong: there are too many arguments"},
      // What follows would be taken for commands.
      {"a literal that waits", "PUTSCRIPT \"x\" {7}\r\n",
       "lost: a literal begins with {SIZE+} at the end of a line"},
      {"a literal without a size", "PUTSCRIPT \"x\" {+}\r\n",
       "lost: the size of a literal is a number"},
      {"a literal with a huge size", "PUTSCRIPT \"x\" {99999999999+}\r\n",
       "lost: the size of a literal is a number"},
      {"something behind a literal's size", "PUTSCRIPT {3+} \"x\"\r\n",
       "wrong: a literal begins with {SIZE+} at the end of a line"},
      {"a wrong line that ends like a literal", "PUTSCRIPT x {3+}\r\n",
       "lost: an argument is a quoted string, a literal or a number"},
      {"an open quote before a literal", "PUTSCRIPT \"x {3+}\r\n",
       "lost: a quoted string has no end"},
      {"a wrong line behind a literal", "PUTSCRIPT {1+}\r\nax\r\n",
       "wrong: one space stands between arguments"},
      {"another protocol", "GET / HTTP/1.1\r\n",
       "wrong: an argument is a quoted string, a literal or a number"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    for (const size_t piece : {1u, 3u, 1000u}) {
      std::string rest;
      EXPECT_EQ(Read(c.bytes, CommandReader::Mode::kCommand, piece, rest), c.want);
      EXPECT_EQ(rest, "");
    }
  }
}

TEST(CommandReader, ReadsResponsesToChallenges) {
  const Case cases[] = {
      {"quoted", "\"YQ==\"\r\n", "|YQ=="},
      {"a literal", "{4+}\r\nYQ==\r\n", "|YQ=="},
      {"an empty one", "\"\"\r\n", "|"},
      {"an empty literal", "{0+}\r\n\r\n", "|"},
      {"giving up", "\"*\"\r\n", "|*"},
      {"without quotes", "*\r\n", "wrong: an argument is a quoted string, a literal or a number"},
      {"an empty line", "\r\n", "wrong: an argument is a quoted string, a literal or a number"},
      {"a command", "LOGOUT\r\n", "wrong: an argument is a quoted string, a literal or a number"},
      {"two", "\"a\" \"b\"\r\n", "|a|b"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    std::string rest;
    EXPECT_EQ(Read(c.bytes, CommandReader::Mode::kResponse, 1000, rest), c.want);
  }
}

TEST(CommandReader, TakesOneCommandAndLeavesTheNext) {
  std::string rest;
  EXPECT_EQ(Read("NOOP {3+}\r\na\r\n\r\nLOGOUT\r\n", CommandReader::Mode::kCommand, 1000, rest),
            "NOOP|a\r\n");
  EXPECT_EQ(rest, "LOGOUT\r\n");
}

TEST(CommandReader, KeepsNothingOfWhatIsTooLarge) {
  CommandReader reader(CommandReader::Mode::kCommand, kMost);
  ASSERT_TRUE(reader.TakeLine("NOOP {4000000+}").ok());
  EXPECT_EQ(reader.due(), 4000000u);
  EXPECT_EQ(reader.kept(), 0u);
}

}  // namespace
}  // namespace postern::rules::managesieve
