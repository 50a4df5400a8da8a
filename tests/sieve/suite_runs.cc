#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/rules/engine/action_json.h"
#include "tests/sieve/suite_commands.h"
#include "tests/sieve/suite_script.h"

// Scripts that the suite compiles, runs and has carried out.
namespace postern::rules::suite {
namespace {

constexpr int kMostLookUps = 20;

// The first test_fail of a script that a test has run.
struct OwnFailures : Foreign {
  bool Call(const std::string& name, const std::vector<Argument>& arguments, uint32_t, MessageView&,
            Facts&, Evaluation&) override {
    if (name == "test_fail" && first.empty()) first = Sort(arguments).Text(0);
    return false;
  }
  std::string first;
};

// As Pigeonhole calls them.
std::string NameThere(const Action& action) {
  const std::string name(ActionName(action));
  return name == "fileinto" ? "store" : name;
}

}  // namespace

PreparedProgramPtr SuiteCommands::CompileFile(const std::string& name) {
  sieve::CompileOptions options = OptionsFor(name, folder_);
  options.limits.includes = Setting("sieve_include_max_includes", options.limits.includes);
  options.limits.include_depth =
      Setting("sieve_include_max_nesting_depth", options.limits.include_depth);
  const std::optional<std::string> source = ReadFile(absl::StrCat(folder_, "/", name));
  if (!source) {
    errors_.push_back(absl::StrCat("script '", name, "' not found"));
    return nullptr;
  }
  fails_itself_ = absl::StrContains(*source, kExtension);
  if (fails_itself_) AddCommands(options);
  const Compiled compiled = sieve::Compile(*source, options);
  for (const Problem& problem : compiled.problems) {
    if (!problem.warning) errors_.push_back(problem.text);
  }
  if (compiled.program) return std::make_shared<PreparedProgram>(compiled.program);
  errors_.push_back("validation failed");  // Pigeonhole's own last word, which its files count
  return nullptr;
}

bool SuiteCommands::CompileScript(const Arguments& arguments, Caller&) {
  errors_.clear();
  PreparedProgramPtr compiled = CompileFile(arguments.Text(0));
  if (!compiled) return false;
  compiled_ = std::move(compiled);
  return true;
}

size_t SuiteCommands::Setting(const char* name, size_t otherwise) const {
  const auto found = settings_.find(name);
  uint32_t number = 0;
  return found != settings_.end() && absl::SimpleAtoi(found->second, &number) && number > 0
             ? number
             : otherwise;
}

EvaluationLimits SuiteCommands::Limits() const {
  EvaluationLimits limits;
  limits.wall = absl::InfiniteDuration();
  limits.actions = static_cast<uint32_t>(Setting("sieve_max_actions", limits.actions));
  limits.redirects = static_cast<uint32_t>(Setting("sieve_max_redirects", limits.redirects));
  limits.notifies = 10;  // as many as Pigeonhole allows
  return limits;
}

std::string SuiteCommands::LookUp(const FactKey& key, const Facts& facts) const {
  if (absl::StartsWith(key, "mailbox:"))
    return mails_.folders.contains(FolderName(key.substr(8))) ? "yes" : "no";
  if (absl::StartsWith(key, "duplicate:")) return remembered_.contains(key) ? "yes" : "no";
  const auto known = facts.looked_up.find(key);
  return known == facts.looked_up.end() ? NothingThere(key) : known->second;
}

// A script that says itself when it goes wrong.
Evaluation SuiteCommands::RunWithCommands(const PreparedProgram& program, MessageView& view,
                                          Facts& facts) {
  OwnFailures failures;
  Evaluation evaluation = EvaluateForeign(program, view, facts, Limits(), failures);
  if (!failures.first.empty()) FailBlock(failures.first);
  return evaluation;
}

Evaluation SuiteCommands::Run(std::span<const Stage> stages, Caller& caller) {
  Facts facts = caller.facts;
  facts.looked_up.clear();
  for (int round = 0;; ++round) {
    MessageView view(text_);
    Evaluation evaluation = fails_itself_ ? RunWithCommands(*stages.front().program, view, facts)
                                          : EvaluateStages(stages, view, facts, Limits());
    if (evaluation.missing.empty() || round == kMostLookUps) return evaluation;
    for (const FactKey& key : evaluation.missing) facts.looked_up[key] = LookUp(key, caller.facts);
  }
}

bool SuiteCommands::Take(Evaluation evaluation, Caller& caller) {
  Evaluation& so_far = caller.so_far;
  const size_t before = so_far.edits.size();
  std::ranges::move(evaluation.edits, std::back_inserter(so_far.edits));
  for (Action& action : evaluation.actions) {
    const auto* keep = std::get_if<KeepAction>(&action.kind);
    if (keep && keep->implicit) {
      keep_flags_ = keep->flags;
      continue;
    }
    action.edits += static_cast<uint32_t>(before);
    so_far.actions.push_back(std::move(action));
  }
  std::ranges::move(evaluation.marks, std::back_inserter(marks_));
  if (!evaluation.error) return true;
  errors_.push_back(evaluation.error->message);
  return false;
}

bool SuiteCommands::RunScript(const Arguments& arguments, Caller& caller) {
  errors_.clear();
  if (!compiled_) {
    errors_.push_back("no script compiled yet");
    return false;
  }
  if (!arguments.Has("append_result")) ResetResult({}, caller);
  const Stage stage{compiled_, false};
  return Take(Run({&stage, 1}, caller), caller);
}

bool SuiteCommands::RunScripts(const Arguments& arguments, Caller& caller) {
  errors_.clear();
  std::vector<Stage> stages;
  if (arguments.positional.empty()) return false;
  for (const std::string& name : arguments.positional.front()) {
    PreparedProgramPtr compiled = CompileFile(name);
    if (!compiled) return false;
    stages.push_back({std::move(compiled), false});
  }
  return Take(Run(stages, caller), caller) && ExecuteResult({}, caller);
}

bool SuiteCommands::Error(const Arguments& arguments, Caller&) {
  return MatchesAny(arguments, errors_);
}

bool SuiteCommands::ResultAction(const Arguments& arguments, Caller& caller) {
  std::vector<std::string> names;
  for (const Action& action : caller.so_far.actions) names.push_back(NameThere(action));
  return MatchesAny(arguments, names);
}

bool SuiteCommands::ExecuteResult(const Arguments&, Caller& caller) {
  errors_.clear();
  Outcome outcome{caller.so_far.actions, {}, keep_flags_};
  outcome.edits.assign(caller.so_far.edits.begin() + edits_, caller.so_far.edits.end());
  for (Action& action : outcome.actions)
    action.edits -= std::min<uint32_t>(action.edits, static_cast<uint32_t>(edits_));
  CarryOut(outcome, text_, caller.facts, mails_, errors_);
  for (const auto& [folder, stored] : mails_.folders)
    caller.facts.looked_up[MailboxFact(folder)] = "yes";
  if (!errors_.empty()) return false;
  for (const Mark& mark : marks_) remembered_.insert(mark.key);
  return true;
}

bool SuiteCommands::ResetResult(const Arguments&, Caller& caller) {
  caller.so_far.actions.clear();
  mails_.sent.clear();
  keep_flags_.clear();
  marks_.clear();
  return true;
}

bool SuiteCommands::SaveBinary(const Arguments& arguments, Caller&) {
  binaries_[arguments.Text(0)] = compiled_;
  return true;
}

bool SuiteCommands::LoadBinary(const Arguments& arguments, Caller&) {
  const auto found = binaries_.find(arguments.Text(0));
  if (found == binaries_.end()) return false;
  compiled_ = found->second;
  return true;
}

}  // namespace postern::rules::suite
