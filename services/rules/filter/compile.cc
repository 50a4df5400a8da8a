#include "services/rules/filter/compile.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/rules/code_points.h"
#include "services/rules/filter/action.h"
#include "services/rules/filter/code.h"
#include "services/rules/filter/condition.h"
#include "services/rules/filter/rule_file.h"
#include "services/rules/filter/words.h"

namespace postern::rules::filter {
namespace {

constexpr size_t kMaxRemarks = 14;  // warnings with their own words; the rest is counted
constexpr size_t kMaxNamed = 600;   // code points

// Expressions that a file may have, so that each gets its share of memory.
size_t CountPatterns(const std::vector<Rule>& rules) {
  size_t count = 1;
  for (const Rule& rule : rules) {
    for (const ConditionLine& line : rule.conditions) {
      count += ReadOperator(line.op).how == Comparing::kMatches;
    }
    for (const ActionLine& line : rule.actions) {
      const Deed deed = ReadDeed(line.name);
      count += deed == Deed::kReplaceInHeader || deed == Deed::kReplaceInBody;
    }
  }
  return count;
}

// A rule that is in force: its conditions and actions, as far as they are carried over.
struct Carrying {
  std::vector<Condition> conditions;
  std::vector<Carried> actions;
};

class FilterCompiler {
 public:
  FilterCompiler(absl::string_view text, const CompileOptions& options)
      : options_(options), source_(text, options.file_name), rules_(ReadRules(source_)) {}

  Compiled Run() {
    gathered_.patterns = CountPatterns(rules_);
    if (gathered_.patterns > kMaxPatterns) {
      source_.Fail(source_.lines().front(), "",
                   absl::StrCat("more than ", kMaxPatterns, " regular expressions in one file"));
    }
    gathered_.last_run = 0;
    gathered_.program.variables.push_back({"vnd.postern.filter.run", false});
    Code code(gathered_.program, rules_.size());
    for (size_t i = 0; i < rules_.size(); ++i) Add(i, code);
    if (!source_.failed()) TellTheRest();
    Compiled compiled;
    if (!source_.failed()) compiled.program = Finish(code);
    compiled.problems = source_.TakeProblems();
    return compiled;
  }

 private:
  void Add(size_t index, Code& code) {
    const Rule& rule = rules_[index];
    code.BeginRule(index, rule.line.number, rule.name);
    const size_t runs = gathered_.program.runs;
    if (auto carrying = Carry(rule)) {
      Emit(index, *carrying, code);
      code.EndRule();
      gathered_.program.texts.push_back(WrittenAs(index));
    } else {
      gathered_.program.runs = static_cast<uint32_t>(runs);  // its programs don't run
    }
    for (size_t run = runs; run < gathered_.program.runs; ++run) {
      gathered_.runs.push_back(static_cast<uint32_t>(run));
    }
  }

  // Nothing: it is off, or left out; that has been told.
  std::optional<Carrying> Carry(const Rule& rule) {
    if (!rule.enabled) {
      off_.push_back(NameOf(rule));
      return std::nullopt;
    }
    if (rule.queue == Queue::kRemote) {
      Remark(rule, "is left out", "it is about mail that leaves, and rules judge what comes in");
      return std::nullopt;
    }
    Carrying carrying;
    std::string problem;
    const size_t errors_before = source_.errors();
    for (const ConditionLine& line : rule.conditions) {
      Condition condition = ReadCondition(line, rule, gathered_, source_);
      if (problem.empty() && !condition.problem.empty()) {
        problem = absl::StrCat("line ", line.line.number, ": ", condition.problem);
      }
      carrying.conditions.push_back(std::move(condition));
    }
    CarryActions(rule, carrying, problem);
    if (source_.errors() > errors_before) return std::nullopt;
    if (!problem.empty()) {
      LeaveOut(rule, carrying, problem);
      return std::nullopt;
    }
    if (rule.conditions.empty() && !rule.broken) {
      Remark(rule, "has no conditions", "so it is about every mail");
    }
    return carrying;
  }

  void CarryActions(const Rule& rule, Carrying& carrying, std::string& problem) {
    std::string lost;
    bool takes_away = false, does_anything = false;
    for (const ActionLine& line : rule.actions) {
      Carried action = ReadAction(line, rule, options_.operator_rule, gathered_, source_);
      const std::string place =
          absl::StrCat("line ", line.line.number, ", ", Shorten(line.name, 40), ": ");
      if (!action.lost.empty()) lost = absl::StrCat(place, action.lost);
      if (!action.changed.empty())
        Remark(rule, "is in force, a little different", place + action.changed);
      takes_away = takes_away || action.takes_away;
      does_anything =
          does_anything || !action.statements.empty() || action.then != Carried::Then::kGoOn;
      carrying.actions.push_back(std::move(action));
    }
    if (!problem.empty()) {
      if (!lost.empty()) absl::StrAppend(&problem, "; ", lost);
      return;
    }
    if (!lost.empty() && (takes_away || !does_anything)) {
      problem = lost;
    } else if (!lost.empty()) {
      Remark(rule, "goes without an action", lost);
    } else if (rule.actions.empty() && !rule.broken) {
      problem = "it does nothing";
    }
  }

  // Others may hang on it: what it kept from them would be theirs.
  void LeaveOut(const Rule& rule, const Carrying& carrying, const std::string& why) {
    bool guards = false, ends = false;
    for (const Carried& action : carrying.actions) {
      const bool goes_on = action.then == Carried::Then::kGoOn;
      guards = guards || (!goes_on && !action.takes_away);
      ends = ends || (!goes_on && action.takes_away);
    }
    if (!guards || ends) return Remark(rule, "is left out", why);
    source_.Fail(rule.line, rule.line.text,
                 absl::StrCat("rule \"", rule.name,
                              "\" decides whether those after it are looked at, and can't be "
                              "carried over: ",
                              why, ". Write it otherwise, or take it out by Enable=No"));
  }

  void Emit(size_t index, const Carrying& carrying, Code& code) {
    const Rule& rule = rules_[index];
    for (size_t i = 0; i < carrying.conditions.size(); ++i) {
      code.At(rule.conditions[i].line.number);
      if (rule.any) {
        code.IfAny(carrying.conditions[i]);
      } else {
        code.IfAll(carrying.conditions[i]);
      }
    }
    if (rule.any && !carrying.conditions.empty()) code.ElseLeave();
    // What is done counts before where it goes on: a note may stand behind "delete".
    const Carried* then = nullptr;
    for (size_t i = 0; i < carrying.actions.size(); ++i) {
      const Carried& action = carrying.actions[i];
      code.At(rule.actions[i].line.number);
      for (const Statement& statement : action.statements) code.Do(statement);
      if (then == nullptr && action.then != Carried::Then::kGoOn) then = &action;
    }
    if (then != nullptr) GoOn(index, *then, code);
  }

  void GoOn(size_t index, const Carried& action, Code& code) {
    if (action.then == Carried::Then::kStop) return code.Stop();
    if (action.then == Carried::Then::kSkip) return code.GoTo(index + 1 + action.skipped);
    const auto target = Find(action.target);
    const Rule& rule = rules_[index];
    if (!target) {
      return source_.Fail(
          rule.line, rule.line.text,
          absl::StrCat("rule \"", rule.name, "\" jumps to \"", Shorten(action.target, 60),
                       "\", and there is no such rule"));
    }
    if (*target <= index) {
      return source_.Fail(rule.line, rule.line.text,
                          absl::StrCat("rule \"", rule.name, "\" jumps back to \"",
                                       rules_[*target].name, "\": rules only jump forward"));
    }
    code.GoTo(*target);
  }

  // By its name, else by its number.
  std::optional<size_t> Find(const std::string& target) const {
    for (size_t i = 0; i < rules_.size(); ++i) {
      if (absl::EqualsIgnoreCase(rules_[i].name, target)) return i;
    }
    absl::string_view digits = target;
    if (absl::StartsWithIgnoreCase(digits, "rule")) digits.remove_prefix(4);
    uint32_t number = 0;
    if (!absl::SimpleAtoi(digits, &number)) return std::nullopt;
    for (size_t i = 0; i < rules_.size(); ++i) {
      if (rules_[i].number == number) return i;
    }
    return std::nullopt;
  }

  // --- what is told ----------------------------------------------------------------

  void Remark(const Rule& rule, absl::string_view what, const std::string& why) {
    if (++remarks_ > kMaxRemarks) {
      untold_.push_back(NameOf(rule));
      return;
    }
    source_.Warn(rule.line, rule.line.text,
                 absl::StrCat("rule \"", rule.name, "\" ", what, why.empty() ? "" : ": ", why));
  }

  static std::string NameOf(const Rule& rule) {
    return absl::StrCat("\"", rule.name, "\" (line ", rule.line.number, ")");
  }

  void TellTheRest() {
    Tell("not in force, for they are off (Enable=No): ", off_);
    Tell("left out, or in force a little different, too: ", untold_);
  }

  void Tell(absl::string_view what, const std::vector<std::string>& rules) {
    if (rules.empty()) return;
    const Line& first = source_.lines().front();
    source_.Warn(first, first.text,
                 absl::StrCat(what, Shorten(absl::StrJoin(rules, ", "), kMaxNamed)));
  }

  // As it stands in the file.
  std::string WrittenAs(size_t index) const {
    const size_t begin = rules_[index].line.number;
    const size_t end =
        index + 1 < rules_.size() ? rules_[index + 1].line.number : source_.lines().size() + 1;
    std::string text;
    for (size_t line = begin; line < end; ++line) {
      absl::StrAppend(&text, source_.lines()[line - 1].text, "\n");
    }
    return text;
  }

  ProgramPtr Finish(Code& code) {
    code.Finish();
    gathered_.program.origin = {source_.file_name(), "content-filter", source_.Hash()};
    return std::make_shared<const Program>(std::move(gathered_.program));
  }

  const CompileOptions& options_;
  Source source_;
  const std::vector<Rule> rules_;
  Gathered gathered_;
  size_t remarks_ = 0;
  std::vector<std::string> off_, untold_;  // rules
};

}  // namespace

Compiled Compile(absl::string_view source, const CompileOptions& options) {
  return FilterCompiler(source, options).Run();
}

}  // namespace postern::rules::filter
