#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/rules/engine/engine_bench.h"

// Whatever a script or a mail is, what it costs grows no faster than its size; counted in steps,
// so no machine is too slow for it.
namespace postern::rules {
namespace {

std::string Repeat(absl::string_view piece, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text.append(piece.data(), piece.size());
  return text;
}

struct Hostile {
  const char* name;
  std::function<std::string(size_t)> script;
  std::function<std::string(size_t)> mail;
};

std::string Same(absl::string_view text) { return std::string(text); }

uint64_t WorkOf(const Hostile& hostile, size_t size) {
  const auto program = Prepared(hostile.script(size));
  if (program == nullptr) return 0;
  const std::string mail = hostile.mail(size);
  MessageView view(mail);
  EvaluationLimits limits = SomeLimits();
  limits.steps = 100'000'000;
  return Evaluate(*program, view, SomeFacts(), limits).work;
}

const Hostile kHostile[] = {
    {"many fields", [](size_t) { return Same("if header :matches \"x\" \"*a*b\" { keep; }"); },
     [](size_t n) { return Repeat("X: aaaaaaaa\r\n", n * 10); }},
    {"many fields, each of another name",
     [](size_t) { return Same("if header :contains \"x1\" \"a\" { keep; }"); },
     [](size_t n) {
       std::string mail;
       for (size_t i = 0; i < n; ++i) absl::StrAppend(&mail, "X", i, ": a\r\n");
       return mail;
     }},
    {"stars on a's",
     [](size_t) { return Same("if header :matches \"x\" \"*a*a*a*a*a*a*a*a*a*b\" { keep; }"); },
     [](size_t n) { return absl::StrCat("X: ", Repeat("a", n * 10), "\r\n"); }},
    {"a key as long as the text",
     [](size_t n) {
       return absl::StrCat("if header :contains \"x\" \"", Repeat("a", n), "b\" { keep; }");
     },
     [](size_t n) { return absl::StrCat("X: ", Repeat("a", 2 * n), "\r\n"); }},
    {"literals that are in one another",
     [](size_t) {
       std::string script = "require \"body\";\n";
       for (size_t i = 1; i <= 100; ++i)
         absl::StrAppend(&script, "if allof(body :contains \"", Repeat("a", i),
                         "\", size :over 1G) { keep; }\n");
       return script;
     },
     [](size_t n) { return absl::StrCat("X: y\r\n\r\n", Repeat("a", n * 10)); }},
    {"expressions with something between two words",
     [](size_t n) {
       std::string script = "require [\"body\",\"regex\"];\n";
       for (size_t i = 0; i < n / 10; ++i)
         absl::StrAppend(&script, "if body :regex \"w", i, "a.*w", i, "b\" { keep; }\n");
       return script;
     },
     [](size_t n) { return absl::StrCat("X: y\r\n\r\n", Repeat("w1b w2b w3b ", n)); }},
    {"deep parts",
     [](size_t) {
       return Same(
           "require [\"mime\",\"foreverypart\"]; foreverypart { if header :mime "
           "\"content-type\" \"x\" { keep; } }");
     },
     [](size_t n) {
       std::string mail;
       for (size_t i = 0; i < n / 50; ++i)
         absl::StrAppend(&mail, "Content-Type: multipart/mixed; boundary=b", i, "\r\n\r\n--b", i,
                         "\r\n");
       return mail;
     }},
    {"many rules, none of which is true",
     [](size_t n) {
       std::string script;
       for (size_t i = 0; i < n / 4; ++i)
         absl::StrAppend(&script, "if header :is \"subject\" \"subject ", i, "\" { keep; }\n");
       return script;
     },
     [](size_t) { return Same("Subject: nothing\r\n\r\n"); }},
};

TEST(Cost, GrowsNoFasterThanItsSize) {
  for (const Hostile& hostile : kHostile) {
    SCOPED_TRACE(hostile.name);
    const uint64_t small = WorkOf(hostile, 1000);
    const uint64_t large = WorkOf(hostile, 4000);
    EXPECT_LE(large, 5 * small + 20) << small;
  }
}

TEST(Cost, PatternsThatGoBackEndAtTheLimit) {
  const std::string script =
      absl::StrCat("if header :matches \"x\" \"*", Repeat("?a", 2000), "b*\" { keep; }");
  const std::string mail = absl::StrCat("X: ab", Repeat("a", 60'000), "\r\n\r\n");
  MessageView view(mail);
  EvaluationLimits limits = SomeLimits();
  limits.steps = 2000;
  const Evaluation evaluation = Evaluate(*Prepared(script), view, SomeFacts(), limits);
  ASSERT_TRUE(evaluation.error.has_value());
  EXPECT_LE(evaluation.work, 2100u);
}

TEST(Cost, MoreQuestionMarksThanTheTextHasCharactersFitNowhere) {
  const std::string mail = absl::StrCat("X: ", Repeat("a", 50'000), "\r\n\r\n");
  MessageView view(mail);
  const std::string script =
      absl::StrCat("if header :matches \"x\" \"*", Repeat("?", 60'000), "*\" { discard; }");
  const Evaluation evaluation = Evaluate(*Prepared(script), view, SomeFacts(), SomeLimits());
  EXPECT_EQ(Told(evaluation), "implicit keep");
  EXPECT_LE(evaluation.work, 100u);
}

// Each match looks on to the end of the field.
TEST(Cost, ReplacingWhatMayGoOnToTheEndEndsAtTheLimit) {
  const std::string mail = absl::StrCat("X: ", Repeat("a", 60'000), "\r\n\r\n");
  MessageView view(mail);
  const std::string script =
      "require [\"regex\", \"vnd.postern.replace\"];"
      "replace_text :header \"x\" \"a(.*b)?\" \"\";";
  const Evaluation evaluation = Evaluate(*Prepared(script), view, SomeFacts(), SomeLimits());
  ASSERT_TRUE(evaluation.error.has_value());
  EXPECT_LE(evaluation.work, 20'100u);
}

// What is looked for costs, not only what is compared.
TEST(Cost, ThousandsOfNamesInThousandsOfFieldsEndAtTheLimit) {
  const std::string mail = absl::StrCat(Repeat("A:\r\n", 9000), "\r\n");
  MessageView view(mail);
  const std::string script = absl::StrCat(
      "require [\"relational\", \"comparator-i;ascii-numeric\"];"
      "if header :count \"gt\" :comparator \"i;ascii-numeric\" [\"A\"",
      Repeat(",\"A\"", 20'000), "] \"999999999\" { discard; }");
  const Evaluation evaluation = Evaluate(*Prepared(script), view, SomeFacts(), SomeLimits());
  ASSERT_TRUE(evaluation.error.has_value());
  EXPECT_LE(evaluation.work, 21'000u);
}

// Scripts and mails that make an evaluation look at one thing for each pair of two long lists.
TEST(Cost, WhatIsLookedAtForEachOfManyEndsAtTheLimit) {
  const auto list = [](absl::string_view text, size_t count) {
    return absl::StrCat("[\"", text, "\"", Repeat(absl::StrCat(",\"", text, "\""), count), "]");
  };
  const std::string parts =
      absl::StrCat("Content-Type: multipart/mixed; boundary=b\r\n\r\n",
                   Repeat("--b\r\nContent-Type: a/b\r\n\r\nc\r\n", 900), "--b--\r\n");
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text += static_cast<char>('a' + (i % 23) * (i % 23) % 23);
  std::string type = "Content-Type: a/b";
  for (int i = 0; i < 100; ++i) absl::StrAppend(&type, "; p", i, "=d");
  type += "\r\n";
  const struct {
    const char* name;
    std::string script, mail;
  } cases[] = {
      {"empty keys, empty fields",
       absl::StrCat("require \"relational\"; if header :value \"ne\" \"x\" ", list("", 40'000),
                    " { discard; }"),
       absl::StrCat(Repeat("X:\r\n", 9000), "\r\n")},
      {"types of parts",
       absl::StrCat("require [\"body\", \"foreverypart\"]; foreverypart { if body :content ",
                    list("x/y", 40'000), " \"z\" { discard; } }"),
       parts},
      {"parameters",
       absl::StrCat("require \"mime\"; if header :mime :param ", list("x", 40'000),
                    " \"content-type\" \"z\" { discard; }"),
       absl::StrCat(Repeat(type, 5), "\r\n")},
      {"an expression whose automaton gets out of hand",
       "require [\"body\", \"regex\"]; if body :regex \"[a-q].{250}[a-q].{250}[a-q].{250}!\" { "
       "discard; }",
       absl::StrCat("X: y\r\n\r\n", text)},
      {"folders",
       absl::StrCat("require [\"mailbox\", \"foreverypart\"]; foreverypart { if mailboxexists ",
                    list("x", 40'000), " { discard; } }"),
       parts},
  };
  EvaluationLimits limits = SomeLimits();
  limits.steps = 2000;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    MessageView view(c.mail);
    const Evaluation evaluation = Evaluate(*Prepared(c.script), view, SomeFacts(), limits);
    ASSERT_TRUE(evaluation.error.has_value());
    EXPECT_NE(evaluation.error->message.find("too much to do"), std::string::npos);
  }
}

TEST(Cost, ListsThatWouldFillMemoryEndTheEvaluation) {
  const std::string set =
      absl::StrCat("require \"variables\"; set \"a\" \"", Repeat("x", 4000), "\";");
  const std::string list =
      absl::StrCat("[\"", Repeat("${a}", 16), "\"",
                   Repeat(absl::StrCat(",\"", Repeat("${a}", 16), "\""), 200), "]");
  MessageView view("X: y\r\n\r\n");
  for (const std::string& test :
       {absl::StrCat("header ", list, " \"z\""), absl::StrCat("header \"x\" ", list)}) {
    const std::string script = absl::StrCat(set, "if ", test, " { discard; }");
    const Evaluation evaluation = Evaluate(*Prepared(script), view, SomeFacts(), SomeLimits());
    ASSERT_TRUE(evaluation.error.has_value());
    EXPECT_LE(evaluation.work, 3000u);
  }
}

TEST(Cost, AReplacementThatWouldFillMemoryIsNotMade) {
  const std::string mail = absl::StrCat("X: ", Repeat("a", 60'000), "\r\nY: a\r\n\r\n");
  MessageView view(mail);
  const std::string script = absl::StrCat(
      "require [\"regex\", \"vnd.postern.replace\"]; replace_text :header \"x\" \"a\" \"",
      Repeat("b", 60'000), "\"; replace_text :header \"y\" \"a\" \"b\";",
      "if allof (not header :contains \"x\" \"b\", header \"y\" \"b\") { discard; }");
  EXPECT_EQ(Told(Evaluate(*Prepared(script), view, SomeFacts(), SomeLimits())), "discard");
}

TEST(Cost, ExpressionsThatAreMadeAtRunTimeCost) {
  MessageView view("X: y\r\n\r\n");
  const std::string script = absl::StrCat(
      "require [\"variables\", \"regex\"]; set \"a\" \"b\";"
      "if header :regex \"x\" [\"${a}\"",
      Repeat(",\"${a}{2,9}\"", 1000), "] { discard; }");
  EXPECT_GE(Evaluate(*Prepared(script), view, SomeFacts(), SomeLimits()).work, 8000u);
}

TEST(Cost, HugeHeadersAreReadToTheirLimits) {
  const std::string mail = absl::StrCat(Repeat("X: y\r\n", 200'000), "\r\nbody");
  const MessageView view(mail);
  EXPECT_LE(view.AllFields().size(), MessageView::kMaxFields);
  EXPECT_LE(view.Fields("X").size(), MessageView::kMaxFields);
  EXPECT_EQ(view.RawBody(), "body");
}

}  // namespace
}  // namespace postern::rules
