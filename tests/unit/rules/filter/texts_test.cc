#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/rules/filter/action.h"
#include "services/rules/filter/macro_text.h"
#include "services/rules/filter/words.h"
#include "services/rules/jsmail/regex.h"
#include "tests/unit/rules/filter/filter_bench.h"

namespace postern::rules::filter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// --- expressions -----------------------------------------------------------------

std::string Replaced(const char* pattern, const char* with, const std::string& text) {
  const auto translated = jsmail::TranslateRegex(pattern, jsmail::RegexDialect::kContentFilter);
  if (translated.error) return "error: " + translated.error->text;
  const auto replacement = TranslateReplacement(with, translated.groups);
  if (!replacement.ok()) return std::string(replacement.status().message());
  std::string replaced = text;
  const RE2 re2("(?i)" + translated.re2);
  if (!re2.ok()) return re2.error();
  RE2::GlobalReplace(&replaced, re2, *replacement);
  return replaced;
}

TEST(FilterExpressions, Replace) {
  const struct {
    const char *pattern, *with, *text, *result;
  } cases[] = {
      {"a(bcd)e", "123-&-123", "xabcdex", "x123-abcde-123x"},
      {"(123)(456)", "a-\\2-b-\\1", "123456", "a-456-b-123"},
      {"(123)(456)", "a-\\0-b", "123456", "a-123456-b"},
      {"a|b", "x", "cab", "cxx"},
      {"a", "\\&", "a", "&"},
      {"a", "\\\\", "a", "\\"},
      {"a", "b\\", "a", "b\\"},
      {"a", "\\n", "a", "n"},
      {"\\$\\$\\$", "$", "win $$$", "win $"},
      {"a{2}", "x", "aa a{2}", "aa x"},
      {"<cat>", "dog", "cat concat cats", "dog concat cats"},
      {"\\<cat\\>", "dog", "cat concat", "dog concat"},
      {"[<>]", "_", "<a>", "_a_"},
      {"\\(a\\)", "x", "(a)", "x"},
      {"*a", "x", "*a", "x"},
      {"(a)", "\\2", "a", "the replacement names group 2, the expression has 1"},
      {"(a", "x", "a", "error: this \"(\" has no \")\"; write \\( for the character itself"},
      {"", "x", "a", "error: the expression is empty: it would match every mail"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.pattern);
    EXPECT_EQ(Replaced(c.pattern, c.with, c.text), c.result);
  }
}

TEST(FilterExpressions, LeaveJsmailsOwnAsTheyAre) {
  const auto translated = jsmail::TranslateRegex("(a|b)<c>");
  EXPECT_EQ(translated.re2, "\\(a\\|b\\)\\<c\\>");
}

// --- macros ----------------------------------------------------------------------

// What a header field gets that has this text.
std::string Expanded(const std::string& text, const std::string& mail) {
  const std::string judged = Judged(
      OneRule("Condition01=ALL|is|AND||", "Action01=add header|\"X-Text\",\"" + text + "\""), mail);
  const size_t begin = judged.find("\"value\":\"");
  if (begin == std::string::npos) return judged;
  const size_t value = begin + 9;
  return judged.substr(value, judged.find("\"}", value) - value);
}

constexpr char kMail[] =
    "Return-Path: <bob@bounce.example.net>\nFrom: A <a@x.y>\nTo: Ann <ann@example.org>\n"
    "Reply-To: desk@x.y\nSubject: =?utf-8?q?H=C3=A9?=\nMessage-ID: <1.2@x.y>\nX-One: first\n\n"
    "Body one\nBody two\n";

TEST(FilterMacros, StandForWhatAMailSays) {
  const struct {
    const char *text, *value;
  } cases[] = {
      {"$SENDER$", "a@x.y"},
      {"$SENDERDOMAIN$ $SENDERMAILBOX$", "x.y a"},
      {"$FROM$ $FROMDOMAIN$ $FROMMAILBOX$", "a@x.y x.y a"},
      {"$RECIPIENT$ $RECIPIENTDOMAIN$ $RECIPIENTMAILBOX$", "ann@example.org example.org ann"},
      {"$REPLYTO$", "desk@x.y"},
      {"$ACTUALFROM$ $ACTUALTO$", "bob@example.net ann@example.org"},
      {"$SUBJECT$", "Hé"},
      {"$MESSAGEID$ $HEADER:MESSAGE-ID$", "1.2@x.y 1.2@x.y"},
      {"$HEADER:X-One$ $header:x-one$", "first first"},
      {"[$HEADER:XX$]", "[]"},
      {"$CURRENTTIME$", "2026-01-05 11:00:00"},
      {"$DATESTAMP$", "Mon, 05 Jan 2026 11:00:00 +0000"},
      {"$FILTERRULENAME$", "one"},
      {"$ATTACHMENTCOUNT$ [$ATTACHMENT(9)$]", "0 []"},
      {"$CONTENTTYPE$ $PRODUCTID$", "text/plain Postern"},
      {"$$ 5$ $100$ $ SENDER$", "$$ 5$ $100$ $ SENDER$"},
      {"US$100$SENDER$", "US$100a@x.y"},
      {"$FOO$SENDER$", "$FOOa@x.y"},
      {"$NO_SUCH$", "$NO_SUCH$"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Expanded(c.text, kMail), c.value);
  }
  EXPECT_EQ(Expanded("$GEN_GUID$", kMail).size(), 11u);
}

TEST(FilterMacros, AreExpandedOnce) {
  EXPECT_EQ(Expanded("$SUBJECT$", "From: a@x.y\nSubject: $SENDER$\n\n"), "$SENDER$");
}

TEST(FilterMacros, NeverMakeAnotherField) {
  const std::string value =
      Expanded("$SUBJECT$", "From: a@x.y\nSubject: =?utf-8?q?a=0D=0AX-Evil:_b?=\n\n");
  EXPECT_THAT(value, HasSubstr("X-Evil: b"));
  EXPECT_EQ(value.find('\\'), std::string::npos) << value;
}

TEST(FilterMacros, AreCutWhereTheyStandInMessages) {
  const std::string mail = "From: a@x.y\nSubject: " + std::string(2000, 's') + "\n\n";
  const std::string source =
      OneRule("Condition01=ALL|is|AND||",
              "Action01=send instant message|\"ann@example.org\",\"b@c.d\",\"$SUBJECT$\"");
  const std::string judged = Judged(source, mail);
  EXPECT_THAT(judged, HasSubstr(std::string(255, 's')));
  EXPECT_THAT(judged, Not(HasSubstr(std::string(257, 's'))));
  EXPECT_THAT(Expanded("$SUBJECT$", mail), HasSubstr(std::string(990, 's')));
}

TEST(FilterMacros, OfSeveralLinesRepeatWhatStandsBeforeThem) {
  const std::string source = OneRule(
      "Condition01=ALL|is|AND||",
      "Action01=send instant message|\"ann@example.org\",\"b@c.d\",\"They said:\\n> $BODY$\"");
  EXPECT_THAT(Judged(source, kMail), HasSubstr("They said:\\n> Body one\\n> Body two"));
}

TEST(FilterMacros, ThatNobodyKnowsAreTold) {
  const std::string problems =
      Problems(OneRule("Condition01=ALL|is|AND||", "Action01=add header|\"X-Text\",\"$NO_SUCH$\""));
  EXPECT_THAT(problems, HasSubstr("f:7:1: warning: rule \"one\": $NO_SUCH$ is no macro"));
  EXPECT_THAT(ReadMacros("costs $100$ or $ab$", "r").unknown, IsEmpty());
}

TEST(FilterMacros, TellWhoIsMeant) {
  EXPECT_EQ(OnlyMacro(" $RECIPIENT$ "), "RECIPIENT");
  EXPECT_EQ(OnlyMacro("x$RECIPIENT$"), "");
  EXPECT_EQ(OnlyMacro("$RECIPIENT$$SENDER$"), "");
  EXPECT_TRUE(ReadMacros("$SUBJECT$", "r").of_mail);
  EXPECT_FALSE(ReadMacros("$CURRENTTIME$ $PRIMARYDOMAIN$", "r").of_mail);
}

// --- lines -----------------------------------------------------------------------

TEST(FilterArguments, AreSplit) {
  EXPECT_THAT(*SplitArguments("\"X-BCC\",\"True\""), ElementsAre("X-BCC", "True"));
  EXPECT_THAT(*SplitArguments("\u201DX-BCC\u201D,\u201DTrue\u201D"), ElementsAre("X-BCC", "True"));
  EXPECT_THAT(*SplitArguments("\"a, \"\"b\"\"\", c|"), ElementsAre("a, \"b\"", "c"));
  EXPECT_THAT(*SplitArguments("2"), ElementsAre("2"));
  EXPECT_THAT(*SplitArguments(""), IsEmpty());
  EXPECT_FALSE(SplitArguments("\"a").ok());
  EXPECT_EQ(WithLines("a\\nb\\\\n\\tc\\r\\n"), "a\nb\\n\tc\n");
}

TEST(FilterArguments, NameProgramsWithoutTheirFolder) {
  const struct {
    const char *line, *program, *rest;
  } cases[] = {
      {"C:\\Scan\\check.exe", "check.exe", ""},
      {"C:\\Program Files\\Scan\\check.exe -q $MESSAGEFILENAME$", "check.exe",
       "-q $MESSAGEFILENAME$"},
      {"\"C:\\my scan\\check\" -q", "check", "-q"},
      {"/usr/bin/scan -q", "scan", "-q"},
      {"scan", "scan", ""},
      {"", "", ""},
      {"C:\\", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    const CommandLine read = ReadCommandLine(c.line);
    EXPECT_EQ(read.program, c.program);
    EXPECT_EQ(read.rest, c.rest);
  }
}

TEST(FilterWords, AreKnownInSeveralWordings) {
  const struct {
    const char* name;
    Deed deed;
  } deeds[] = {
      {"delete", Deed::kDelete},
      {"Delete the message", Deed::kDelete},
      {"strip all attachments from message", Deed::kStripAttachments},
      {"move to bad queue", Deed::kBadQueue},
      {"move message to bad message directory", Deed::kBadQueue},
      {"skip 2 rules", Deed::kSkip},
      {"Stop Processing Rules", Deed::kStop},
      {"copy message to specified user(s)", Deed::kCopyTo},
      {"add extra header item to message", Deed::kAddHeader},
      {"delete a header item from message", Deed::kDeleteHeader},
      {"send note to", Deed::kSendNote},
      {"remove digital signature", Deed::kRemoveSignature},
      {"run process", Deed::kRunProcess},
      {"move message to public folders", Deed::kMoveToFolder},
      {"move messages to custom queue", Deed::kMoveToQueue},
      {"add line to text file", Deed::kAddLine},
      {"search and replace words in a header", Deed::kReplaceInHeader},
      {"search/replace in body", Deed::kReplaceInBody},
      {"jump to rule", Deed::kJump},
      {"send instant message", Deed::kInstantMessage},
      {"sign with DKIM selector", Deed::kSign},
      {"brew coffee", Deed::kUnknown},
  };
  for (const auto& c : deeds) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ReadDeed(c.name), c.deed);
  }
}

}  // namespace
}  // namespace postern::rules::filter
