#include "services/rules/programs/program_desk.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/mail/utf8.h"
#include "lib/process/log.h"
#include "services/rules/personal/personal_rules.h"
#include "services/rules/programs/empty_personal.h"
#include "services/rules/programs/runner_warnings.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxFileNameBytes = 255;
constexpr size_t kMaxListedSource = 4 << 20;  // an answer has to fit into a gRPC message
constexpr size_t kMaxListed = 7 << 20;

absl::Status NotLoaded() {
  return absl::UnavailableError("rules: the programs are not yet read from Redis");
}

absl::Status CheckImport(const v1::ImportRulesRequest& request) {
  if (request.language() == v1::RULE_LANGUAGE_PERSONAL)
    return absl::InvalidArgumentError("language: a user's rules of chat and form are not imported");
  if (mail::HasControls(request.file_name()) || request.file_name().size() > kMaxFileNameBytes)
    return absl::InvalidArgumentError("file_name: too long, or with control characters");
  if (request.source().size() > ProgramDesk::kMaxSourceBytes) {
    return absl::InvalidArgumentError(absl::StrCat(request.file_name(),
                                                   ":1:1: the file is larger than ",
                                                   ProgramDesk::kMaxSourceBytes / 1024, " KiB"));
  }
  return absl::OkStatus();
}

std::string FileNameFor(const ProgramKey& key, const std::string& given) {
  if (!given.empty()) return given;
  if (!key.name.empty()) return key.name;
  return key.language == v1::RULE_LANGUAGE_JSMAIL_REJECT ? "reject" : NameOfLanguage(key.language);
}

v1::RuleProgram MakeProgram(const ProgramKey& key, const v1::ImportRulesRequest& request) {
  v1::RuleProgram program;
  program.set_scope(key.scope);
  program.set_language(key.language);
  program.set_name(key.name);
  program.set_file_name(FileNameFor(key, request.file_name()));
  program.set_source(request.source());
  program.set_imported_unix(absl::ToUnixSeconds(absl::Now()));
  return program;
}

bool Includes(const CompiledSource& compiled, const ProgramKey& key) {
  if (compiled.program == nullptr) return false;
  for (const Unit& unit : compiled.program->program().units) {
    if (unit.personal && unit.name == key.name) return true;
  }
  return false;
}

// Personal rules are stored in a form that nobody reads.
std::string AsSieve(const std::string& stored) {
  const auto rules = personal::ReadStored(stored);
  return rules.ok() ? personal::SieveOf(*rules) : std::string();
}

ScriptsPtr With(const ScriptsPtr& scripts, const v1::RuleProgram& candidate) {
  Scripts all = scripts == nullptr ? Scripts() : *scripts;
  all[candidate.name()] = candidate.source();
  return std::make_shared<const Scripts>(std::move(all));
}

}  // namespace

net::Task<absl::Status> ProgramDesk::Import(const v1::ImportRulesRequest& request,
                                            v1::ImportRulesResponse& response) {
  auto key = ReadProgramKey(request.scope(), request.language(), request.name());
  if (!key.ok()) co_return key.status();
  if (absl::Status s = CheckImport(request); !s.ok()) co_return s;
  // What a script includes has to be known.
  if (!stored_.loaded()) co_return NotLoaded();
  if (request.source().empty()) {
    if (request.dry_run()) co_return absl::OkStatus();
    co_return co_await TakeAway(*key, true);
  }
  v1::RuleProgram program = MakeProgram(*key, request);
  if (absl::Status s = co_await Try(program, response); !s.ok()) co_return s;
  if (programs_.GivesWay(*key))
    response.add_warnings(absl::StrCat(program.file_name(),
                                       ":1:1: this is not in force while there is a file of its "
                                       "kind in the folder of --jsmail-dir, which wins"));
  if (request.dry_run()) co_return absl::OkStatus();
  if (absl::Status s = CheckRoom(*key, program.source().size()); !s.ok()) co_return s;
  ProgramChange change;
  change.Put(program);
  if (key->language == v1::RULE_LANGUAGE_SIEVE && !request.keep_inactive()) {
    ActiveScript active{key->name, ""};
    change.Activate(key->scope, active);
  }
  absl::Status stored = co_await stored_.Apply(std::move(change));
  if (stored.ok())
    log::Info("rules imported", {{"scope", key->scope},
                                 {"language", NameOfLanguage(key->language)},
                                 {"rules", response.rules()},
                                 {"hash", response.program_hash()}});
  co_return stored;
}

net::Task<absl::Status> ProgramDesk::Try(v1::RuleProgram& candidate,
                                         v1::ImportRulesResponse& response) {
  const ProgramKey key{candidate.scope(), candidate.language(), candidate.name()};
  std::vector<ProgramSource> sources;
  sources.push_back(programs_.SourceOf(candidate));
  const ActiveScript active = stored_.ActiveOf(key.scope);
  const v1::RuleProgram* in_force = nullptr;
  if (key.language == v1::RULE_LANGUAGE_SIEVE && active.name != key.name)
    in_force = stored_.Find({key.scope, key.language, active.name});
  if (in_force != nullptr) {
    sources.push_back(programs_.SourceOf(*in_force));
    sources.back().personal = With(sources.back().personal, candidate);
  }
  std::vector<CompiledSource> compiled = co_await compiler_.Compile(std::move(sources));
  if (absl::Status wrong = compiled[0].error(); !wrong.ok()) co_return wrong;
  candidate.set_program_hash(compiled[0].hash);
  response.set_rules(compiled[0].rules);
  response.set_program_hash(compiled[0].hash);
  const std::vector<std::string> warnings = compiled[0].warnings();
  response.mutable_warnings()->Assign(warnings.begin(), warnings.end());
  if (runner_ != nullptr) {
    std::vector<std::string> of_runs = co_await RunnerWarnings(compiled[0].program, *runner_);
    for (std::string& warning : of_runs) response.add_warnings(std::move(warning));
  }
  if (in_force == nullptr || compiled[1].error().ok()) co_return absl::OkStatus();
  co_return absl::InvalidArgumentError(
      absl::StrCat(active.name, ", which is in force, could not be used any more with this: ",
                   compiled[1].error().message()));
}

ProgramDesk::Room ProgramDesk::RoomFor(const ProgramKey& key, size_t bytes) const {
  if (bytes > kMaxSourceBytes) return Room::kTooLarge;
  if (IsOperators(key.scope)) return Room::kEnough;
  const auto is_script = [](v1::RuleLanguage language) {
    return language == v1::RULE_LANGUAGE_SIEVE;
  };
  size_t scripts = is_script(key.language), total = bytes;
  for (const v1::RuleProgram* program : stored_.Of(key.scope)) {
    if (program->language() == key.language && program->name() == key.name) continue;
    scripts += is_script(program->language());
    total += program->source().size();
  }
  if (scripts > kMaxScripts) return Room::kTooManyScripts;
  return total > kMaxScopeBytes ? Room::kTooLarge : Room::kEnough;
}

absl::Status ProgramDesk::CheckRoom(const ProgramKey& key, size_t bytes) const {
  switch (RoomFor(key, bytes)) {
    case Room::kEnough:
      return absl::OkStatus();
    case Room::kTooManyScripts:
      return absl::ResourceExhaustedError(
          absl::StrCat("there are ", kMaxScripts, " scripts already; remove one first"));
    case Room::kTooLarge:
      break;
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("all scripts together would be larger than ", kMaxScopeBytes / 1024, " KiB"));
}

absl::Status ProgramDesk::List(const v1::ListRulesRequest& request,
                               v1::ListRulesResponse& response) const {
  if (!stored_.loaded()) return NotLoaded();
  std::string scope;
  if (!request.scope().empty()) {
    auto read = ReadScope(request.scope());
    if (!read.ok()) return read.status();
    scope = *std::move(read);
  }
  size_t sources = 0, listed = 0;
  for (v1::RuleProgram& program : stored_.List(scope)) {
    if (IsEmptyPersonal(program)) continue;
    if (program.language() == v1::RULE_LANGUAGE_PERSONAL && request.with_source())
      program.set_source(AsSieve(program.source()));
    sources += program.source().size();
    if (!request.with_source() || sources > kMaxListedSource) program.clear_source();
    listed += program.ByteSizeLong();
    if (listed > kMaxListed)
      return absl::ResourceExhaustedError("there are too many programs for one list: name a scope");
    *response.add_programs() = std::move(program);
  }
  const bool of_site = scope.empty() || scope == kSiteScope;
  if (of_site && elsewhere_) elsewhere_(request.with_source(), response);
  return absl::OkStatus();
}

net::Task<absl::Status> ProgramDesk::Activate(const v1::ActivateRulesRequest& request) {
  auto scope = ReadScope(request.scope());
  if (!scope.ok()) co_return scope.status();
  ProgramChange change;
  if (!request.name().empty()) {
    auto key = ReadProgramKey(*scope, v1::RULE_LANGUAGE_SIEVE, request.name());
    if (!key.ok()) co_return key.status();
    // One that is included by nobody may be stale since what it includes has changed.
    const v1::RuleProgram* script = stored_.Find(*key);
    if (script != nullptr) {
      std::vector<ProgramSource> sources;
      sources.push_back(programs_.SourceOf(*script));
      std::vector<CompiledSource> compiled = co_await compiler_.Compile(std::move(sources));
      if (absl::Status wrong = compiled[0].error(); !wrong.ok()) co_return wrong;
    }
    change.IfThere(*key);
  }
  ActiveScript active{request.name(), ""};
  change.Activate(*scope, active);
  co_return co_await stored_.Apply(std::move(change));
}

net::Task<absl::Status> ProgramDesk::Rename(const v1::RenameRulesRequest& request) {
  auto from = ReadProgramKey(request.scope(), v1::RULE_LANGUAGE_SIEVE, request.name());
  if (!from.ok()) co_return from.status();
  auto to = ReadProgramKey(request.scope(), v1::RULE_LANGUAGE_SIEVE, request.new_name());
  if (!to.ok()) co_return to.status();
  if (request.new_name().empty()) co_return absl::InvalidArgumentError("new_name: it is empty");
  const v1::RuleProgram* script = stored_.Find(*from);
  if (script == nullptr) co_return absl::NotFoundError("name: there is no such script");
  if (absl::Status s = co_await CheckNotIncluded(*from); !s.ok()) co_return s;
  script = stored_.Find(*from);  // something was awaited
  if (script == nullptr) co_return absl::NotFoundError("name: there is no such script");
  v1::RuleProgram renamed = *script;
  renamed.set_name(to->name);
  if (renamed.file_name() == from->name) renamed.set_file_name(to->name);
  ActiveScript active = stored_.ActiveOf(from->scope);
  ProgramChange change;
  change.IfRevision(*from, stored_.RevisionOf(*from)).IfAbsent(*to);
  change.Remove(*from).Put(renamed);
  if (active.name == from->name) {
    active.name = to->name;
    change.Activate(from->scope, active);
  }
  co_return co_await stored_.Apply(std::move(change));
}

net::Task<absl::Status> ProgramDesk::Remove(const v1::RemoveRulesRequest& request) {
  auto key = ReadProgramKey(request.scope(), request.language(), request.name());
  if (!key.ok()) co_return key.status();
  co_return co_await TakeAway(*std::move(key), false);
}

net::Task<absl::Status> ProgramDesk::TakeAway(ProgramKey key, bool even_in_force) {
  if (absl::Status s = co_await CheckNotIncluded(key); !s.ok()) co_return s;
  ProgramChange change;
  if (!even_in_force) change.IfThere(key);
  const bool script = key.language == v1::RULE_LANGUAGE_SIEVE;
  if (script && !even_in_force) change.IfInactive(key);
  change.Remove(key);
  if (script && even_in_force && stored_.ActiveOf(key.scope).name == key.name) {
    ActiveScript none;
    change.Activate(key.scope, none);
  }
  absl::Status removed = co_await stored_.Apply(std::move(change));
  if (removed.ok())
    log::Info(
        "rules removed",
        {{"scope", key.scope}, {"language", NameOfLanguage(key.language)}, {"name", key.name}});
  co_return removed;
}

net::Task<absl::Status> ProgramDesk::CheckNotIncluded(ProgramKey key) {
  const ActiveScript active = stored_.ActiveOf(key.scope);
  if (key.language != v1::RULE_LANGUAGE_SIEVE || active.name == key.name)
    co_return absl::OkStatus();
  const v1::RuleProgram* in_force = stored_.Find({key.scope, key.language, active.name});
  if (in_force == nullptr) co_return absl::OkStatus();
  std::vector<ProgramSource> sources;
  sources.push_back(programs_.SourceOf(*in_force));
  std::vector<CompiledSource> compiled = co_await compiler_.Compile(std::move(sources));
  if (!Includes(compiled[0], key)) co_return absl::OkStatus();
  co_return absl::FailedPreconditionError(
      absl::StrCat("name: ", active.name, ", which is in force, includes it"));
}

}  // namespace postern::rules
