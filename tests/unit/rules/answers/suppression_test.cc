#include "services/rules/answers/suppression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace postern::rules {
namespace {

using ::testing::HasSubstr;

constexpr char kPlain[] = "From: Bob <bob@example.net>\r\nTo: Ann <ann@example.org>\r\n";

AnswerCase CaseOf(const MessageView& mail, const std::string& sender = "bob@example.net") {
  return {mail, {"ann@example.org", "ann@home.example"}, sender, true};
}

TEST(WhyNotAnswered, AnswersPeopleAndNothingElse) {
  struct {
    const char* name;
    const char* header;  // beside From and To
    const char* sender;
    const char* why;  // "": it is answered
  } const cases[] = {
      {"a person", "", "bob@example.net", ""},
      {"null return path", "", "", "return path is empty"},
      {"auto-replied", "Auto-Submitted: auto-replied\r\n", "bob@example.net", "Auto-Submitted"},
      {"auto-generated with a comment", "Auto-Submitted: Auto-Generated (rejected)\r\n",
       "bob@example.net", "Auto-Submitted"},
      {"said to be no", "Auto-Submitted: no\r\n", "bob@example.net", ""},
      {"said to be no, with parameters", "auto-submitted: No; x=y\r\n", "bob@example.net", ""},
      {"list id", "List-Id: <dev.example.net>\r\n", "bob@example.net", "List-Id"},
      {"list unsubscribe", "LIST-UNSUBSCRIBE: <mailto:x@y.example>\r\n", "bob@example.net",
       "List-Unsubscribe"},
      {"bulk", "Precedence: bulk\r\n", "bob@example.net", "Precedence"},
      {"junk", "Precedence: Junk\r\n", "bob@example.net", "Precedence"},
      {"first class", "Precedence: first-class\r\n", "bob@example.net", ""},
      {"suppressed by Exchange", "X-Auto-Response-Suppress: OOF, AutoReply\r\n", "bob@example.net",
       "X-Auto-Response-Suppress"},
      {"not suppressed", "X-Auto-Response-Suppress: None\r\n", "bob@example.net", ""},
      {"report", "Content-Type: multipart/report; report-type=delivery-status\r\n",
       "bob@example.net", "report"},
      {"spam", "X-Spam-Flag: YES\r\n", "bob@example.net", "X-Spam-Flag"},
      {"spam status", "X-Spam-Status: Yes, score=9.1\r\n", "bob@example.net", "X-Spam-Status"},
      {"ham", "X-Spam-Status: No, score=0.1\r\n", "bob@example.net", ""},
      {"our own loop", "X-Loop: ann@example.org\r\n", "bob@example.net", "circle"},
      {"a copy of ours", "X-Postern-Copied: 0123\r\n", "bob@example.net", "X-Postern-Copied"},
      {"daemon", "", "MAILER-DAEMON@example.net", "nobody reads"},
      {"listserv", "", "LISTSERV@example.net", "nobody reads"},
      {"majordomo", "", "majordomo@example.net", "nobody reads"},
      {"owner-", "", "owner-dev@example.net", "nobody reads"},
      {"-request", "", "dev-request@example.net", "nobody reads"},
      {"no reply", "", "no-reply@example.net", "nobody reads"},
      {"noreply with a tag", "", "noreply+123@example.net", "nobody reads"},
      {"bounces of a list", "", "bounces+17-ann=example.org@example.net", "nobody reads"},
      {"a person with such a beginning", "", "ownership@example.net", ""},
      {"oneself", "", "Ann@Home.example", "this account itself"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string text = absl::StrCat(kPlain, c.header, "\r\nhello\r\n");
    const MessageView mail(text);
    const auto why = WhyNotAnswered(CaseOf(mail, c.sender));
    const std::string said = words::English(why.value_or(words::Wording()));
    EXPECT_EQ(why.has_value(), *c.why != '\0') << said;
    EXPECT_THAT(said, HasSubstr(c.why));
  }
}

TEST(WhyNotAnswered, AnswersOnlyWhatWasWrittenToTheAccount) {
  struct {
    const char* header;
    bool answered;
  } const cases[] = {
      {"To: ANN@example.org\r\n", true},
      {"Cc: x@y.example, Ann <ann@home.example>\r\n", true},
      {"Bcc: ann@example.org\r\n", true},
      {"Resent-To: ann@example.org\r\n", true},
      {"To: undisclosed-recipients:;\r\n", false},
      {"To: \"ann@example.org\" <eve@example.net>\r\n", false},
      {"To: joann@example.org\r\n", false},
      {"", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.header);
    const std::string text = absl::StrCat("From: bob@example.net\r\n", c.header, "\r\n");
    const MessageView mail(text);
    EXPECT_EQ(!WhyNotAnswered(CaseOf(mail)).has_value(), c.answered);
  }
}

TEST(WhyNotAnswered, AnswersNothingWhileNoAddressIsKnown) {
  const std::string text = absl::StrCat(kPlain, "\r\n");
  const MessageView mail(text);
  AnswerCase answer = CaseOf(mail);
  answer.own_addresses.clear();
  const auto why = WhyNotAnswered(answer);
  ASSERT_TRUE(why.has_value());
  EXPECT_THAT(words::English(*why), HasSubstr("no address"));
}

TEST(WhyNotAnswered, AnswersNothingThatWasThereBefore) {
  const std::string text = "From: bob@example.net\r\nTo: ann@example.org\r\n\r\n";
  const MessageView mail(text);
  AnswerCase answer = CaseOf(mail, "bob@example.net");
  EXPECT_FALSE(WhyNotAnswered(answer).has_value());
  answer.is_news = false;
  const auto why = WhyNotAnswered(answer);
  ASSERT_TRUE(why.has_value());
  EXPECT_THAT(words::English(*why), HasSubstr("was there before"));
}

TEST(AnswerAddress, IsTheEnvelopesAndFromWithoutOne) {
  const std::string text =
      "From: Bob <bob@example.net>, eve@example.net\r\nReply-To: list@x.example\r\n\r\n";
  const MessageView mail(text);
  AnswerCase answer = CaseOf(mail, "bounce-17@example.net");
  EXPECT_EQ(AnswerAddress(answer), "bounce-17@example.net");
  answer.envelope_from.clear();
  EXPECT_EQ(AnswerAddress(answer), "") << "the null return path";
  answer.envelope_known = false;
  EXPECT_EQ(AnswerAddress(answer), "bob@example.net");
}

// What stands in quotes must not become addresses of others.
TEST(AnswerAddress, KeepsItsQuotes) {
  const std::string text = "From: \"eve>, <bob\"@example.net\r\nTo: \"ann b\"@example.org\r\n\r\n";
  const MessageView mail(text);
  AnswerCase answer{mail, {"\"ann b\"@example.org"}, "", false};
  EXPECT_EQ(AnswerAddress(answer), "\"eve>, <bob\"@example.net");
  EXPECT_EQ(AddressWrittenTo(mail, answer.own_addresses), "\"ann b\"@example.org");
}

}  // namespace
}  // namespace postern::rules
