#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/rules/sieve/compile.h"

namespace postern::rules::sieve {
namespace {

Parsed ParseText(absl::string_view source) { return Parse(source, CompileOptions()); }

std::string Told(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& problem : problems) absl::StrAppend(&all, ToString(problem), "\n");
  return all;
}

TEST(SieveParser, ReadsTheFormsOfStrings) {
  struct {
    const char* name;
    const char* source;
    const char* text;
  } const cases[] = {
      {"plain", "a \"x y\";", "x y"},
      {"empty", "a \"\";", ""},
      {"escaped", R"(a "q\"b\\c\d";)", "q\"b\\cd"},
      {"over lines", "a \"1\r\n2\n3\";", "1\n2\n3"},
      {"multi-line", "a text:\nline\n.\n;", "line\n"},
      {"multi-line, CRLF", "a text:\r\nline\r\n.\r\n;", "line\n"},
      {"with a comment", "a text: # note\nline\n.\n;", "line\n"},
      {"upper case", "a TEXT:\nline\n.\n;", "line\n"},
      {"dots", "a text:\n..one\n.two\n...\n.\n;", ".one\n.two\n..\n"},
      {"no lines", "a text:\n.\n;", ""},
      {"umlauts", "a \"Bücher\";", "Bücher"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Parsed parsed = ParseText(c.source);
    EXPECT_EQ(Told(parsed.problems), "");
    ASSERT_EQ(parsed.script.commands.size(), 1u);
    ASSERT_EQ(parsed.script.commands[0].arguments.size(), 1u);
    EXPECT_EQ(parsed.script.commands[0].arguments[0].strings[0].text, c.text);
  }
}

TEST(SieveParser, ReadsNumbersWithTheirUnits) {
  struct {
    const char* text;
    uint64_t number;
  } const cases[] = {
      {"0", 0},
      {"007", 7},
      {"10K", 10240},
      {"10k", 10240},
      {"2M", 2 << 20},
      {"3G", 3ull << 30},
      {"18446744073709551615", UINT64_MAX},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const Parsed parsed = ParseText(absl::StrCat("a ", c.text, ";"));
    EXPECT_EQ(Told(parsed.problems), "");
    ASSERT_EQ(parsed.script.commands.size(), 1u);
    EXPECT_EQ(parsed.script.commands[0].arguments[0].number, c.number);
  }
}

TEST(SieveParser, TellsWhereAndWhat) {
  struct {
    const char* source;
    const char* problems;
  } const cases[] = {
      {"keep",
       "script:1:5: missing semicolon after the keep command, before the end of the script\n"},
      {"keep\n}",
       "script:2:1: missing semicolon after the keep command, before \"}\"\n"
       "script:2:1: this \"}\" closes nothing; delete it\n"},
      {"if true { keep;", "script:1:9: this \"{\" has no \"}\"\n"},
      {"a \"x",
       "script:1:3: this string has no end; put a \" after it\n"
       "script:1:5: missing semicolon after the a command, before the end of the script\n"},
      {"/* x", "script:1:1: this comment has no end; put */ after it\n"},
      {"a text:\nx\n",
       "script:1:3: this text has no end; put a line with a single dot after it\n"
       "script:3:1: missing semicolon after the a command, before the end of the script\n"},
      {"ä;",
       "script:1:1: \"ä\" has no meaning here; texts stand in quotes\n"
       "script:1:2: a command is expected here, not \";\"\n"},
      {"\"ä\" b;", "script:1:1: a command is expected here, not a string\n"},
      {"a \"ä\" $;", "script:1:7: \"$\" has no meaning here; texts stand in quotes\n"},
      {"a 10X;", "script:1:3: \"10X\" is no number; after its digits only K, M or G may stand\n"},
      {"a 18446744073709551616;",
       "script:1:3: this number is too large; the largest is 18446744073709551615\n"},
      {"a 34359738368G;",
       "script:1:3: this number is too large; the largest is 18446744073709551615\n"},
      {"a [\"x\" \"y\"];",
       "script:1:8: the list that begins in line 1 needs \",\" or \"]\" here, not a string\n"},
      {"a [\"x\",];",
       "script:1:8: the list that begins in line 1 needs a string here, not \"]\"\n"},
      {"a [];", "script:1:4: the list that begins in line 1 needs a string here, not \"]\"\n"},
      {"if anyof(true,) { a b c; }",
       "script:1:15: a test is expected here, in the list of anyof, not \")\"\n"},
      {"a : \"x\";", "script:1:3: a name must follow the colon at once, as in \":is\"\n"},
      {"keep;\n\xff;", "script:2:1: this line is not UTF-8; save the script in that encoding\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    EXPECT_EQ(Told(ParseText(c.source).problems), c.problems);
  }
}

TEST(SieveParser, GoesOnAfterAnError) {
  const Parsed parsed =
      ParseText("keep,\nkeep; if true { discard } stop $$; if not ( { a; } keep;");
  EXPECT_EQ(parsed.problems.size(), 4u) << Told(parsed.problems);
  ASSERT_FALSE(parsed.script.commands.empty());
  EXPECT_EQ(parsed.script.commands.back().name, "keep");
}

TEST(SieveParser, StopsAtFiftyProblems) {
  std::string source;
  for (int i = 0; i < 1000; ++i) source += "keep,;\n";
  EXPECT_EQ(ParseText(source).problems.size(), 50u);
}

TEST(SieveParser, NestsUpToItsLimitOnly) {
  const auto blocks = [](size_t depth) {
    std::string source;
    for (size_t i = 0; i < depth; ++i) source += "if true {";
    return source + "keep;" + std::string(depth, '}');
  };
  const auto tests = [](size_t depth) {
    std::string source = "if ";
    for (size_t i = 0; i + 1 < depth; ++i) source += "not ";
    return source + "true { keep; }";
  };
  const size_t limit = Limits().nesting;
  EXPECT_EQ(Told(ParseText(blocks(limit)).problems), "");
  EXPECT_EQ(Told(ParseText(tests(limit)).problems), "");
  EXPECT_EQ(ParseText(blocks(limit + 1)).problems.size(), 1u);
  EXPECT_EQ(ParseText(tests(limit + 1)).problems.size(), 1u);
  // Far beyond, the stack is not what ends it.
  EXPECT_EQ(ParseText(blocks(20'000)).problems.size(), 1u);
  EXPECT_EQ(ParseText(tests(40'000)).problems.size(), 1u);
}

TEST(SieveParser, RefusesWhatIsTooLarge) {
  CompileOptions options;
  options.limits.script_bytes = 100;
  options.limits.string_bytes = 10;
  EXPECT_EQ(Told(Parse(std::string(101, ' '), options).problems),
            "script:1:1: the script has 101 bytes; at most 100 are allowed\n");
  EXPECT_EQ(Told(Parse("a \"12345678901\";", options).problems),
            "script:1:3: this string has 11 bytes; at most 10 are allowed\n");
}

TEST(SieveParser, KeepsCommentsAndPlaces) {
  const std::string source = "# rule:[One]\n/* two */\nkeep;\nif true\n{ stop; }\n# last\n";
  const Parsed parsed = ParseText(source);
  ASSERT_EQ(parsed.script.commands.size(), 2u);
  const Command& keep = parsed.script.commands[0];
  EXPECT_EQ(keep.comments, (std::vector<std::string>{" rule:[One]", " two"}));
  EXPECT_EQ(source.substr(keep.begin, keep.end - keep.begin), "# rule:[One]\n/* two */\nkeep;");
  EXPECT_EQ(keep.at.line, 3u);
  const Command& rule = parsed.script.commands[1];
  EXPECT_EQ(source.substr(rule.begin, rule.end - rule.begin), "if true\n{ stop; }");
  EXPECT_EQ(parsed.script.comments, std::vector<std::string>{" last"});
}

TEST(SievePrinter, PrintsCanonicallyAndReadsTheSame) {
  struct {
    const char* source;
    const char* printed;
  } const cases[] = {
      {"KEEP ;", "keep;\n"},
      {"#x\nkeep;#y", "#x\nkeep;\n#y\n"},
      {"a :Tag 2048 [\"x\"] \"q\\\"\\\\\";", "a :tag 2K [\"x\"] \"q\\\"\\\\\";\n"},
      {"a 0 1025 3G;", "a 0 1025 3G;\n"},
      {"if not true{keep;stop;}else{}", "if not true {\n  keep;\n  stop;\n}\nelse {\n}\n"},
      {"if allof(true){}", "if allof (true) {\n}\n"},
      {"if anyof(true,not false){}", "if anyof (true,\n    not false) {\n}\n"},
      {"a text:\nb\n..c\n.\n;", "a \"b\n.c\n\";\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const Parsed parsed = ParseText(c.source);
    EXPECT_EQ(Told(parsed.problems), "");
    EXPECT_EQ(Print(parsed.script), c.printed);
    EXPECT_EQ(Print(ParseText(c.printed).script), c.printed);
  }
}

}  // namespace
}  // namespace postern::rules::sieve
