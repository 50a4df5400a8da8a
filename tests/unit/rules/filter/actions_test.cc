#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rules/filter/filter_bench.h"

namespace postern::rules::filter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAll[] = "Condition01=ALL|is|AND||";
constexpr char kMail[] =
    "From: A <a@x.y>\nTo: ann@example.org\nSubject: =?utf-8?q?H=C3=A9?=\n\nBody\n";

std::string Does(const std::string& action, const std::string& mail = kMail) {
  return Judged(OneRule(kAll, "Action01=" + action), mail);
}

TEST(FilterActions, BecomeThoseOfTheEngine) {
  const struct {
    const char* action;
    const char* result;
  } cases[] = {
      {"delete|", R"({"actions":[{"action":"discard"}]})"},
      {"copy to users|\"b@c.d, e@f.g\"",
       R"({"actions":[{"action":"redirect","address":"b@c.d","copy":true},{"action":"redirect",)"
       R"("address":"e@f.g","copy":true},{"action":"keep","implicit":true}]})"},
      {"copy|b@c.d", R"({"action":"redirect","address":"b@c.d","copy":true})"},
      {"redirect|b@c.d", R"({"actions":[{"action":"redirect","address":"b@c.d"}]})"},
      {"copy to folder|\"Audit\\2026\"",
       R"({"action":"fileinto","mailbox":"Audit/2026","copy":true,"create":true})"},
      {"move to public folders|\"Sales\"",
       R"({"actions":[{"action":"fileinto","mailbox":"Sales","create":true}]})"},
      {"move to custom queue|\"slow\"",
       R"({"actions":[{"action":"fileinto","mailbox":"slow","create":true}]})"},
      {"move to bad queue|", R"({"action":"quarantine","reason":"the content filter's rule)"},
      {"add header|\"X-Spam\",\"yes, $SENDER$\"",
       R"({"actions":[{"action":"addheader","name":"X-Spam","value":"yes, a@x.y"},{"action":"keep")"},
      {"add header|\"X-Spam: yes\"", R"("name":"X-Spam","value":"yes")"},
      {"delete header|\"Subject\"", R"({"action":"deleteheader","name":"Subject")"},
      {"strip all attachments|", R"({"action":"strip_attachments"},{"action":"keep")"},
      {"remove signature|", R"({"action":"strip_signature"},{"action":"keep")"},
      {"append disclaimer|\"-- \\nOur $SUBJECT$, yours\"",
       R"({"action":"append_text","text":"-- \nOur Hé, yours"})"},
      {"append|Hello, world", R"({"action":"append_text","text":"Hello, world"})"},
      {"search and replace in header|\"Subject\",\"h(.)\",\"[&] \\1\"",
       R"_({"action":"replace_text","header":"Subject","pattern":"(?i)h(.)","text":"[\\0] \\1"})_"},
      {"replace in body|\"Body\",\"\\&\",\"match case\"",
       R"_({"action":"replace_text","pattern":"(?m:Body)","text":"&"})_"},
      {"add line to text file|\"C:\\Logs\\seen.txt\",\"$SENDER$: $SUBJECT$\"",
       R"({"action":"log","text":"a@x.y: Hé","file":"seen.txt"})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.action);
    EXPECT_THAT(Does(c.action), HasSubstr(c.result));
  }
}

// The rule that the manual shows.
TEST(FilterActions, SendInstantMessages) {
  const std::string judged = Does(
      "send instant message|\"frank@example.com\",\"postmaster@example.com\",\"You have "
      "received an email from $SENDER$.\\nSubject: $SUBJECT$\"");
  EXPECT_THAT(judged,
              HasSubstr(R"({"action":"notify","method":"xmpp:frank@example.com","message":"You )"
                        R"(have received an email from a@x.y.\nSubject: Hé","options":)"
                        R"(["type=chat"]},{"action":"keep","implicit":true})"));
  EXPECT_THAT(Does("send instant message|\"$RECIPIENT$\",\"$SENDER$\",\"Hi\""),
              HasSubstr(R"("method":"xmpp:ann@jabber.example","message":"Hi")"));
  EXPECT_THAT(Does("send instant message|\"a@b.c; d@e.f\",\"Two\""),
              AllOf(HasSubstr("xmpp:a@b.c\""), HasSubstr("xmpp:d@e.f\"")));
}

TEST(FilterActions, SendNotes) {
  EXPECT_THAT(Does("send note|\"b@c.d\",\"me@x.y\",\"About $SUBJECT$\",\"Line one\\nby $SENDER$\""),
              HasSubstr(R"({"action":"notify","method":"mailto:b@c.d","message":"About Hé",)"
                        R"("options":["body=Line one\nby a@x.y"]})"));
  EXPECT_THAT(Does("send note|\"b@c.d\",\"\",\"s\",\"t\",\"Yes\""),
              HasSubstr(R"({"action":"redirect","address":"b@c.d","copy":true})"));
  // An automatic answer, with all that holds one back (RFC 3834).
  EXPECT_THAT(Does("send note|\"$SENDER$\",\"\",\"Seen\",\"We have read it\""),
              HasSubstr(R"({"action":"reply","text":"We have read it","handle":"filter:)"));
  EXPECT_THAT(Does("send note|\"$RECIPIENT$\",\"\",\"Seen\",\"Text\""),
              HasSubstr(R"("method":"xmpp:ann@jabber.example","message":"Seen\n\nText")"));
}

// A mail never says who gets something.
TEST(FilterActions, SendNothingWhereAMailWants) {
  for (const char* action : {"copy to users|\"$HEADER:X-To$\"", "redirect|\"$REPLYTO$\"",
                             "send note|\"$HEADER:X-To$\",\"\",\"s\",\"t\"",
                             "send instant message|\"$SENDER$\",\"\",\"t\"",
                             "send instant message|\"x$RECIPIENT$\",\"\",\"t\""}) {
    SCOPED_TRACE(action);
    EXPECT_THAT(Problems(OneRule(kAll, std::string("Action01=") + action)),
                HasSubstr("a mail never says who gets something"));
    EXPECT_THAT(Does(action), HasSubstr(R"({"actions":[{"action":"keep","implicit":true}])"));
  }
}

TEST(FilterActions, ReplaceWithWhatAMailSaysAsItStands) {
  EXPECT_THAT(
      Does("replace in body|\"Body\",\"$HEADER:X-A$\"", "From: a@x.y\nX-A: \\1 & \\0\n\nBody\n"),
      HasSubstr(R"("text":"\\\\1 & \\\\0")"));
}

TEST(FilterActions, AreSeenByTheRulesBehindThem) {
  const std::string source =
      RuleText(1, "tag", kAll,
               "Action01=search and replace in header|\"Subject\",\"^\",\"[list] \"\n"
               "Action02=add header|\"X-Seen\",\"yes\"") +
      RuleText(2, "by tag",
               "Condition01=SUBJECT|starts with|AND|[list]|\n"
               "Condition02=X-Seen|is equal to|AND|yes|",
               "Action01=copy to folder|\"Tagged\"");
  EXPECT_THAT(Judged(source, kMail), HasSubstr(R"("mailbox":"Tagged")"));
}

TEST(FilterActions, NameTheAttachmentsThatWereRemoved) {
  const std::string mail =
      "From: b@c.d\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHi\n"
      "--b\nContent-Disposition: attachment; filename=\"a.exe\"\n\nMZ\n--b--\n";
  EXPECT_THAT(Judged(OneRule(kAll,
                             "Action01=strip all attachments|\n"
                             "Action02=append|\"Removed: $LIST_ATTACHMENTS_REMOVED$\""),
                     mail),
              HasSubstr("Removed: a.exe"));
  EXPECT_THAT(Judged(OneRule(kAll,
                             "Action01=append|\"$ATTACHMENTCOUNT$ $ATTACHMENT(1)$ "
                             "[$ATTACHMENT(2)$]$LIST_ATTACHMENTS_REMOVED$\""),
                     mail),
              HasSubstr("\"text\":\"1 a.exe []\""));
}

TEST(FilterActions, RunProgramsForOperatorsAlone) {
  const std::string source =
      OneRule(kAll, "Action01=run process|\"C:\\x\\gen.exe -v\",\"forever\"");
  const Compiled compiled = Compiling(source);
  ASSERT_TRUE(compiled.program);
  const auto& run = std::get<RunProgram>(compiled.program->statements.at(0));
  EXPECT_EQ(run.program, "gen.exe");
  EXPECT_EQ(run.seconds, 60u);
  EXPECT_THAT(Problems(source), HasSubstr("the program gen.exe gets the file of the mail, and no "
                                          "other arguments"));
  EXPECT_THAT(Problems(source, /*operator_rule=*/false),
              HasSubstr("rule \"one\" is left out: line 7, run process: only rules of the site"));
}

// The engine's limits are for mischief, not for a filter with many alerts.
TEST(FilterActions, MayAlertTwelveTimes) {
  std::string source;
  for (int i = 1; i <= 12; ++i) {
    source += RuleText(
        i, "r", kAll, "Action01=send instant message|\"a@b.c\",\"\",\"" + std::to_string(i) + "\"");
  }
  EXPECT_THAT(Judged(source, kMail), Not(HasSubstr("error")));
  source += RuleText(13, "r", kAll, "Action01=send instant message|\"a@b.c\",\"\",\"13\"");
  EXPECT_THAT(Judged(source, kMail), HasSubstr("more than 12 notifications"));
}

}  // namespace
}  // namespace postern::rules::filter
