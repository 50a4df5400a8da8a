#include "services/rules/programs/programs_in_force.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/rules/programs/empty_personal.h"

namespace postern::rules {
namespace {

prometheus::Counter& LoadFailures() {
  static auto& counter = metrics::Counter("postern_rules_load_failures_total",
                                          "Stored rule programs that could not be compiled");
  return counter;
}

constexpr v1::RuleLanguage kBefore[] = {
    v1::RULE_LANGUAGE_JSMAIL_REJECT, v1::RULE_LANGUAGE_JSMAIL_SUBJECT,
    v1::RULE_LANGUAGE_CONTENT_FILTER, v1::RULE_LANGUAGE_PERSONAL, v1::RULE_LANGUAGE_SIEVE};
constexpr v1::RuleLanguage kOfUsers[] = {
    v1::RULE_LANGUAGE_JSMAIL_REJECT,  v1::RULE_LANGUAGE_JSMAIL_SUBJECT,
    v1::RULE_LANGUAGE_CONTENT_FILTER, v1::RULE_LANGUAGE_PERSONAL,
    v1::RULE_LANGUAGE_SIEVE,          v1::RULE_LANGUAGE_JSMAIL_RESPONDERS};
// The site's responders answer when all others have had their say.
constexpr v1::RuleLanguage kOnlyResponders[] = {v1::RULE_LANGUAGE_JSMAIL_RESPONDERS};
constexpr v1::RuleLanguage kAfter[] = {
    v1::RULE_LANGUAGE_JSMAIL_REJECT, v1::RULE_LANGUAGE_JSMAIL_SUBJECT,
    v1::RULE_LANGUAGE_CONTENT_FILTER, v1::RULE_LANGUAGE_JSMAIL_RESPONDERS, v1::RULE_LANGUAGE_SIEVE};

// These judge connections and tell texts: they are not for mails.
bool JudgesMails(v1::RuleLanguage language) {
  return language != v1::RULE_LANGUAGE_JSMAIL_ALLOW_DENY &&
         language != v1::RULE_LANGUAGE_JSMAIL_FINGER;
}

bool IsInForce(const v1::RuleProgram& program, const ActiveScript& active) {
  if (IsEmptyPersonal(program)) return false;
  if (program.language() != v1::RULE_LANGUAGE_SIEVE) return JudgesMails(program.language());
  return program.name() == active.name && program.program_hash() != active.suspended;
}

ProgramKey KeyOf(const v1::RuleProgram& program) {
  return {program.scope(), program.language(), program.name()};
}

std::string LocalDomainOf(absl::string_view scope) {
  if (absl::ConsumePrefix(&scope, "domain:")) return std::string(scope);
  const size_t at = scope.rfind('@');
  return at == absl::string_view::npos ? "" : std::string(scope.substr(at + 1));
}

}  // namespace

ProgramsInForce::ProgramsInForce(boost::asio::any_io_executor executor, StoredPrograms& stored,
                                 Compiler& compiler)
    : executor_(std::move(executor)), stored_(stored), compiler_(compiler) {
  stored_.OnChange([this](const std::string& scope) { Changed(scope); });
}

void ProgramsInForce::Changed(const std::string& scope) {
  const auto found = scopes_.find(scope);
  if (found != scopes_.end()) found->second->fresh = false;
  if (scope != kSiteScope) return;
  for (auto& [name, other] : scopes_) {
    if (other->includes_global) other->fresh = false;
  }
}

std::vector<v1::RuleProgram> ProgramsInForce::InForceOf(const std::string& scope) const {
  std::vector<v1::RuleProgram> programs;
  const ActiveScript active = stored_.ActiveOf(scope);
  for (const v1::RuleProgram* program : stored_.Of(scope)) {
    if (IsInForce(*program, active)) programs.push_back(*program);
  }
  return programs;
}

bool ProgramsInForce::HasAny(const std::string& user) const {
  const std::string scopes[] = {kSiteScope, DomainScopeOf(user), user, kSiteAfterScope};
  for (const std::string& scope : scopes) {
    const ActiveScript active = stored_.ActiveOf(scope);
    for (const v1::RuleProgram* program : stored_.Of(scope)) {
      if (IsInForce(*program, active)) return true;
    }
  }
  if (!elsewhere_) return false;
  return std::any_of(std::begin(kOfUsers), std::end(kOfUsers),
                     [this](v1::RuleLanguage language) { return elsewhere_(language) != nullptr; });
}

ProgramSource ProgramsInForce::SourceOf(const v1::RuleProgram& program) const {
  ProgramSource source;
  source.language = program.language();
  source.text = program.source();
  source.file_name = program.file_name();
  source.operator_rule = IsOperators(program.scope());
  source.local_domain = LocalDomainOf(program.scope());
  // Copied for who may include others, and for nobody else.
  if (source.language != v1::RULE_LANGUAGE_SIEVE || !absl::StrContains(source.text, "include"))
    return source;
  const auto scripts_of = [this](const std::string& scope) {
    Scripts scripts;
    for (const v1::RuleProgram* one : stored_.Of(scope)) {
      if (one->language() == v1::RULE_LANGUAGE_SIEVE) scripts[one->name()] = one->source();
    }
    return std::make_shared<const Scripts>(std::move(scripts));
  };
  source.personal = scripts_of(program.scope());
  source.global = scripts_of(kSiteScope);
  return source;
}

net::Task<Stages> ProgramsInForce::Of(std::string user) {
  Stages stages;
  const std::string domain = DomainScopeOf(user), everybody = kSiteScope, last = kSiteAfterScope;
  ScopePtr site = co_await Ready(everybody);
  ScopePtr of_domain = co_await Ready(domain);
  ScopePtr own = co_await Ready(user);
  ScopePtr after = co_await Ready(last);
  const Scope none(executor_);
  const auto add = [&](const std::string& name, const ScopePtr& scope, bool late) {
    AddAll(name, scope == nullptr ? none : *scope, late, stages);
  };
  add(kSiteScope, site, false);
  add(domain, of_domain, false);
  add(user, own, false);
  add(kSiteScope, site, true);
  add(kSiteAfterScope, after, true);
  if (own == nullptr) co_return stages;
  for (const auto& [key, part] : own->parts) {
    if (!part.trouble.empty()) stages.troubles.push_back(part.trouble);
  }
  co_return stages;
}

void ProgramsInForce::AddAll(const std::string& name, const Scope& scope, bool after,
                             Stages& stages) const {
  std::span<const v1::RuleLanguage> languages = kOfUsers;
  if (name == kSiteScope) languages = kBefore;
  if (after)
    languages = name == kSiteScope ? std::span<const v1::RuleLanguage>(kOnlyResponders)
                                   : std::span<const v1::RuleLanguage>(kAfter);
  for (const v1::RuleLanguage language : languages) {
    ProgramInForce one{nullptr, name, "", language, IsOperators(name)};
    for (const auto& [key, part] : scope.parts) {
      if (key.language == language) one.program = part.program;
    }
    if (name == kSiteScope && elsewhere_) {
      if (PreparedProgramPtr found = elsewhere_(language)) one.program = std::move(found);
    }
    if (one.program == nullptr) continue;
    one.name = one.program->program().origin.file_name;
    stages.programs.push_back(std::move(one));
  }
}

net::Task<ProgramsInForce::ScopePtr> ProgramsInForce::Ready(std::string name) {
  const auto found = scopes_.find(name);
  ScopePtr scope = found == scopes_.end() ? nullptr : found->second;
  if (scope == nullptr) {
    if (InForceOf(name).empty()) co_return nullptr;
    MakeRoom();
    scope = scopes_[name] = std::make_shared<Scope>(executor_);
  }
  scope->used = ++uses_;
  while (!scope->fresh || scope->compiling) {
    if (scope->compiling) {
      co_await scope->compiled.Wait();
    } else {
      co_await CompileAll(name, scope);
    }
  }
  co_return scope;
}

net::Task<void> ProgramsInForce::CompileAll(std::string name, ScopePtr scope) {
  scope->compiling = true;
  scope->fresh = true;  // what changes from here on makes it stale again
  const std::vector<v1::RuleProgram> programs = InForceOf(name);
  std::vector<ProgramSource> sources;
  for (const v1::RuleProgram& program : programs) sources.push_back(SourceOf(program));
  std::vector<CompiledSource> compiled = co_await compiler_.Compile(std::move(sources));
  Scope after(executor_);
  for (size_t i = 0; i < programs.size(); ++i) {
    Adopt(KeyOf(programs[i]), std::move(compiled[i]), *scope, after);
  }
  scope->parts = std::move(after.parts);
  scope->includes_global = after.includes_global;
  scope->compiling = false;
  scope->compiled.Notify();
}

void ProgramsInForce::Adopt(const ProgramKey& key, CompiledSource compiled, Scope& before,
                            Scope& after) {
  after.includes_global = after.includes_global || compiled.includes_global;
  Part& part = after.parts[key];
  part.source_hash = compiled.hash;
  part.program = std::move(compiled.program);
  if (part.program != nullptr) return;
  const absl::Status error = compiled.error();
  const auto old = before.parts.find(key);
  if (old != before.parts.end()) part.program = old->second.program;
  part.trouble = words::Word("Your rules can't be used as they are: $0", error.message());
  LoadFailures().Increment();
  // Its text may quote the script, which is its author's.
  log::Error("a stored rule program can't be used; the one before stays in force",
             {{"scope", key.scope}, {"language", NameOfLanguage(key.language)}});
}

// Operators' programs are for every mail; those of users go when they were not needed for long.
void ProgramsInForce::MakeRoom() {
  if (scopes_.size() < kMaxUsers) return;
  auto oldest = scopes_.end();
  for (auto at = scopes_.begin(); at != scopes_.end(); ++at) {
    if (IsOperators(at->first) || at->second->compiling) continue;
    if (oldest == scopes_.end() || at->second->used < oldest->second->used) oldest = at;
  }
  if (oldest != scopes_.end()) scopes_.erase(oldest);
}

}  // namespace postern::rules
