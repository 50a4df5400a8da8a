// The ad-hoc command "postern#rules".
#include "services/xmpp-edge/rule_form.h"
#include "tests/unit/xmpp-edge/rule_bench.h"

namespace postern::xmpp_edge {
namespace {

using Texts = std::vector<std::string>;

constexpr char kRules[] = "postern#rules";

class RulesCommand : public ::testing::Test, public RuleBench {
 protected:
  void SetUp() override { Begin(); }

  static Values NewRule() {
    return {{"name", {"Lists"}},
            {"any", {"all"}},
            {"condition-1", {"list"}},
            {"comparison-1", {"is"}},
            {"values-1", {"dev.example.org", "ops.example.org"}},
            {"action-1", {"file"}},
            {"value-1", {"Lists/dev"}},
            {"on", {"1"}}};
  }
  static constexpr char kLists[] =
      "Lists - If the mailing list is \"dev.example.org\" or \"ops.example.org\": move it to the "
      "folder "
      "\"Lists/dev\"";
};

TEST_F(RulesCommand, MakesARule) {
  const Element list = Execute(kDomain, kRules);
  EXPECT_EQ(StatusOf(list), "executing");
  EXPECT_EQ(OptionsOf(list, "rule"), Texts{"new"});
  const Element form = Step(list, "next", {{"rule", {"new"}}, {"do", {"edit"}}});
  ASSERT_NE(FieldOf(form, "condition-1"), nullptr);
  const Element done = Step(form, "complete", NewRule());
  EXPECT_EQ(StatusOf(done), "completed");
  EXPECT_EQ(NoteOf(done), std::string("Stored: ") + kLists);
  EXPECT_EQ(RuleTexts(), Texts{kLists});
}

TEST_F(RulesCommand, WhatIsWrongIsAskedAgainWithAllThatWasTyped) {
  const Element list = Execute(kDomain, kRules);
  const Element form = Step(list, "next", {{"rule", {"new"}}, {"do", {"edit"}}});
  Values wrong = NewRule();
  wrong["value-1"] = {""};
  const Element again = Step(form, "complete", wrong);
  EXPECT_EQ(StatusOf(again), "executing");
  EXPECT_TRUE(absl::StrContains(InstructionsOf(again), "action 1 needs a folder"));
  EXPECT_EQ(ValuesOf(again, "values-1"), (Texts{"dev.example.org", "ops.example.org"}));
  EXPECT_TRUE(RuleTexts().empty());
  EXPECT_EQ(NoteOf(Step(again, "complete", NewRule())), std::string("Stored: ") + kLists);
}

TEST_F(RulesCommand, ChangesOrdersCopiesAndDeletes) {
  Said(kDomain, "mute anna@example.org");
  Said(kDomain, "vip boss@example.org");
  Element list = Execute(kDomain, kRules);
  EXPECT_EQ(OptionsOf(list, "rule"), (Texts{"r1", "r2", "new"}));
  EXPECT_EQ(LabelsOf(list, "rule").front(),
            "1. If the sender is \"anna@example.org\": don't show it");
  list = Step(list, "next", {{"rule", {"r2"}}, {"do", {"up"}}});
  EXPECT_EQ(OptionsOf(list, "rule"), (Texts{"r2", "r1", "new"}));
  list = Step(list, "next", {{"rule", {"r1"}}, {"do", {"switch"}}});
  EXPECT_TRUE(absl::StrContains(LabelsOf(list, "rule")[1], "(off)"));
  list = Step(list, "next", {{"rule", {"r2"}}, {"do", {"copy"}}});
  EXPECT_EQ(OptionsOf(list, "rule"), (Texts{"r2", "r3", "r1", "new"}));
  list = Step(list, "next", {{"rule", {"r2"}}, {"do", {"delete"}}});
  EXPECT_EQ(OptionsOf(list, "rule"), (Texts{"r3", "r1", "new"}));
  list = Step(list, "next", {{"rule", {"r2"}}, {"do", {"delete"}}});
  EXPECT_TRUE(absl::StrContains(InstructionsOf(list), "choose the rule that you mean"));
  const Element form = Step(list, "next", {{"rule", {"r1"}}, {"do", {"edit"}}});
  EXPECT_EQ(ValuesOf(form, "values-1"), Texts{"anna@example.org"});
  const Element done = Step(form, "complete", NewRule());
  EXPECT_EQ(NoteOf(done), std::string("Stored: ") + kLists);
  EXPECT_EQ(bench.rules.RulesOf("ann@example.org").back().id(), "r1");
}

TEST_F(RulesCommand, ARuleThatChangedMeanwhileIsNotOverwritten) {
  Said(kDomain, "mute anna@example.org");
  const Element list = Execute(kDomain, kRules);
  const Element form = Step(list, "next", {{"rule", {"r1"}}, {"do", {"edit"}}});
  Said(kDomain, "mute bob@example.org");
  const Element again = Step(form, "complete", NewRule());
  EXPECT_TRUE(absl::StrContains(InstructionsOf(again), "changed or deleted meanwhile"));
  EXPECT_EQ(RuleTexts(),
            Texts{"If the sender is \"anna@example.org\" or \"bob@example.org\": don't show it"});
}

TEST_F(RulesCommand, IsFilledInFromAMail) {
  Arrive("m1", "romeo");
  Said(kWork, "rule", "m1");
  const Element list = Execute(kDomain, kRules);
  EXPECT_EQ(OptionsOf(list, "rule"), (Texts{"mail", "new"}));
  const Element form = Step(list, "next", {{"rule", {"mail"}}, {"do", {"edit"}}});
  EXPECT_EQ(ValuesOf(form, "values-1"), Texts{"romeo@example.net"});
  EXPECT_EQ(ValuesOf(form, "action-1"), Texts{"none"});
}

TEST_F(RulesCommand, TriesARuleBeforeItIsStored) {
  const Element list = Execute(kDomain, kRules);
  const Element form = Step(list, "next", {{"rule", {"new"}}, {"do", {"edit"}}});
  bench.fetcher.judged.emplace_back().add_actions("fileinto Lists/dev");
  Values tried = NewRule();
  tried["try"] = {"1"};
  const Element told = Step(form, "complete", tried);
  EXPECT_EQ(StatusOf(told), "executing");
  EXPECT_TRUE(absl::StrContains(InstructionsOf(told), "1 × move it to the folder \"Lists/dev\""));
  EXPECT_TRUE(absl::StrContains(InstructionsOf(told), "not stored yet"));
  EXPECT_EQ(ValuesOf(told, "try"), Texts{"0"});
  EXPECT_EQ(ValuesOf(told, "values-1"), (Texts{"dev.example.org", "ops.example.org"}));
  const auto& asked = bench.fetcher.applied.back();
  EXPECT_TRUE(asked.try_personal());
  EXPECT_EQ(asked.try_script(), "# 1 rules on trial\n");
  EXPECT_FALSE(asked.carry_out());
  EXPECT_TRUE(RuleTexts().empty());
  EXPECT_EQ(NoteOf(Step(told, "complete", NewRule())), std::string("Stored: ") + kLists);
}

TEST_F(RulesCommand, TriesTheRulesOnAFolder) {
  const Element list = Execute(kDomain, kRules);
  const Element form = Step(list, "next", {{"do", {"try"}}});
  EXPECT_EQ(OptionsOf(form, "account"), Texts{"work"});
  bench.fetcher.judged.emplace_back().add_actions("discard");
  const Element wrong = Step(form, "complete", {{"account", {"his"}}, {"folder", {""}}});
  EXPECT_TRUE(absl::StrContains(InstructionsOf(wrong), "you have no such account"));
  const Element told = Step(wrong, "complete", {{"account", {"work"}}, {"folder", {"Lists"}}});
  EXPECT_EQ(StatusOf(told), "completed");
  EXPECT_TRUE(absl::StrContains(NoteOf(told), "1 × don't show it, and leave it in the mailbox"));
  EXPECT_FALSE(bench.fetcher.applied.back().carry_out());
}

}  // namespace
}  // namespace postern::xmpp_edge
