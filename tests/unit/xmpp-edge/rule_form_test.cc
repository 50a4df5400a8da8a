#include "services/xmpp-edge/rule_form.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/rule_set.h"
#include "services/xmpp-edge/rule_text.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::PersonalAction;
using rules::v1::PersonalCondition;
using rules::v1::PersonalRule;

// What a client sends back that changes nothing.
FieldValues Submitted(const DataForm& form) {
  FieldValues values;
  for (const FormField& field : form.fields) {
    values[field.var] =
        field.type == "text-multi" ? field.values : std::vector<std::string>{field.value};
  }
  return values;
}

TEST(RuleForm, WhatIsNotTouchedStays) {
  const Words english("en");
  PersonalRule rule;
  rule.set_id("r3");
  rule.set_name("Lists; \"stop\"");
  rule.set_any(true);
  rule.set_stop(true);
  rule.set_disabled(true);
  rule.set_account("work");
  for (const auto subject :
       {PersonalCondition::SUBJECT_FROM, PersonalCondition::SUBJECT_LIST,
        PersonalCondition::SUBJECT_TIME, PersonalCondition::SUBJECT_ATTACHMENT}) {
    PersonalCondition& condition = *rule.add_conditions();
    condition.set_subject(subject);
    condition.set_comparison(PersonalCondition::OPERATOR_IS);
    condition.set_negated(subject == PersonalCondition::SUBJECT_LIST);
    condition.add_values("one \"\\ ; keep;");
    condition.add_values("two");
  }
  rule.mutable_conditions(3)->set_comparison(PersonalCondition::OPERATOR_EXISTS);
  rule.mutable_conditions(3)->clear_values();
  for (const auto what : {PersonalAction::WHAT_FILE, PersonalAction::WHAT_URGENT}) {
    rule.add_actions()->set_what(what);
  }
  rule.mutable_actions(0)->set_value("Lists/dev");
  const DataForm form = RuleForm(rule, {"work", "home"}, english);
  auto read = ReadRuleForm(Submitted(form), rule, {"work", "home"});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), rule.SerializeAsString());
}

TEST(RuleForm, EachTextThatIsOfferedCanBeRead) {
  const Words english("en");
  for (const auto& [label, value] : SubjectChoices(english)) {
    PersonalCondition condition;
    EXPECT_TRUE(ReadSubject(value, condition)) << label;
    EXPECT_EQ(SubjectValue(condition), value);
  }
  for (const auto& [label, value] : ComparisonChoices(english)) {
    PersonalCondition condition;
    EXPECT_TRUE(ReadComparison(value, condition)) << label;
    EXPECT_EQ(ComparisonValue(condition), value);
  }
  for (const auto& [label, value] : ActionChoices(english)) {
    PersonalAction action;
    EXPECT_TRUE(ReadAction(value, action)) << label;
    EXPECT_EQ(ActionValue(action), value);
    EXPECT_FALSE(absl::StrContains(ActionText(action, english), "newer")) << label;
  }
}

TEST(RuleForm, WhatIsWrongIsNamed) {
  const FieldValues good = {{"condition-1", {"from"}},
                            {"comparison-1", {"is"}},
                            {"values-1", {"ann@example.org"}},
                            {"action-1", {"none"}}};
  const struct {
    const char *var, *value, *problem;
  } cases[] = {
      {"condition-1", "moon", "condition 1 is none of those that can be chosen"},
      {"comparison-1", "resembles", "condition 1 is none of those that can be chosen"},
      {"comparison-1", "over", "condition 1: only a size can be larger"},
      {"condition-1", "size", "condition 1: a size is larger or smaller"},
      {"condition-1", "header", "condition 1 needs the name of a header field"},
      {"values-1", " ", "condition 1 has nothing to compare with"},
      {"action-1", "", "choose at least one action"},
      {"action-1", "explode", "action 1 is none of those that can be chosen"},
      {"action-1", "file", "action 1 needs a folder"},
      {"account", "his", "you have no such account"},
  };
  ASSERT_TRUE(ReadRuleForm(good, PersonalRule(), {"work"}).ok());
  for (const auto& c : cases) {
    SCOPED_TRACE(c.problem);
    FieldValues form = good;
    form[c.var] = {c.value};
    auto read = ReadRuleForm(form, PersonalRule(), {"work"});
    ASSERT_FALSE(read.ok());
    EXPECT_TRUE(absl::StrContains(read.status().message(), c.problem)) << read.status();
    EXPECT_TRUE(words::WordingOf(read.status()).has_value());
  }
}

TEST(RuleForm, ContactsNeedNoName) {
  const FieldValues form = {
      {"condition-1", {"contact"}}, {"comparison-1", {"!contains"}}, {"action-2", {"none"}}};
  auto read = ReadRuleForm(form, PersonalRule(), {});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(StandingOf(*read), Standing::kContactsOnly);
}

}  // namespace
}  // namespace postern::xmpp_edge
