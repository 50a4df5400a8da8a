#include "services/rules/personal/personal_desk.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"
#include "services/rules/personal/check_rules.h"
#include "services/rules/personal/complaint.h"
#include "services/rules/personal/personal_rules.h"

namespace postern::rules::personal {
namespace {

// Who read that there are none can be told that there are some by now.
constexpr char kNone[] = "0";

absl::Status NotLoaded() {
  return absl::UnavailableError("rules: the programs are not yet read from Redis");
}

absl::Status Changed() {
  return words::Error(absl::StatusCode::kAborted,
                      words::Word("your rules have changed meanwhile; look at them again"));
}

absl::Status TooLong() {
  return words::Error(absl::StatusCode::kResourceExhausted,
                      words::Word("all rules together are too long; shorten or remove some"));
}

ProgramKey KeyOf(const std::string& user) { return {user, v1::RULE_LANGUAGE_PERSONAL, ""}; }

std::string RevisionOf(const StoredPrograms& stored, const std::string& user) {
  const std::string revision = stored.RevisionOf(KeyOf(user));
  return revision.empty() ? kNone : revision;
}

v1::RuleProgram ProgramOf(const std::string& user, const v1::PersonalRules& rules) {
  v1::RuleProgram program;
  program.set_scope(user);
  program.set_language(v1::RULE_LANGUAGE_PERSONAL);
  program.set_file_name(kFileName);
  program.set_source(WriteStored(rules));
  program.set_imported_unix(absl::ToUnixSeconds(absl::Now()));
  return program;
}

}  // namespace

net::Task<absl::Status> PersonalDesk::Get(const v1::GetPersonalRulesRequest& request,
                                          v1::GetPersonalRulesResponse& response) {
  auto user = ReadUser(request.user());
  if (!user.ok()) co_return user.status();
  if (!stored_.loaded()) co_return NotLoaded();
  // What another replica has just stored; without Redis, what is known.
  (void)co_await stored_.Refresh();
  response.set_revision(RevisionOf(stored_, *user));
  const v1::RuleProgram* program = stored_.Find(KeyOf(*user));
  if (program == nullptr) co_return absl::OkStatus();
  auto rules = ReadStored(program->source());
  if (!rules.ok()) co_return rules.status();
  response.set_sieve(SieveOf(*rules));
  *response.mutable_rules() = std::move(*rules->mutable_rules());
  co_return absl::OkStatus();
}

net::Task<absl::Status> PersonalDesk::Set(const v1::SetPersonalRulesRequest& request,
                                          v1::SetPersonalRulesResponse& response) {
  auto user = ReadUser(request.user());
  if (!user.ok()) co_return user.status();
  if (!stored_.loaded()) co_return NotLoaded();
  (void)co_await stored_.Refresh();
  v1::PersonalRules rules;
  if (const v1::RuleProgram* before = stored_.Find(KeyOf(*user))) {
    // An id that was given once means the rule that had it, for as long as there are any.
    if (auto old = ReadStored(before->source()); old.ok()) rules.set_next_id(old->next_id());
  }
  *rules.mutable_rules() = request.rules();
  if (absl::Status s = CheckRules(rules, *user); !s.ok()) co_return s;
  const bool any = !rules.rules().empty();
  v1::RuleProgram program = ProgramOf(*user, rules);
  response.set_sieve(SieveOf(rules));
  if (program.source().size() > kMaxScriptBytes || response.sieve().size() > kMaxScriptBytes)
    co_return TooLong();
  if (any) {
    if (absl::Status s = co_await Try(program); !s.ok()) co_return s;
  }
  *response.mutable_rules() = std::move(*rules.mutable_rules());
  absl::Status stored = co_await Store(request, std::move(program), any);
  if (absl::IsAborted(stored)) co_return Changed();
  response.set_revision(RevisionOf(stored_, *user));
  co_return stored;
}

net::Task<absl::Status> PersonalDesk::Try(v1::RuleProgram& program) {
  std::vector<ProgramSource> sources;
  sources.push_back(programs_.SourceOf(program));
  std::vector<CompiledSource> compiled = co_await compiler_.Compile(std::move(sources));
  program.set_program_hash(compiled.front().hash);
  for (const Problem& problem : compiled.front().problems) {
    if (problem.warning) continue;
    co_return words::Error(absl::StatusCode::kInvalidArgument,
                           words::Word("the rule can't be used: $0", problem.text),
                           absl::StrCat("rule:r", problem.at.line));
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> PersonalDesk::Store(const v1::SetPersonalRulesRequest& request,
                                            v1::RuleProgram program, bool any) {
  const ProgramKey key = KeyOf(program.scope());
  const std::string& wanted = request.revision();
  if (request.dry_run()) {
    const bool changed = !wanted.empty() && wanted != RevisionOf(stored_, key.scope);
    co_return changed ? absl::AbortedError("changed") : absl::OkStatus();
  }
  if (absl::Status s = desk_.CheckRoom(key, program.source().size()); !s.ok()) co_return s;
  ProgramChange change;
  if (!wanted.empty()) change.IfRevision(key, wanted == kNone ? "" : wanted);
  // None are stored, too: the record of decisions knows rules by ids, which none has again.
  if (any || stored_.Find(key) != nullptr) change.Put(program);
  absl::Status stored = co_await stored_.Apply(std::move(change));
  if (stored.ok())
    log::Info("personal rules stored", {{"scope", key.scope}, {"rules", request.rules_size()}});
  co_return stored;
}

}  // namespace postern::rules::personal
