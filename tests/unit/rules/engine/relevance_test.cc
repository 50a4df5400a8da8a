#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "services/rules/engine/literal_set.h"
#include "services/rules/engine/prefilter.h"
#include "tests/unit/rules/engine/engine_bench.h"

// Rules that can't concern a mail are left out, and never one that could.
namespace postern::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<uint32_t> Found(const LiteralSet& set, absl::string_view text) {
  LiteralSet::Search search(set);
  search.Feed(text);
  std::vector<uint32_t> found = search.found();
  std::sort(found.begin(), found.end());
  return found;
}

TEST(LiteralSet, FindsAllInAnyCaseOnce) {
  LiteralSet set;
  EXPECT_EQ(set.Add("he"), 0u);
  EXPECT_EQ(set.Add("she"), 1u);
  EXPECT_EQ(set.Add("his"), 2u);
  EXPECT_EQ(set.Add("hers"), 3u);
  EXPECT_EQ(set.Add("HE"), 0u);
  set.Build();
  EXPECT_THAT(Found(set, "uSHERs, ushers"), ElementsAre(0, 1, 3));
  EXPECT_THAT(Found(set, "hi"), IsEmpty());
  EXPECT_THAT(Found(set, ""), IsEmpty());
  EXPECT_THAT(Found(set, "xhis"), ElementsAre(2));
}

TEST(LiteralSet, FindsAcrossPieces) {
  LiteralSet set;
  set.Add("needle");
  set.Build();
  LiteralSet::Search search(set);
  search.Feed("nee");
  search.Feed("dle");
  EXPECT_THAT(search.found(), ElementsAre(0));
}

TEST(LiteralSet, FindsWhatASearchOneByOneFinds) {
  std::mt19937 random(7);
  const auto word = [&random](size_t most) {
    std::string text(1 + random() % most, ' ');
    for (char& c : text) c = "abAB\n\xC3"[random() % 6];
    return text;
  };
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    LiteralSet set;
    std::vector<std::string> literals;
    for (size_t i = 1 + random() % 60; i > 0; --i) {
      const std::string literal = absl::AsciiStrToLower(word(9));
      if (set.Add(literal) == literals.size()) literals.push_back(literal);
    }
    set.Build();
    // Long ones are read at four places at once.
    const std::string text = word(round % 2 == 0 ? 40 : 9000);
    const std::string lowered = absl::AsciiStrToLower(text);
    std::vector<uint32_t> expected;
    for (uint32_t i = 0; i < literals.size(); ++i) {
      if (lowered.find(literals[i]) != std::string::npos) expected.push_back(i);
    }
    EXPECT_EQ(Found(set, text), expected);
  }
}

// What comes out when all rules are asked.
std::string ToldByAll(const PreparedProgram& program, absl::string_view mail) {
  EvaluationLimits limits = SomeLimits();
  limits.trace = true;
  MessageView view(mail);
  return Told(Evaluate(program, view, SomeFacts(), limits));
}

std::string ToldByRelevant(const PreparedProgram& program, absl::string_view mail) {
  MessageView view(mail);
  return Told(Evaluate(program, view, SomeFacts(), SomeLimits()));
}

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  std::string Script() {
    std::string script =
        "require [\"fileinto\",\"body\",\"regex\",\"envelope\",\"relational\",\"editheader\","
        "\"variables\",\"subaddress\",\"comparator-i;octet\",\"imap4flags\"];\n";
    for (size_t rule = 1 + Below(8); rule > 0; --rule) {
      absl::StrAppend(&script, "if ", Test(2), " { ", Action(), " }");
      if (Below(4) == 0) absl::StrAppend(&script, " elsif ", Test(1), " { ", Action(), " }");
      if (Below(6) == 0) absl::StrAppend(&script, " else { ", Action(), " }");
      script += "\n";
    }
    return script;
  }

  std::string Mail() {
    std::string mail;
    for (size_t field = 1 + Below(5); field > 0; --field)
      absl::StrAppend(&mail, FieldName(), ": ", Words(), "\r\n");
    return absl::StrCat(mail, "From: ", Word(), "@", Word(), ".org\r\n\r\n", Words(), "\r\n",
                        Words());
  }

 private:
  size_t Below(size_t end) { return random_() % end; }
  template <size_t N>
  std::string OneOf(const char* const (&choices)[N]) {
    return choices[Below(N)];
  }
  std::string Word() { return OneOf({"a", "B", "ab", "abc", "b.c", "Cab", "w1", "w2", "x"}); }
  std::string Words() {
    std::string words = Word();
    for (size_t i = Below(4); i > 0; --i) absl::StrAppend(&words, " ", Word());
    return words;
  }
  std::string FieldName() { return OneOf({"Subject", "To", "X-A", "x-b"}); }
  std::string Key() {
    return absl::StrCat(OneOf({"", "", "", "${v}"}), Below(3) == 0 ? Words() : Word());
  }
  std::string Test(int depth) {
    switch (Below(depth > 0 ? 11 : 8)) {
      case 0:
        return absl::StrCat("header :contains [\"", FieldName(), "\",\"", FieldName(), "\"] \"",
                            Key(), "\"");
      case 1:
        return absl::StrCat("header :is \"", FieldName(), "\" [\"", Key(), "\",\"", Words(), "\"]");
      case 2:
        return absl::StrCat("header :matches \"", FieldName(), "\" \"", OneOf({"*", "", "?"}),
                            Word(), "*", Word(), OneOf({"*", ""}), "\"");
      case 3:
        return absl::StrCat("header :regex \"", FieldName(), "\" \"", OneOf({"^", ""}), Word(),
                            OneOf({".*", "+", "[ab]", "|"}), Word(), "\"");
      case 4:
        return absl::StrCat("body :contains \"", Key(), "\"");
      case 5:
        return absl::StrCat("address ", OneOf({":all", ":domain", ":localpart"}),
                            OneOf({" :contains", " :is", " :comparator \"i;octet\""}),
                            " \"from\" \"", Word(), "\"");
      case 6:
        return absl::StrCat("size ", OneOf({":over", ":under"}), " 60");
      case 7:
        return absl::StrCat("body :regex \"", Word(), ".*", Word(), "\"");
      case 8:
        return absl::StrCat("not ", Test(depth - 1));
      case 9:
        return absl::StrCat("anyof(", Test(depth - 1), ", ", Test(depth - 1), ")");
      default:
        return absl::StrCat("allof(", Test(depth - 1), ", ", Test(depth - 1), ")");
    }
  }
  std::string Action() {
    switch (Below(6)) {
      case 0:
        return "set \"v\" \"a\";";
      case 1:
        return "stop;";
      case 2:
        return absl::StrCat("addheader \"X-A\" \"", Words(), "\";");
      case 3:
        return "addflag \"f\";";
      default:
        return absl::StrCat("fileinto \"", Word(), Below(100), "\";");
    }
  }

  std::mt19937 random_;
};

TEST(Relevance, ChangesNothingThatComesOut) {
  size_t skipped = 0;
  for (uint32_t seed = 0; seed < 400; ++seed) {
    Generator generator(seed);
    const std::string script = generator.Script();
    const PreparedProgramPtr program = Prepared(script);
    ASSERT_NE(program, nullptr);
    for (const auto& rule : program->prefilter()->rules()) skipped += rule.skippable ? 1 : 0;
    for (int i = 0; i < 5; ++i) {
      const std::string mail = generator.Mail();
      ASSERT_EQ(ToldByRelevant(*program, mail), ToldByAll(*program, mail)) << seed << "\n"
                                                                           << script << "\n"
                                                                           << mail;
    }
  }
  EXPECT_GT(skipped, 400u);  // or it has shown nothing
}

TEST(Relevance, RulesThatAlwaysDoSomethingAlwaysRun) {
  const struct {
    const char* rule;
    bool skippable;
  } cases[] = {
      {R"(if header :contains "a" "x" { keep; })", true},
      {R"(if header :contains "a" "x" { keep; } elsif body :contains "y" { discard; })", true},
      {R"(if allof(size :over 1, header :is "a" "x") { keep; })", true},
      {R"(if anyof(size :over 1, header :is "a" "x") { keep; })", false},
      {R"(if header :contains "a" "x" { keep; } else { discard; })", false},
      {R"(if not header :contains "a" "x" { keep; })", false},
      {R"(if header :contains "a" "" { keep; })", false},
      {R"(if header :matches "a" "*" { keep; })", false},
      {R"(if header :matches "a" "*xy?" { keep; })", true},
      {R"(if header :regex "a" "foo.*bar" { keep; })", true},
      {R"(if header :regex "a" "[0-9]+" { keep; })", false},
      {R"(if header :contains "a" "${v}" { keep; })", false},
      {R"(if header :count "gt" "a" "1" { keep; })", false},
      {R"(if allof(duplicate, header :is "a" "x") { keep; })", false},
      {R"(if address :domain "from" "x.org" { stop; })", true},
      {R"(if envelope "from" "x@y.z" { keep; })", true},
      {R"(if exists "a" { keep; })", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.rule);
    const auto program = Prepared(absl::StrCat(
        "require [\"body\",\"regex\",\"variables\",\"relational\",\"duplicate\",\"envelope\"];\n",
        c.rule));
    ASSERT_EQ(program->program().rules.size(), 1u);
    EXPECT_EQ(program->prefilter()->rules()[0].skippable, c.skippable);
  }
}

TEST(Relevance, LettersWhoseOtherCaseIsAsciiAreNotMissed) {
  const auto program = Prepared(
      "require [\"regex\",\"fileinto\"]; if header :regex \"subject\" \"^kilo\" { fileinto \"A\"; "
      "}");
  const std::string mail = "Subject: \xE2\x84\xAAilo\r\n\r\n";
  EXPECT_EQ(ToldByRelevant(*program, mail), ToldByAll(*program, mail));
  EXPECT_EQ(ToldByRelevant(*program, mail), "fileinto \"A\"");
}

TEST(Relevance, WhatItCostsGrowsWithWhatIsFound) {
  std::string script = "require [\"body\",\"fileinto\"];\n";
  for (int i = 0; i < 1000; ++i) {
    absl::StrAppend(&script, "if header :contains \"subject\" \"word", i,
                    "x\" { fileinto \"A\"; }\n", "if body :contains \"text", i,
                    "x\" { fileinto \"B", i, "\"; }\n");
  }
  const auto program = Prepared(script);
  const std::string none = "Subject: nothing\r\n\r\nnothing";
  const std::string some = "Subject: word7x\r\n\r\ntext5x and text900x";
  MessageView without(none), with(some);
  const Evaluation nothing = Evaluate(*program, without, SomeFacts(), SomeLimits());
  EXPECT_LT(nothing.work, 5u);
  const Evaluation three = Evaluate(*program, with, SomeFacts(), SomeLimits());
  EXPECT_EQ(Told(three), "fileinto \"B5\"; fileinto \"A\"; fileinto \"B900\"");
  EXPECT_LT(three.work, 20u);
}

// Kept for each field, what is looked for would be as much as the product of both lists.
TEST(Relevance, ManyKeysInManyFieldsAreAskedForThemselves) {
  std::string names = "\"subject\"", keys = "\"none\"", patterns = "\"none\"";
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&names, ",\"x", i, "\"");
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&keys, ",\"key number ", i, ".\"");
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&patterns, ",\"pattern.*number ", i, "$\"");
  const auto program = Prepared(absl::StrCat(
      "require [\"regex\",\"fileinto\"];\nif header :contains [", names, "] [", keys,
      "] { fileinto \"A\"; }\nif header :contains \"subject\" \"word\" { fileinto \"B\"; }\n",
      "if header :regex [", names, "] [", patterns, "] { fileinto \"C\"; }\n"));
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(program->prefilter()->classes().size(), 1u);
  EXPECT_FALSE(program->prefilter()->rules()[0].skippable);
  EXPECT_TRUE(program->prefilter()->rules()[1].skippable);
  EXPECT_EQ(ToldByRelevant(*program, "X2999: key number 17.\r\n\r\n"), "fileinto \"A\"");
  EXPECT_EQ(ToldByRelevant(*program, "Subject: a word\r\nX5: pattern number 17\r\n\r\n"),
            "fileinto \"B\"; fileinto \"C\"");
}

// However small the table has to be, nothing is missed.
TEST(LiteralSet, FindsAllInASmallTable) {
  for (const size_t cells : {1u, 100u, 1000u}) {
    LiteralSet set;
    set.Add("needle");
    set.Add("haystack");
    set.Add("hay");
    set.Build(cells);
    EXPECT_THAT(Found(set, "a needle in the haystack"), ElementsAre(0, 1, 2)) << cells;
  }
}

TEST(Relevance, OfAListOnlyTheKeysThatAreThereAreTried) {
  std::string keys = "\"none\"";
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&keys, ",\"key number ", i, ".\"");
  const auto program = Prepared(absl::StrCat(
      "require [\"body\",\"variables\",\"fileinto\"];\nif header :contains \"subject\" [", keys,
      "] { keep; } elsif body :contains [", keys, "] { fileinto \"A\"; } else { discard; }"));
  const std::string mail = "Subject: key number 3001.\r\n\r\nthis is key number 2999. of many";
  MessageView view(mail);
  const Evaluation evaluation = Evaluate(*program, view, SomeFacts(), SomeLimits());
  EXPECT_EQ(Told(evaluation), "fileinto \"A\"");
  EXPECT_LT(evaluation.work, 20u);
}

}  // namespace
}  // namespace postern::rules
