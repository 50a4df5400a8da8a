#include "services/rules/answers/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace postern::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kMail[] =
    "Return-Path: <bob@example.net>\r\nFrom: Bob <bob@example.net>\r\n"
    "To: x@y.example, ann@home.example\r\nSubject: =?utf-8?q?H=C3=A9llo?=\r\n"
    "Message-ID: <3@example.net>\r\nReferences: <1@example.net> <2@example.net>\r\n\r\nhi\r\n";

AnswerCase CaseOf(const MessageView& mail) {
  return {mail, {"ann@example.org", "ann@home.example"}, "bob@example.net", true};
}

TEST(WriteVacation, IsThreadedAndFromTheAddressWrittenTo) {
  const MessageView mail(kMail);
  VacationAction vacation;
  vacation.reason = "I'm away.\r\nBack on Monday.";
  vacation.fcc = "Sent";
  const AutomaticAnswer answer = WriteVacation(vacation, CaseOf(mail));
  EXPECT_EQ(answer.to, "bob@example.net");
  EXPECT_EQ(answer.from, "ann@home.example");
  EXPECT_EQ(answer.subject, "Auto: Héllo");
  EXPECT_EQ(answer.text, "I'm away.\nBack on Monday.");
  EXPECT_EQ(answer.in_reply_to, "3@example.net");
  EXPECT_THAT(answer.references, ElementsAre("1@example.net", "2@example.net", "3@example.net"));
  EXPECT_EQ(answer.filed_in, "Sent");
  EXPECT_EQ(answer.mime, "");
}

TEST(WriteVacation, TakesSubjectFromAndMimeOfTheScript) {
  const MessageView mail(kMail);
  VacationAction vacation;
  vacation.reason = "Content-Type: text/plain\r\n\r\naway";
  vacation.mime = true;
  vacation.subject = "Away\r\nBcc: all@example.org";
  vacation.from = "Ann <ANN@example.org>";
  const AutomaticAnswer answer = WriteVacation(vacation, CaseOf(mail));
  EXPECT_EQ(answer.mime, vacation.reason);
  EXPECT_EQ(answer.text, "");
  EXPECT_THAT(answer.subject, Not(HasSubstr("\n"))) << "no field of its own";
  EXPECT_EQ(answer.from, "ann@example.org");
  EXPECT_EQ(answer.from_name, "Ann");
  vacation.from = "=?utf-8?q?G=C3=BCnther?= Karotte <ann@example.org>";
  vacation.subject = "=?utf-8?b?w4TDlsOc?= sadasd";
  EXPECT_EQ(WriteVacation(vacation, CaseOf(mail)).from_name, "G\xC3\xBCnther Karotte");
  EXPECT_EQ(WriteVacation(vacation, CaseOf(mail)).subject, "\xC3\x84\xC3\x96\xC3\x9C sadasd");
  vacation.from = "Boss <boss@example.net>";
  EXPECT_EQ(WriteVacation(vacation, CaseOf(mail)).from, "ann@home.example")
      << "nobody sends in another's name";
  EXPECT_EQ(WriteVacation(vacation, CaseOf(mail)).from_name, "");
}

TEST(WriteReply, DoesWithWhatIsThere) {
  struct {
    const char* header;
    const char* subject;
  } const cases[] = {{"Subject: Info\r\n", "Auto: Info"},
                     {"Subject: Auto: Info\r\n", "Auto: Info"},
                     {"Subject: \r\n", "Auto: your mail"},
                     {"", "Auto: your mail"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.header);
    const std::string text = absl::StrCat("To: nobody@x.example\r\n", c.header, "\r\n");
    const MessageView mail(text);
    ReplyAction reply;
    reply.text = "the text";
    const AutomaticAnswer answer = WriteReply(reply, CaseOf(mail));
    EXPECT_EQ(answer.subject, c.subject);
    EXPECT_EQ(answer.text, "the text");
    EXPECT_EQ(answer.from, "ann@example.org") << "the main one";
    EXPECT_EQ(answer.in_reply_to, "");
    EXPECT_THAT(answer.references, IsEmpty());
  }
}

TEST(WriteReply, BoundsSubjectAndReferences) {
  std::string text = absl::StrCat("Subject: ", std::string(1000, 'x'), "\r\nMessage-ID: <m@x>\r\n");
  absl::StrAppend(&text, "References:");
  for (int i = 0; i < 100; ++i) absl::StrAppend(&text, " <", i, "@x>");
  absl::StrAppend(&text, "\r\n\r\n");
  const MessageView mail(text);
  const AutomaticAnswer answer = WriteReply({"t", "", "h", 1}, CaseOf(mail));
  EXPECT_LT(answer.subject.size(), 266u);
  EXPECT_EQ(answer.references.size(), 20u);
  EXPECT_EQ(answer.references.front(), "0@x");
  EXPECT_EQ(answer.references.back(), "m@x");
}

}  // namespace
}  // namespace postern::rules
