#include "services/rules/engine/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/rules/engine/engine_bench.h"

namespace postern::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::string_view kMail = R"(From: Bob <bob@Example.NET>
To: ann+lists@example.org, carl@example.com
Subject: Re: [dev] Hello
Message-ID: <1@example.net>
Date: Mon, 05 Jan 2026 10:00:00 +0100

Hello world
)";

TEST(Evaluate, KeepIsImplicitUntilSomethingCancelsIt) {
  const struct {
    const char* script;
    const char* told;
  } cases[] = {
      {"", "implicit keep"},
      {"keep;", "keep"},
      {"discard;", "discard"},
      {"discard; keep;", "discard; keep"},
      {"require \"fileinto\"; fileinto \"A\";", "fileinto \"A\""},
      {"require [\"fileinto\",\"copy\"]; fileinto :copy \"A\";",
       "fileinto :copy \"A\"; implicit keep"},
      {"redirect \"x@y.z\";", "redirect \"x@y.z\""},
      {"require \"copy\"; redirect :copy \"x@y.z\";", "redirect :copy \"x@y.z\"; implicit keep"},
      {"require \"reject\"; reject \"no\";", "reject \"no\""},
      {"require \"vacation\"; vacation \"away\";", "vacation \"away\"; implicit keep"},
      {"require \"enotify\"; notify :message \"hi\" \"xmpp:a@b.c\";",
       "notify \"xmpp:a@b.c\"; implicit keep"},
      {"stop; discard;", "implicit keep"},
      {"if true { stop; } discard;", "implicit keep"},
      {"require \"fileinto\"; fileinto \"A\"; fileinto \"A\"; fileinto \"B\";",
       "fileinto \"A\"; fileinto \"B\""},
      {"redirect \"x@y.z\"; redirect \"X@y.z\";", "redirect \"x@y.z\""},
      {"keep; keep;", "keep"},
      {"require [\"fileinto\",\"imap4flags\"]; addflag \"\\\\Seen\"; fileinto \"A\";",
       "fileinto \"A\" with the flags \\Seen"},
      {"require \"imap4flags\"; setflag [\"a b\", \"\\\\Flagged\"]; removeflag \"a\";",
       "implicit keep with the flags b \\Flagged"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.script);
    EXPECT_EQ(Told(Outcome(c.script, kMail)), c.told);
  }
}

TEST(Evaluate, WhatTheRfcsForbidTogetherIsAnErrorAndKeepsTheMail) {
  const struct {
    const char* script;
    const char* error;
  } cases[] = {
      {"require \"reject\"; keep;\nreject \"no\";",
       "line 2: a mail can't be rejected and also kept"},
      {"require \"reject\"; reject \"no\";\nkeep;",
       "line 2: a mail can't be rejected and also kept"},
      {"require \"reject\"; reject \"no\";\nreject \"no\";", "line 2: the mail is rejected twice"},
      {"require \"vacation\"; vacation \"a\";\nvacation \"b\";", "line 2: vacation is used twice"},
      {"require [\"reject\",\"vacation\"]; vacation \"a\"; reject \"b\";",
       "a mail can't be rejected and answered"},
      {"redirect \"a@x.y\"; redirect \"b@x.y\"; redirect \"c@x.y\"; redirect \"d@x.y\";\n"
       "redirect \"e@x.y\";",
       "line 2: more than 4 redirects"},
      {"require \"vnd.postern.deliver\"; deliver :to [\"a@b.c\",\"b@b.c\",\"c@b.c\",\"d@b.c\","
       "\"e@b.c\",\"f@b.c\"]; deliver :to [\"g@b.c\",\"h@b.c\",\"i@b.c\",\"j@b.c\"];\n"
       "deliver :to \"k@b.c\";",
       "line 2: delivered to more than 10 Jabber addresses"},
      {"require \"vnd.postern.replace\"; append_text \"a\"; append_text \"a\"; append_text \"a\"; "
       "append_text \"a\"; append_text \"a\"; append_text \"a\"; append_text \"a\"; append_text "
       "\"a\"; append_text \"a\"; append_text \"a\"; append_text \"a\"; append_text \"a\"; "
       "append_text \"a\"; append_text \"a\"; append_text \"a\"; append_text \"a\";\nappend_text "
       "\"a\";",
       "line 2: more than 16 changes to the text of the mail"},
      {"require [\"fileinto\",\"variables\"]; set \"x\" \"\"; fileinto \"A\";\nfileinto \"${x}\";",
       "line 2: fileinto: \"\" can't be the name of a folder"},
      {"require \"ihave\"; error \"not today\";", "line 1: not today"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.script);
    const Evaluation evaluation = Outcome(c.script, kMail);
    ASSERT_TRUE(evaluation.error.has_value());
    EXPECT_THAT(evaluation.error->message, HasSubstr(c.error));
    ASSERT_EQ(evaluation.actions.size(), 1u);
    EXPECT_TRUE(std::get<KeepAction>(evaluation.actions[0].kind).implicit);
    EXPECT_TRUE(evaluation.kept);
    EXPECT_THAT(evaluation.marks, IsEmpty());
  }
}

TEST(Evaluate, AnErrorVoidsEditsToo) {
  const std::string mail = MailOf(kMail);
  MessageView view(mail);
  const auto program =
      Prepared("require [\"editheader\",\"ihave\"]; addheader \"X-A\" \"1\"; error \"no\";");
  const Evaluation evaluation = Evaluate(*program, view, SomeFacts(), SomeLimits());
  EXPECT_THAT(evaluation.edits, IsEmpty());
  EXPECT_TRUE(view.Fields("X-A").empty());
}

TEST(Evaluate, StepsAreLimited) {
  EvaluationLimits limits = SomeLimits();
  limits.steps = 10;
  std::string script;
  for (int i = 0; i < 20; ++i) script += "if size :over 1 { keep; }\n";
  const std::string mail = MailOf(kMail);
  MessageView view(mail);
  const Evaluation evaluation = Evaluate(*Prepared(script), view, SomeFacts(), limits);
  ASSERT_TRUE(evaluation.error.has_value());
  EXPECT_THAT(evaluation.error->message, HasSubstr("too much to do"));
  EXPECT_EQ(Told(evaluation).substr(0, 13), "implicit keep");
}

TEST(Evaluate, VariablesAndCapturesAreTakenOnce) {
  const struct {
    const char* script;
    const char* told;
  } cases[] = {
      {R"(set "a" "${b}"; set "b" "x"; fileinto "${a}-${b}";)", "fileinto \"-x\""},
      {R"(set :length "a" "four"; fileinto "${a}";)", "fileinto \"4\""},
      {R"(if header :matches "subject" "Re: [*] *" { fileinto "${1}/${2}"; })",
       "fileinto \"dev/Hello\""},
      {R"(if header :matches "subject" "*" { set "x" "$${1}"; fileinto "${0}"; })",
       "fileinto \"Re: [dev] Hello\""},
      {R"(if not header :matches "subject" "no*" { fileinto "<${1}>"; })", "fileinto \"<>\""},
      {R"~(if header :regex "subject" "\\[([a-z]+)\\] (.*)" { fileinto "${1}+${2}"; })~",
       "fileinto \"dev+Hello\""},
      {R"(if address :matches :domain "from" "*.net" { fileinto "${1}"; })",
       "fileinto \"Example\""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.script);
    const std::string script =
        std::string("require [\"fileinto\",\"variables\",\"regex\"];\n") + c.script;
    EXPECT_EQ(Told(Outcome(script, kMail)), c.told);
  }
}

TEST(Evaluate, MissingFactsAreNamedAndThenUsed) {
  const char* script =
      "require [\"fileinto\",\"mailbox\",\"duplicate\"];"
      "if mailboxexists \"Lists\" { fileinto \"Lists\"; } elsif duplicate { discard; }";
  Facts facts = SomeFacts();
  Evaluation evaluation = Outcome(script, kMail, facts);
  EXPECT_THAT(evaluation.missing, ElementsAre("mailbox:Lists", "duplicate:\n<1@example.net>"));
  facts.looked_up["mailbox:Lists"] = "no";
  facts.looked_up["duplicate:\n<1@example.net>"] = "no";
  evaluation = Outcome(script, kMail, facts);
  EXPECT_THAT(evaluation.missing, IsEmpty());
  EXPECT_EQ(Told(evaluation), "implicit keep");
  ASSERT_EQ(evaluation.marks.size(), 1u);
  EXPECT_EQ(evaluation.marks[0].key, "duplicate:\n<1@example.net>");
  facts.looked_up["duplicate:\n<1@example.net>"] = "yes";
  evaluation = Outcome(script, kMail, facts);
  EXPECT_EQ(Told(evaluation), "discard");
  EXPECT_THAT(evaluation.marks, IsEmpty());
  facts.looked_up["mailbox:Lists"] = "yes";
  EXPECT_EQ(Told(Outcome(script, kMail, facts)), "fileinto \"Lists\"");
}

TEST(Evaluate, TheTraceTellsWhatDecided) {
  const Evaluation evaluation = Outcome(
      "require \"fileinto\";\nif header :contains \"subject\" \"nothing\" { discard; }\n"
      "if header :contains \"subject\" \"hello\" {\n fileinto \"A\"; }",
      kMail);
  ASSERT_EQ(evaluation.trace.size(), 2u);
  EXPECT_EQ(evaluation.trace[0].text,
            "header :contains \"subject\" \"hello\" matched \"Re: [dev] Hello\"");
  EXPECT_EQ(evaluation.trace[0].line, 3u);
  EXPECT_EQ(evaluation.trace[1].text, "fileinto \"A\"");
  EXPECT_TRUE(evaluation.trace[1].action);
}

TEST(Evaluate, TheTraceTellsWhatWasNotLookedAt) {
  const std::string mail = "Subject: x\r\n\r\nbeginning";
  MessageView view(mail, /*full_size=*/50'000'000);
  const auto program = Prepared("require \"body\"; if body :contains \"beginning\" { discard; }");
  const Evaluation evaluation = Evaluate(*program, view, SomeFacts(), SomeLimits());
  ASSERT_GE(evaluation.trace.size(), 1u);
  EXPECT_THAT(evaluation.trace[0].text, HasSubstr("only its beginning was looked at"));
}

TEST(Evaluate, ActionsKnowTheEditsBeforeThem) {
  const Evaluation evaluation = Outcome(
      "require [\"editheader\",\"fileinto\",\"copy\"]; addheader \"X-A\" \"1\";"
      "fileinto :copy \"A\"; deleteheader \"Subject\"; addheader :last \"X-B\" \"2\";"
      "if exists \"subject\" { discard; }",
      kMail);
  ASSERT_EQ(evaluation.edits.size(), 3u);
  ASSERT_EQ(evaluation.actions.size(), 2u);
  EXPECT_EQ(evaluation.actions[0].edits, 1u);
  EXPECT_EQ(evaluation.actions[1].edits, 3u);
  const auto& deleted = std::get<HeaderEdit>(evaluation.edits[1]);
  EXPECT_FALSE(deleted.add);
  EXPECT_EQ(deleted.value, "Re: [dev] Hello");
}

TEST(EvaluateStages, TheNextSpeaksWhenTheOneBeforeKeeps) {
  const std::string mail = MailOf(kMail);
  const struct {
    const char* site;
    const char* user;
    const char* after;
    const char* told;
  } cases[] = {
      {"keep;", "keep;", "keep;", "keep"},
      {"discard;", "keep;", "keep;", "discard"},
      {"stop;", "discard;", "keep;", "discard"},
      {"redirect \"a@b.c\"; keep;", "", "", "redirect \"a@b.c\"; implicit keep"},
      {"require \"imap4flags\"; addflag \"x\";", "keep;", "", "implicit keep with the flags x"},
      {"require \"ihave\"; error \"no\";", "require \"fileinto\"; fileinto \"A\";", "keep;",
       "fileinto \"A\"; error: line 1: no"},
      {"require \"editheader\"; addheader \"X-Spam\" \"yes\";",
       "if header \"x-spam\" \"yes\" { discard; }", "keep;", "discard"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.site, " | ", c.user, " | ", c.after));
    const Stage stages[] = {
        {Prepared(c.site), true}, {}, {Prepared(c.user)}, {Prepared(c.after), true}};
    MessageView view(mail);
    const Evaluation evaluation = EvaluateStages(stages, view, SomeFacts(), SomeLimits());
    EXPECT_EQ(Told(evaluation), c.told);
    EXPECT_TRUE(view.Fields("X-Spam").empty());
  }
}

TEST(EvaluateStages, WithoutAnyTheMailIsKept) {
  MessageView view("");
  EXPECT_EQ(Told(EvaluateStages({}, view, SomeFacts(), SomeLimits())), "implicit keep");
}

}  // namespace
}  // namespace postern::rules
