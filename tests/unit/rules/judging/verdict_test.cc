#include "services/rules/judging/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "services/rules/judging/action_codec.h"
#include "services/rules/judging/proposal.h"

namespace postern::rules {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Answer = UserMemory::Answer;

TEST(Verdict, TellsWhatIsWithheldAndWhatWasTouched) {
  struct {
    const char* name;
    std::function<void(v1::EvaluateResponse&)> make;
    bool touched, withheld;
  } const cases[] = {
      {"implicit keep", [](auto& r) { r.add_actions()->mutable_keep()->set_implicit(true); }, false,
       false},
      {"keep", [](auto& r) { r.add_actions()->mutable_keep(); }, true, false},
      {"discard", [](auto& r) { r.add_actions()->mutable_discard(); }, true, true},
      {"not shown",
       [](auto& r) {
         r.add_actions()->mutable_deliver()->set_form(v1::Action::FORM_NONE);
         r.add_actions()->mutable_keep()->set_implicit(true);
       },
       true, true},
      {"shown later",
       [](auto& r) {
         r.add_actions()->mutable_hold()->set_until_unix(1);
         r.add_actions()->mutable_keep()->set_implicit(true);
       },
       true, true},
      {"copied",
       [](auto& r) {
         r.add_actions()->mutable_redirect()->set_copy(true);
         r.add_actions()->mutable_keep()->set_implicit(true);
       },
       true, false},
      {"what a rule says of a mail that it only looked at",
       [](auto& r) {
         r.add_actions()->mutable_keep()->set_implicit(true);
         r.add_trace()->set_program("s.sieve");
       },
       false, false},
      {"a program that could not be run",
       [](auto& r) {
         r.add_actions()->mutable_keep()->set_implicit(true);
         r.add_trace()->set_text("program scan took too long");
       },
       true, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    v1::EvaluateResponse response;
    c.make(response);
    EXPECT_EQ(WasTouched(response), c.touched);
    EXPECT_EQ(IsWithheld(response), c.withheld);
  }
}

TEST(ActionKeys, AreThoseOfTheThingThatIsDone) {
  Action file;
  file.kind = FileIntoAction{"A", "", {}, false, false};
  file.program = "hash";
  file.line = 3;
  ActionKeys first("m1"), again("m1"), other("m2");
  const std::string key = first.Next(file);
  EXPECT_EQ(again.Next(file), key);
  EXPECT_NE(other.Next(file), key);
  EXPECT_NE(first.Next(file), key) << "done twice";
  Action elsewhere = file;
  elsewhere.kind = FileIntoAction{"B", "", {}, false, false};
  ActionKeys third("m1");
  EXPECT_NE(third.Next(elsewhere), key);
  EXPECT_EQ(third.Next(file), key) << "whatever else is done";
}

TEST(Verdict, ALongTraceLeavesRoomForWhatCouldNotBeRun) {
  v1::EvaluateResponse response;
  for (int i = 0; i < 30; ++i) response.add_trace()->set_program("s.sieve");
  response.add_trace()->set_text("program scan took too long");
  const v1::Decision decision = MakeDecision({}, response, "hash");
  ASSERT_EQ(decision.trace_size(), 21);
  EXPECT_EQ(decision.trace(20).text(), "program scan took too long");
}

class ProposeTest : public ::testing::Test {
 protected:
  Proposals Make(const ActionKind& kind, const std::string& header, bool of_operator = false) {
    Evaluation evaluation;
    Action& action = evaluation.actions.emplace_back();
    action.kind = kind;
    action.operator_rule = of_operator;
    text_ = header + "\r\n";
    const MessageView mail(text_);
    v1::EvaluateRequest request;
    request.set_mail_id("m1");
    Facts facts;
    facts.own_addresses = {"ann@example.org"};
    facts.now = facts.received + age_;
    facts.envelope_known = no_return_path_;
    return Propose(request, facts, mail, evaluation);
  }
  v1::EvaluateResponse Settled(Proposals proposals, Answer answer) {
    v1::EvaluateResponse response;
    Settle(std::move(proposals), {answer}, response);
    return response;
  }
  std::string text_;
  absl::Duration age_;  // of the mail
  bool no_return_path_ = false;
};

TEST_F(ProposeTest, MailThatCameLongAgoIsNotAnswered) {
  const ReplyAction reply{"Away", "", "h", 1};
  const std::string header = "From: bob@example.net\r\nTo: ann@example.org\r\n";
  EXPECT_EQ(Make(reply, header).proposals.size(), 1u);
  age_ = absl::Hours(49);
  const Proposals made = Make(reply, header);
  EXPECT_THAT(made.proposals, IsEmpty());
  EXPECT_THAT(made.notes.at(0).text, HasSubstr("two days ago"));
}

TEST_F(ProposeTest, TheReasonTellsWhatIsLeftOut) {
  const Proposals made = Make(ReplyAction{"Away", "", "h", 1},
                              "From: b@x.example\r\nTo: ann@example.org\r\nList-Id: <a.b>\r\n");
  EXPECT_THAT(made.proposals, IsEmpty());
  v1::EvaluateResponse response;
  response.set_reason("s.sieve:1: reply \"Away\"");
  Settle(made, {}, response);
  EXPECT_EQ(response.reason(),
            "s.sieve:1: reply \"Away\"; reply left out: the mail is from a list (List-Id)");
  EXPECT_EQ(response.trace(0).text(), "reply left out: the mail is from a list (List-Id)");
}

TEST_F(ProposeTest, ANotificationByMailMakesNoOther) {
  NotifyAction notify;
  notify.method = "mailto:eve@example.com";
  const std::string header = "Auto-Submitted: auto-notified; owner-email=\"a@b\"\r\n";
  EXPECT_THAT(Make(notify, header, true).proposals, IsEmpty());
  EXPECT_THAT(Make(notify, "Auto-Submitted: auto-generated\r\n").proposals, IsEmpty())
      << "RFC 5436 section 2.7";
  EXPECT_EQ(Make(notify, "Auto-Submitted: No (really)\r\n").proposals.size(), 1u);
  EXPECT_EQ(Make(notify, "Auto-Submitted: no\r\n").proposals.size(), 1u);
  no_return_path_ = true;
  EXPECT_THAT(Make(notify, "Subject: x\r\n").proposals, IsEmpty());
  notify.method = "xmpp:eve@example.com";
  EXPECT_EQ(Make(notify, header).proposals.size(), 1u);
}

TEST_F(ProposeTest, WhatIsRememberedIsTextAndShort) {
  const RedirectAction redirect{{"eve@example.com"}, false, false, "", ""};
  for (const std::string& id : {std::string("<\xff@x>"), "<" + std::string(5000, 'a') + "@x>"}) {
    const Proposals made = Make(redirect, "Message-ID: " + id + "\r\n");
    ASSERT_EQ(made.proposals.size(), 1u);
    EXPECT_THAT(made.proposals[0].mark->key, HasSubstr("sha256:"));
    EXPECT_LT(made.proposals[0].mark->key.size(), 100u);
  }
}

TEST_F(ProposeTest, ARedirectIsOnceForAMailAndHasABudget) {
  const RedirectAction redirect{{"Eve@example.com"}, false, false, "", ""};
  const Proposals made = Make(redirect, "Message-ID: <1@x>\r\n");
  ASSERT_EQ(made.proposals.size(), 1u);
  EXPECT_EQ(made.proposals[0].claim->once, "redirected:eve@example.com\n<1@x>");
  EXPECT_EQ(made.proposals[0].claim->budgets.at(0).most, kRedirectsADay);
  EXPECT_EQ(Settled(made, Answer::kYes).marks_size(), 1);
  const auto before = Settled(made, Answer::kDoneBefore);
  EXPECT_THAT(before.actions(), IsEmpty());
  EXPECT_THAT(before.trace(0).text(), HasSubstr("went there before"));
  const auto spent = Settled(made, Answer::kSpent);
  EXPECT_TRUE(spent.actions(0).has_keep());
  EXPECT_EQ(spent.errors_size(), 1);
  EXPECT_THAT(Make(redirect, "Message-ID: <1@x>\r\n", true).proposals[0].claim->budgets, IsEmpty())
      << "an operator's";
}

TEST_F(ProposeTest, AMailToManyIsManyMails) {
  const RedirectAction list{{"eve@example.com", "bob@example.com"}, true, false, "", ""};
  EXPECT_EQ(Make(list, "").proposals[0].claim->budgets.at(0).takes, 2u);
  const DeliverAction others{DeliveryForm::kFull, {"a@b.c", "b@b.c", "c@b.c"}};
  const Proposals made = Make(others, "");
  ASSERT_TRUE(made.proposals.at(0).claim.has_value());
  EXPECT_EQ(made.proposals[0].claim->budgets.at(0).takes, 3u);
  EXPECT_TRUE(Settled(made, Answer::kSpent).actions(0).has_keep());
  EXPECT_FALSE(Make(others, "", true).proposals[0].claim.has_value()) << "an operator's";
  EXPECT_FALSE(Make(DeliverAction{}, "").proposals[0].claim.has_value()) << "to oneself";
}

TEST_F(ProposeTest, AMailThatWentRoundIsKept) {
  std::string header;
  for (int i = 0; i <= 50; ++i) header += "Received: from a by b\r\n";
  const Proposals made = Make(RedirectAction{{"eve@example.com"}, false, false, "", ""}, header);
  EXPECT_THAT(made.proposals, IsEmpty());
  v1::EvaluateResponse response;
  Settle(made, {}, response);
  ASSERT_EQ(response.actions_size(), 1);
  EXPECT_TRUE(response.actions(0).has_keep());
}

TEST_F(ProposeTest, AResponderWithoutATextSaysNothing) {
  const Proposals made = Make(ReplyAction{"", "info.txt", "h", 1}, "To: x@y.example\r\n");
  EXPECT_THAT(made.proposals, IsEmpty());
  ASSERT_EQ(made.notes.size(), 1u);
  EXPECT_THAT(made.notes[0].text, HasSubstr("info.txt"));
}

}  // namespace
}  // namespace postern::rules
