#include "services/rules/answers/left_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace postern::rules {
namespace {

using ::testing::HasSubstr;

constexpr char kPlain[] = "From: Bob <bob@example.net>\r\nTo: Ann <ann@example.org>\r\n";

Evaluation Asked() {
  Evaluation evaluation;
  VacationAction vacation;
  vacation.reason = "Away";
  vacation.addresses = {"ann@home.example"};
  evaluation.actions.push_back({vacation, "hash", 3});
  evaluation.actions.push_back({ReplyAction{"Thanks", "", "h", 1}, "hash", 4});
  evaluation.actions.push_back({KeepAction{}, "hash", 5});
  evaluation.trace = {{"v.sieve", 3, "vacation \"Away\"", true},
                      {"v.sieve", 4, "reply \"Thanks\"", true},
                      {"v.sieve", 5, "keep", true}};
  return evaluation;
}

Facts SomeFacts() {
  Facts facts;
  facts.own_addresses = {"ann@example.org"};
  facts.envelope_from = "bob@example.net";
  facts.envelope_known = true;
  facts.now = facts.received = absl::FromUnixSeconds(1'767'610'800);
  return facts;
}

Evaluation After(const std::string& header, const Facts& facts) {
  const std::string text = absl::StrCat(header, "\r\nhello\r\n");
  const MessageView mail(text);
  Evaluation evaluation = Asked();
  LeaveOutAnswers(facts, mail, evaluation);
  return evaluation;
}

TEST(LeaveOutAnswers, TakesThemOutAndSaysWhyBehindWhatAskedForThem) {
  const Evaluation list =
      After(absl::StrCat(kPlain, "List-Id: <dev.example.net>\r\n"), SomeFacts());
  ASSERT_EQ(list.actions.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<KeepAction>(list.actions[0].kind));
  ASSERT_EQ(list.trace.size(), 5u);
  EXPECT_EQ(list.trace[1].text, "vacation left out: the mail is from a list (List-Id)");
  EXPECT_EQ(list.trace[1].program, "v.sieve");
  EXPECT_EQ(list.trace[1].line, 3u);
  EXPECT_EQ(list.trace[3].text, "reply left out: the mail is from a list (List-Id)");
}

TEST(LeaveOutAnswers, LeavesWhatIsSent) {
  const Evaluation sent = After(kPlain, SomeFacts());
  EXPECT_EQ(sent.actions.size(), 3u);
  EXPECT_EQ(sent.trace.size(), 3u);
  // An address of the vacation's own, which a reply does not know.
  const Evaluation of_vacation =
      After("From: bob@example.net\r\nTo: ann@home.example\r\n", SomeFacts());
  ASSERT_EQ(of_vacation.actions.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<VacationAction>(of_vacation.actions[0].kind));
  Facts nobody = SomeFacts();
  nobody.own_addresses.clear();
  EXPECT_EQ(After("From: bob@example.net\r\n", nobody).actions.size(), 3u) << "nobody was named";
}

TEST(LeaveOutAnswers, KnowsTheReasonsOfTheEnvelopeAndOfTime) {
  Facts facts = SomeFacts();
  facts.envelope_from = "";
  EXPECT_THAT(After(kPlain, facts).trace[1].text, HasSubstr("return path is empty"));
  facts.envelope_from = "MAILER-DAEMON@example.net";
  EXPECT_THAT(After(kPlain, facts).trace[1].text, HasSubstr("nobody reads"));
  facts = SomeFacts();
  facts.received = facts.now - absl::Hours(49);
  EXPECT_THAT(After(kPlain, facts).trace[1].text, HasSubstr("two days ago"));
}

}  // namespace
}  // namespace postern::rules
