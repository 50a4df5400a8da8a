#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/words.h"

// The command "Rules" and its forms.
namespace postern::xmpp_edge::texts {

// The command's name.
inline std::string RulesCommand(const Words& words) { return words.Say("Rules"); }
inline std::string ChooseRule(const Words& words) {
  return words.Say("Rules are asked in their order. Choose one, and what to do with it.");
}
inline std::string LabelRule(const Words& words) { return words.Say("Rule"); }
inline std::string NewRule(const Words& words) { return words.Say("a new rule"); }
// TRANSLATORS: $0 is what the rule says.
inline std::string NewRuleFromMail(const Words& words, absl::string_view rule) {
  return words.Say("a new rule from your mail: $0", rule);
}
inline std::string LabelDo(const Words& words) { return words.Say("What to do"); }
// TRANSLATORS: the next ones are done with a rule.
inline std::string EditIt(const Words& words) { return words.Say("make or change it"); }
inline std::string SwitchIt(const Words& words) { return words.Say("switch it on or off"); }
inline std::string MoveItUp(const Words& words) { return words.Say("move it up"); }
inline std::string MoveItDown(const Words& words) { return words.Say("move it down"); }
inline std::string CopyIt(const Words& words) { return words.Say("copy it"); }
inline std::string DeleteIt(const Words& words) { return words.Say("delete it"); }
inline std::string TryThem(const Words& words) {
  return words.Say("try all rules on the mails of a folder");
}

// --- the form of a rule -----------------------------------------------------------------
inline std::string RuleInstructions(const Words& words) {
  return words.Say(
      "If a mail is as the conditions say, the rule does what stands below them. A rule without "
      "conditions is for every mail. Of several values in a condition one is enough.");
}
inline std::string LabelRuleName(const Words& words) {
  return words.Say("Name, if it shall have one");
}
inline std::string LabelRuleOn(const Words& words) { return words.Say("The rule is on"); }
inline std::string LabelRuleAccount(const Words& words) { return words.Say("For mail of"); }
inline std::string AllAccounts(const Words& words) { return words.Say("all accounts"); }
inline std::string LabelAny(const Words& words) { return words.Say("Needed"); }
inline std::string AllConditions(const Words& words) { return words.Say("all conditions"); }
inline std::string AnyCondition(const Words& words) { return words.Say("one of the conditions"); }
// TRANSLATORS: $0 is a number, as in the next ones.
inline std::string LabelCondition(const Words& words, size_t number) {
  return words.Say("Condition $0: of", number);
}
inline std::string LabelHeader(const Words& words, size_t number) {
  return words.Say("Condition $0: name of the header field, if it is one", number);
}
inline std::string LabelComparison(const Words& words, size_t number) {
  return words.Say("Condition $0: how", number);
}
inline std::string LabelValues(const Words& words, size_t number) {
  return words.Say("Condition $0: values, in each line one", number);
}
inline std::string LabelAction(const Words& words, size_t number) {
  return words.Say("Action $0", number);
}
inline std::string LabelActionValue(const Words& words, size_t number) {
  return words.Say("Action $0: folder, address, time or text", number);
}
inline std::string LabelStop(const Words& words) {
  return words.Say("No later rule is looked at for such a mail");
}
inline std::string LabelTryIt(const Words& words) {
  return words.Say("Only try it, on the mails that are there: nothing is stored yet");
}
// TRANSLATORS: $0 is what came of a trial, with line breaks.
inline std::string NotStoredYet(const Words& words, absl::string_view told) {
  return words.Say("$0\n\nThe rule is not stored yet. To store it, send the form once more.", told);
}
// TRANSLATORS: a choice: no condition, or no action.
inline std::string Nothing(const Words& words) { return words.Say("nothing"); }

// --- the form of a trial ------------------------------------------------------------------
inline std::string TrialInstructions(const Words& words) {
  return words.Say("Nothing is changed: you are told what your rules would do.");
}
inline std::string LabelTrialAccount(const Words& words) { return words.Say("Account"); }
inline std::string LabelTrialFolder(const Words& words) {
  return words.Say("Folder; empty: the one that is watched");
}
inline std::string NothingToTryOn(const Words& words) {
  return words.Say("You have no account that receives mail. Register one first.");
}

// --- what was wrong -------------------------------------------------------------------------
inline words::Wording ChooseARule() { return words::Word("choose the rule that you mean"); }
inline words::Wording RuleGone() {
  return words::Word("the rule was changed or deleted meanwhile; begin again");
}
inline words::Wording ConditionWantsValue(size_t number) {
  return words::Word(
      "condition $0 has nothing to compare with; an empty value would fit every mail", number);
}
inline words::Wording ConditionWantsHeader(size_t number) {
  return words::Word("condition $0 needs the name of a header field, such as X-Spam-Flag", number);
}
inline words::Wording ConditionUnknown(size_t number) {
  return words::Word("condition $0 is none of those that can be chosen", number);
}
inline words::Wording ConditionCantRelate(size_t number) {
  return words::Word(
      "condition $0: only a size can be larger or smaller; choose another way to compare", number);
}
inline words::Wording SizeWantsRelation(size_t number) {
  return words::Word(
      "condition $0: a size is larger or smaller than a number; choose one of these two", number);
}
inline words::Wording ActionWantsValue(size_t number) {
  return words::Word("action $0 needs a folder, an address, a time or a text", number);
}
inline words::Wording ActionUnknown(size_t number) {
  return words::Word("action $0 is none of those that can be chosen", number);
}
inline words::Wording NoActionChosen() { return words::Word("choose at least one action"); }
inline words::Wording AccountUnknown() { return words::Word("you have no such account"); }
inline std::string WrongInRule(const Words& words, absl::string_view why) {
  return words.Say("The rule was not stored: $0.", why);
}

}  // namespace postern::xmpp_edge::texts
