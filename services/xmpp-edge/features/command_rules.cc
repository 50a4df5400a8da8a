// Ours: "postern#rules", the user's own rules: list, make, change, order, copy, delete, try.
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/account_check.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/rule_form.h"
#include "services/xmpp-edge/rule_proposals.h"
#include "services/xmpp-edge/rule_store.h"
#include "services/xmpp-edge/rule_text.h"
#include "services/xmpp-edge/rule_trial.h"
#include "services/xmpp-edge/settings_form.h"
#include "services/xmpp-edge/texts/rule_commands.h"
#include "services/xmpp-edge/texts/rule_form.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::PersonalRule;

// Of a form that is asked once more: it lies in Redis meanwhile.
constexpr size_t kMostKept = 32 * 1024;
constexpr size_t kMostLabel = 150;

// Fields of the list.
constexpr char kRule[] = "rule", kDo[] = "do";
constexpr char kNew[] = "new", kMail[] = "mail";  // values of kRule beside ids
constexpr char kEdit[] = "edit", kSwitch[] = "switch", kUp[] = "up", kDown[] = "down",
               kCopy[] = "copy", kDelete[] = "delete", kTry[] = "try";
// What a run keeps: at which form it is, and the rule as it was then.
constexpr char kAt[] = "at", kBefore[] = "before";

std::string Label(size_t number, const PersonalRule& rule, const Words& words) {
  const std::string text = texts::RuleLine(words, number, RuleText(rule, words));
  const std::string cut(mail::CutUtf8(text, kMostLabel));
  return cut.size() < text.size() ? absl::StrCat(cut, "…") : cut;
}

FormField List(const char* var, std::string label, Choices choices, std::string value) {
  FormField field = TextField(var, std::move(label), std::move(value));
  field.type = "list-single";
  field.options = std::move(choices);
  return field;
}

std::vector<std::string> MailboxNames(const FeatureContext& context, const std::string& user) {
  std::vector<std::string> names;
  for (const AccountDirectory::Account& account : MailboxesOf(context, user)) {
    names.push_back(account->name());
  }
  return names;
}

// Adds a rule, or puts it in the place of the one that it was.
absl::Status Put(const PersonalRule& rule, const PersonalRule& before, Rules& rules, Added& added) {
  if (before.id().empty()) {
    auto done = AddRule(rule, rules);
    if (done.ok()) added = *std::move(done);
    return done.status();
  }
  PersonalRule* const stored = FindRule(before.id(), rules);
  if (stored == nullptr || stored->SerializeAsString() != before.SerializeAsString()) {
    return words::Error(absl::StatusCode::kFailedPrecondition, texts::RuleGone());
  }
  *stored = rule;
  return absl::OkStatus();
}

bool IsTicked(const FieldValues& form, const char* var) {
  const std::string said = TextOf(form, var).value_or("");
  return said == "1" || said == "true";
}

// One run of the command, at one of its steps.
class Run {
 public:
  Run(FeatureContext context, CommandStep step)
      : context_(context), step_(std::move(step)), user_(step_.user.Bare()), store_(context) {}

  net::Task<absl::StatusOr<CommandReply>> Go() {
    const std::string at = step_.state.contains(kAt) ? step_.state.at(kAt) : "";
    if (step_.number == 0 || step_.back || !step_.form) {
      std::string nothing;
      co_return co_await ShowList(std::move(nothing));
    }
    if (at == kEdit) co_return co_await Store();
    if (at == kTry) co_return co_await Try();
    co_return co_await TakeChoice();
  }

 private:
  const Words& words() const { return *step_.words; }

  CommandReply Onward(DataForm form, CommandState state, const std::string& told, bool back) const {
    CommandReply reply = told.empty()
                             ? CommandReply::Ask(std::move(form), std::move(state))
                             : CommandReply::AskAgain(std::move(form), std::move(state), told);
    reply.back = back;
    return reply;
  }

  // `told`: what came of the last choice.
  net::Task<absl::StatusOr<CommandReply>> ShowList(std::string told) {
    auto stored = co_await store_.Get(user_);
    if (!stored.ok()) co_return stored.status();
    Choices rules;
    for (size_t i = 0; i < stored->rules.size(); ++i) {
      rules.emplace_back(Label(i + 1, stored->rules[i], words()), stored->rules[i].id());
    }
    const auto proposed = co_await Proposed();
    if (proposed) {
      const std::string text = RuleText(*proposed, words());
      rules.emplace_back(texts::NewRuleFromMail(words(), mail::CutUtf8(text, kMostLabel)), kMail);
    }
    rules.emplace_back(texts::NewRule(words()), kNew);
    DataForm form;
    form.title = texts::RulesCommand(words());
    form.instructions = texts::ChooseRule(words());
    const std::string first = proposed ? kMail : stored->rules.empty() ? kNew : "";
    form.fields.push_back(List(kRule, texts::LabelRule(words()), std::move(rules), first));
    Choices wishes{{texts::EditIt(words()), kEdit}, {texts::SwitchIt(words()), kSwitch},
                   {texts::MoveItUp(words()), kUp}, {texts::MoveItDown(words()), kDown},
                   {texts::CopyIt(words()), kCopy}, {texts::DeleteIt(words()), kDelete},
                   {texts::TryThem(words()), kTry}};
    form.fields.push_back(List(kDo, texts::LabelDo(words()), std::move(wishes), kEdit));
    co_return Onward(std::move(form), {}, told, false).MoreFollows();
  }

  // The first of what was proposed by chat for a mail, while that is open.
  net::Task<std::optional<PersonalRule>> Proposed() {
    RuleQuestions questions(context_.redis, RuleProposals::kSlot);
    auto asked = co_await questions.Get(user_);
    PersonalRule rule;
    const bool there = asked.ok() && *asked && (*asked)->kind == RuleProposals::kKind &&
                       !(*asked)->items.empty() && rule.ParseFromString((*asked)->items.front());
    if (!there) co_return std::nullopt;
    co_return rule;
  }

  net::Task<absl::StatusOr<CommandReply>> TakeChoice() {
    const std::string wish = step_.Value(kDo), chosen = step_.Value(kRule);
    if (wish == kTry) co_return AskForFolder("");
    if (chosen == kMail) {
      const auto proposed = co_await Proposed();
      co_return AskForRule(proposed.value_or(PersonalRule()), "");
    }
    if (chosen == kNew) co_return AskForRule(PersonalRule(), "");
    auto stored = co_await store_.Get(user_);
    if (!stored.ok()) co_return stored.status();
    const PersonalRule* rule = FindRule(chosen, stored->rules);
    if (rule == nullptr) {
      std::string told = words().Say(texts::ChooseARule());
      co_return co_await ShowList(std::move(told));
    }
    if (wish.empty() || wish == kEdit) co_return AskForRule(*rule, "");
    co_return co_await ChangeOne(chosen, wish);
  }

  net::Task<absl::StatusOr<CommandReply>> ChangeOne(std::string id, std::string wish) {
    RuleStore::Change change = [&id, &wish](Rules& rules) {
      PersonalRule* const rule = FindRule(id, rules);
      if (rule == nullptr) {
        return words::Error(absl::StatusCode::kNotFound, texts::RuleGone());
      }
      const size_t number = static_cast<size_t>(rule - rules.data()) + 1;
      if (wish == kSwitch) rule->set_disabled(!rule->disabled());
      if (wish == kUp || wish == kDown) MoveRule(number, wish == kUp, rules);
      if (wish == kDelete) RemoveRule(number, rules);
      return wish == kCopy ? CopyRule(number, rules) : absl::OkStatus();
    };
    auto changed = co_await store_.Apply(user_, std::move(change));
    if (!changed.ok() && !words::WordingOf(changed.status())) co_return changed.status();
    std::string told;
    if (!changed.ok()) told = words().Say(changed.status());
    co_return co_await ShowList(std::move(told));
  }

  CommandReply AskForRule(const PersonalRule& rule, const std::string& problem) const {
    DataForm form = RuleForm(rule, MailboxNames(context_, user_), words());
    if (step_.form && !problem.empty()) FillInAll(*step_.form, kMostKept, form);
    // Once is enough.
    for (FormField& field : form.fields) {
      if (field.var == kTryField) field.value = "0";
    }
    CommandState state{{kAt, kEdit}, {kBefore, rule.SerializeAsString()}};
    return Onward(std::move(form), std::move(state), problem, true);
  }

  net::Task<absl::StatusOr<CommandReply>> Store() {
    PersonalRule before;  // written by us; empty at worst
    before.ParseFromString(step_.state.contains(kBefore) ? step_.state.at(kBefore) : "");
    auto rule = ReadRuleForm(*step_.form, before, MailboxNames(context_, user_));
    if (!rule.ok()) co_return AskAgain(before, rule.status());
    Added added;
    RuleStore::Change change = [&rule, &before, &added](Rules& rules) {
      return Put(*rule, before, rules, added);
    };
    if (IsTicked(*step_.form, kTryField)) {
      co_return co_await TryOne(before, *rule, std::move(change));
    }
    auto stored = co_await store_.Apply(user_, std::move(change));
    if (stored.ok()) {
      co_return CommandReply::Note(absl::StrCat(
          texts::RuleStored(words(), RuleText(*rule, words())), OthersText(*rule, added, words())));
    }
    co_return AskAgain(before, stored.status());
  }

  // What all rules would do together with this one, as it was filled in; the form stays open.
  net::Task<absl::StatusOr<CommandReply>> TryOne(PersonalRule before, PersonalRule rule,
                                                 RuleStore::Change change) {
    auto sieve = co_await store_.SieveAfter(user_, std::move(change));
    if (!sieve.ok()) co_return AskAgain(before, sieve.status());
    RuleTrial::Target target;
    for (AccountDirectory::Account& account : MailboxesOf(context_, user_)) {
      const bool meant = rule.account().empty() || account->name() == rule.account();
      if (meant && target.account == nullptr) target.account = std::move(account);
    }
    if (target.account == nullptr) {
      co_return AskForRule(before, words().Say(texts::AccountUnknown()));
    }
    target.tried = *std::move(sieve);
    RuleTrial trial(context_);
    const std::string told = co_await trial.TryIn(std::move(target), words());
    co_return AskForRule(before, texts::NotStoredYet(words(), told));
  }

  // Nothing that was typed is lost.
  absl::StatusOr<CommandReply> AskAgain(const PersonalRule& before, const absl::Status& why) const {
    const auto wording = words::WordingOf(why);
    if (!wording) return why;
    return AskForRule(before, texts::WrongInRule(words(), words().Say(*wording)));
  }

  CommandReply AskForFolder(const std::string& problem) const {
    const std::vector<std::string> names = MailboxNames(context_, user_);
    if (names.empty()) return CommandReply::Error(texts::NothingToTryOn(words()));
    DataForm form;
    form.title = texts::TryThem(words());
    form.instructions = texts::TrialInstructions(words());
    Choices accounts;
    for (const std::string& name : names) accounts.emplace_back(name, name);
    form.fields.push_back(
        List("account", texts::LabelTrialAccount(words()), std::move(accounts), names.front()));
    form.fields.push_back(TextField("folder", texts::LabelTrialFolder(words()), ""));
    return Onward(std::move(form), {{kAt, kTry}}, problem, true);
  }

  net::Task<absl::StatusOr<CommandReply>> Try() {
    RuleTrial::Target target;
    target.account = context_.directory.Find(user_, step_.Value("account"));
    target.folder = step_.Value("folder");
    if (target.account == nullptr || !IsReceiving(target.account->type())) {
      co_return AskForFolder(words().Say(texts::AccountUnknown()));
    }
    RuleTrial trial(context_);
    std::string told = co_await trial.TryIn(std::move(target), words());
    co_return CommandReply::Note(std::move(told));
  }

  FeatureContext context_;
  CommandStep step_;
  const std::string user_;
  RuleStore store_;
};

}  // namespace

net::Task<absl::StatusOr<CommandReply>> EditRules(FeatureContext context, CommandStep step) {
  Run run(std::move(context), std::move(step));
  co_return co_await run.Go();
}

}  // namespace postern::xmpp_edge
