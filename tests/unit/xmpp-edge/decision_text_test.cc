#include "services/xmpp-edge/decision_text.h"

#include <gtest/gtest.h>

namespace postern::xmpp_edge {
namespace {

using rules::v1::Action;
using rules::v1::Decision;

constexpr int64_t kNow = 1700000000;

Decision Of(std::vector<Action> actions) {
  Decision decision;
  decision.set_subject("Party");
  decision.set_from("anna@example.org");
  decision.set_decided_unix(kNow);
  decision.set_verdict(rules::v1::VERDICT_KEEP);
  for (Action& action : actions) *decision.add_actions() = std::move(action);
  return decision;
}
Action Keep() {
  Action action;
  action.mutable_keep()->set_implicit(true);
  return action;
}
Action Deliver(Action::Form form) {
  Action action;
  action.mutable_deliver()->set_form(form);
  action.set_program("rules");
  action.set_line(7);
  return action;
}
Action File(bool copy) {
  Action action;
  action.mutable_file_into()->set_mailbox("Lists");
  action.mutable_file_into()->set_copy(copy);
  action.set_program("main");
  action.set_line(3);
  return action;
}
Action Quarantine() {
  Action action;
  action.mutable_quarantine()->set_reason("spam");
  return action;
}
Action Hold(int64_t until) {
  Action action;
  action.mutable_hold()->set_until_unix(until);
  return action;
}

TEST(DecisionText, KnowsWhatWasKeptBack) {
  Decision rejected = Of({});
  rejected.set_verdict(rules::v1::VERDICT_REJECT);
  const struct {
    const char* name;
    Decision decision;
    bool kept_back;
  } cases[] = {
      {"nothing done", Of({}), false},
      {"kept", Of({Keep()}), false},
      {"rejected", rejected, true},
      {"not shown", Of({Keep(), Deliver(Action::FORM_NONE)}), true},
      {"headers", Of({Keep(), Deliver(Action::FORM_HEADERS)}), false},
      {"last word", Of({Keep(), Deliver(Action::FORM_NONE), Deliver(Action::FORM_FULL)}), false},
      {"filed", Of({File(false)}), true},
      {"copied", Of({File(true), Keep()}), false},
      {"filed and shown", Of({File(false), Deliver(Action::FORM_FULL)}), false},
      {"quarantine", Of({Keep(), Quarantine()}), true},
      {"held", Of({Keep(), Hold(kNow + 60)}), true},
      {"was held", Of({Keep(), Hold(kNow - 60)}), false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(WasKeptBack(c.decision, kNow), c.kept_back);
  }
}

TEST(DecisionText, NamesTheRuleAsItIsNumberedNow) {
  const Words english("en");
  Rules rules{ContactsOnlyRule(""), SenderRule(Standing::kMuted, "anna@example.org")};
  rules[0].set_id("r9");
  rules[1].set_id("r7");
  const Decision muted = Of({Keep(), Deliver(Action::FORM_NONE)});
  EXPECT_EQ(DecisionLine(muted, rules, english),
            "2023-11-14 22:13 UTC, \"Party\" from anna@example.org: don't show it, by your rule 2 "
            "(If sender is anna@example.org: don't show it)");
  EXPECT_EQ(DecisionText(muted, Rules(), english),
            "don't show it, by a rule of yours that you have deleted since");
  EXPECT_EQ(DecisionText(Of({File(false)}), rules, english),
            "move it to the folder \"Lists\", by main, line 3");
  Action marked = Keep();
  marked.mutable_keep()->add_flags("\\Flagged");
  marked.set_program("rules");
  EXPECT_EQ(DecisionText(Of({marked}), rules, english), "keep it, marked with \\Flagged");
  Decision old = Of({});
  old.set_verdict(rules::v1::VERDICT_REJECT);
  old.set_reason("reject.txt:3: subject:win");
  EXPECT_EQ(DecisionText(old, rules, english), "reject it, by reject.txt:3: subject:win");
}

}  // namespace
}  // namespace postern::xmpp_edge
