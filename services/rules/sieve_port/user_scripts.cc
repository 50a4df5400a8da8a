#include "services/rules/sieve_port/user_scripts.h"

#include <utility>

#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"

namespace postern::rules {
namespace {

using managesieve::ListedScript;

constexpr size_t kMostFileName = 255;  // bytes; a script's name may have more
constexpr char kChecked[] = "script";  // what a script without a name is called in its errors

ProgramKey KeyOf(const std::string& user, const std::string& name) {
  return {user, v1::RULE_LANGUAGE_SIEVE, name};
}

// The desk names the field of a request: there is none here.
absl::Status ForClient(const absl::Status& status) {
  return absl::Status(status.code(), absl::StripPrefix(status.message(), "name: "));
}

}  // namespace

net::Task<absl::StatusOr<crypto::ScramVerifier>> UserScripts::VerifierOf(std::string user) {
  if (!stored_.loaded())
    co_return absl::UnavailableError("rules: the programs are not yet read from Redis");
  if (absl::Status s = co_await stored_.Refresh(); !s.ok()) co_return s;
  co_return co_await passwords_.VerifierOf(std::move(user));
}

std::vector<ListedScript> UserScripts::List(const std::string& user) const {
  std::vector<ListedScript> listed;
  const ActiveScript active = stored_.ActiveOf(user);
  for (const v1::RuleProgram* program : stored_.Of(user)) {
    if (program->language() != v1::RULE_LANGUAGE_SIEVE) continue;
    ListedScript& script = listed.emplace_back();
    script.name = program->name();
    script.active = active.name == script.name;
    script.suspended =
        script.active && !active.suspended.empty() && active.suspended == program->program_hash();
  }
  return listed;
}

absl::StatusOr<std::string> UserScripts::Get(const std::string& user,
                                             const std::string& name) const {
  const v1::RuleProgram* const found = stored_.Find(KeyOf(user, name));
  if (found == nullptr) return absl::NotFoundError("there is no such script");
  return found->source();
}

managesieve::Room UserScripts::RoomFor(const std::string& user, const std::string& name,
                                       size_t bytes) const {
  switch (desk_.RoomFor(KeyOf(user, name), bytes)) {
    case ProgramDesk::Room::kEnough:
      return managesieve::Room::kEnough;
    case ProgramDesk::Room::kTooManyScripts:
      return managesieve::Room::kTooManyScripts;
    case ProgramDesk::Room::kTooLarge:
      break;
  }
  return managesieve::Room::kTooLarge;
}

net::Task<absl::StatusOr<std::vector<std::string>>> UserScripts::Put(std::string user,
                                                                     std::string name,
                                                                     std::string source) {
  v1::ImportRulesRequest request;
  request.set_language(v1::RULE_LANGUAGE_SIEVE);
  request.set_keep_inactive(true);
  request.set_dry_run(name.empty());
  request.set_file_name(name.empty() ? kChecked : std::string(mail::CutUtf8(name, kMostFileName)));
  // Under the name of the active one nothing else is checked with it.
  request.set_name(name.empty() ? stored_.ActiveOf(user).name : std::move(name));
  request.set_source(std::move(source));
  request.set_scope(std::move(user));
  v1::ImportRulesResponse response;
  const absl::Status imported = co_await desk_.Import(request, response);
  if (!imported.ok()) co_return ForClient(imported);
  co_return std::vector<std::string>(response.warnings().begin(), response.warnings().end());
}

net::Task<absl::Status> UserScripts::Activate(std::string user, std::string name) {
  v1::ActivateRulesRequest request;
  request.set_scope(std::move(user));
  request.set_name(std::move(name));
  const absl::Status done = co_await desk_.Activate(request);
  co_return ForClient(done);
}

net::Task<absl::Status> UserScripts::Rename(std::string user, std::string name,
                                            std::string new_name) {
  v1::RenameRulesRequest request;
  request.set_scope(std::move(user));
  request.set_name(std::move(name));
  request.set_new_name(std::move(new_name));
  const absl::Status done = co_await desk_.Rename(request);
  co_return ForClient(done);
}

net::Task<absl::Status> UserScripts::Remove(std::string user, std::string name) {
  v1::RemoveRulesRequest request;
  request.set_scope(std::move(user));
  request.set_language(v1::RULE_LANGUAGE_SIEVE);
  request.set_name(std::move(name));
  const absl::Status done = co_await desk_.Remove(request);
  co_return ForClient(done);
}

}  // namespace postern::rules
