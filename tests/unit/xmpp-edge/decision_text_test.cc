#include "services/xmpp-edge/decision_text.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/rule_text.h"

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

std::string TextOf(const Decision& decision, const Rules& rules = {}) {
  return DecisionText(decision, rules, absl::UTCTimeZone(), Words("en"));
}

TEST(DecisionText, NamesTheRuleAsItIsNumberedNow) {
  const Words english("en");
  Rules rules{ContactsOnlyRule(""), SenderRule(Standing::kMuted, "anna@example.org")};
  rules[0].set_id("r9");
  rules[1].set_id("r7");
  const Decision muted = Of({Keep(), Deliver(Action::FORM_NONE)});
  EXPECT_EQ(DecisionLine(muted, rules, absl::UTCTimeZone(), english),
            absl::StrCat("2023-11-14 22:13 UTC, \"Party\" from anna@example.org: don't show it, by "
                         "your rule 2 (",
                         RuleText(rules[1], english), ")"));
  EXPECT_EQ(TextOf(muted), "don't show it, by a rule of yours that you have deleted since");
  Action marked = Keep();
  marked.mutable_keep()->add_flags("\\Flagged");
  marked.set_program("rules");
  Decision kept = Of({marked});
  EXPECT_EQ(TextOf(kept), "keep it, marked with \\Flagged");
  rules::v1::TraceStep& step = *kept.add_trace();
  step.set_program("rules");
  step.set_line(9);
  step.set_text("addflag \"\\Flagged\"");
  step.set_action(true);
  step.set_scope("ann@example.org");
  step.set_language(rules::v1::RULE_LANGUAGE_PERSONAL);
  EXPECT_EQ(TextOf(kept, rules), absl::StrCat("keep it, marked with \\Flagged, by your rule 1 (",
                                              RuleText(rules[0], english), ")"));
}

TEST(DecisionText, NamesScriptsOfUsersAndNoFilesOfOperators) {
  const struct {
    const char* scope;
    rules::v1::RuleLanguage language;
    const char* by;
  } cases[] = {
      {"", rules::v1::RULE_LANGUAGE_UNSPECIFIED, "rules, line 3"},
      {"ann@example.org", rules::v1::RULE_LANGUAGE_SIEVE, "your script \"rules\", line 3"},
      {"ann@example.org", rules::v1::RULE_LANGUAGE_JSMAIL_RESPONDERS, "a rule of this gateway"},
      {"site", rules::v1::RULE_LANGUAGE_JSMAIL_REJECT, "a rule of this gateway"},
      {"domain:example.org", rules::v1::RULE_LANGUAGE_SIEVE, "a rule of this gateway"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.scope);
    Action file = File(false);
    file.set_program(*c.scope == '\0' ? "main" : "rules");
    file.set_scope(c.scope);
    file.set_language(c.language);
    const char* const by = *c.scope == '\0' ? "main, line 3" : c.by;
    EXPECT_EQ(TextOf(Of({file})), absl::StrCat("move it to the folder \"Lists\", by ", by));
  }
  Decision old = Of({});
  old.set_verdict(rules::v1::VERDICT_REJECT);
  old.set_reason("reject.txt:3: subject:win");
  EXPECT_EQ(TextOf(old), "refuse it: don't show it, and leave it in the mailbox");
}

TEST(DecisionText, TellsWhatCouldNotBeDone) {
  Decision filed = Of({File(true), File(false)});
  rules::v1::Mishap& first = *filed.add_mishaps();
  first.mutable_why()->set_text("there is no folder \"$0\"");
  first.mutable_why()->add_arguments("Lists");
  filed.add_mishaps()->set_action(1);
  filed.set_shown_instead(true);
  EXPECT_EQ(
      TextOf(filed),
      "copy it to the folder \"Lists\", by main, line 3 (not done: there is no folder "
      "\"Lists\"); move it to the folder \"Lists\", by main, line 3 (not done); so it came to "
      "you after all");
  EXPECT_FALSE(WasKeptBack(filed, kNow));
  Decision unanswered = Of({Keep()});
  rules::v1::LeftOut& left_out = *unanswered.add_left_out();
  left_out.mutable_action()->mutable_answer()->set_to("bob@example.net");
  left_out.mutable_action()->set_program("vac");
  left_out.mutable_action()->set_line(2);
  left_out.mutable_action()->set_scope("ann@example.org");
  left_out.mutable_action()->set_language(rules::v1::RULE_LANGUAGE_SIEVE);
  left_out.mutable_why()->set_text("the mail is from a list ($0)");
  left_out.mutable_why()->add_arguments("List-Id");
  EXPECT_EQ(TextOf(unanswered),
            "answer bob@example.net, by your script \"vac\", line 2 (not done: the mail is from a "
            "list (List-Id))");
  Decision failed = Of({Keep()});
  failed.add_errors()->set_text("Your script failed, and did nothing with the mail");
  EXPECT_EQ(TextOf(failed), "Your script failed, and did nothing with the mail");
}

TEST(DecisionText, TellsWhoChangedAMailThatWasOnlyChanged) {
  Decision changed = Of({Keep()});
  rules::v1::TraceStep& step = *changed.add_trace();
  step.set_program("subject.txt");
  step.set_text("addheader \"Subject\"");
  step.set_action(true);
  step.set_scope("site");
  step.set_language(rules::v1::RULE_LANGUAGE_JSMAIL_SUBJECT);
  EXPECT_EQ(TextOf(changed), "change what it says, by a rule of this gateway");
  // A program of the operator's that failed: what it began counts for nothing.
  changed.add_trace()->set_text("s.sieve failed, and did nothing with the mail: line 3: too much");
  EXPECT_EQ(TextOf(changed), "rules looked at it, and left it as it is");
}

TEST(DecisionText, TellsTimesInTheZoneOfItsUser) {
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  const Words english("en");
  const std::string line = DecisionLine(Of({Keep(), Hold(kNow + 60)}), {}, berlin, english);
  EXPECT_EQ(line,
            "2023-11-14 23:13 (Europe/Berlin), \"Party\" from anna@example.org: show it later, on "
            "2023-11-14 23:14 (Europe/Berlin)");
}

}  // namespace
}  // namespace postern::xmpp_edge
