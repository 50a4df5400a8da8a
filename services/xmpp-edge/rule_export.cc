#include "services/xmpp-edge/rule_export.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/secret_box.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/rule_text.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/rule_commands.h"
#include "services/xmpp-edge/texts/rule_export.h"

namespace postern::xmpp_edge {
namespace {

using Async = rules::v1::RulesService::StubInterface::async_interface;

constexpr std::chrono::seconds kPatience{10};
constexpr size_t kMostBytes = 512 * 1024;  // of all that is sent at once

}  // namespace

std::string RulesText(const Rules& rules, size_t most, const Words& words) {
  std::vector<std::string> lines{texts::YourRules(words)};
  for (size_t i = 0; i < rules.size(); ++i) {
    if (most > 0 && i == most) {
      lines.push_back(texts::MoreRules(words, rules.size() - most));
      break;
    }
    lines.push_back(texts::RuleLine(words, i + 1, RuleText(rules[i], words)));
  }
  return absl::StrJoin(lines, "\n");
}

net::Task<std::string> RuleExport::Sieve(std::string user, const Words& words) {
  auto stored = co_await store_.Get(std::move(user));
  if (!stored.ok()) co_return RuleProblem(stored.status(), words);
  if (stored->rules.empty()) co_return texts::NoRules(words);
  co_return absl::StrCat(texts::RulesAsSieve(words), "\n\n", stored->sieve);
}

net::Task<std::string> RuleExport::All(std::string user, const Words& words) {
  auto stored = co_await store_.Get(user);
  if (!stored.ok()) co_return RuleProblem(stored.status(), words);
  rules::v1::ListRulesRequest request;
  request.set_scope(user);
  request.set_with_source(true);
  auto listed =
      co_await rpc::Call(context_.rules.async(), &Async::ListRules, std::move(request), kPatience);
  if (!listed.ok()) co_return RuleProblem(listed.status(), words);
  std::vector<std::string> parts;
  if (!stored->rules.empty()) {
    parts.push_back(RulesText(stored->rules, 0, words));
    parts.push_back(texts::RulesAsSieve(words));
    parts.push_back(stored->sieve);
  }
  size_t bytes = 0;
  for (const rules::v1::RuleProgram& program : listed->programs()) {
    const bool script =
        program.language() == rules::v1::RULE_LANGUAGE_SIEVE && program.scope() == user;
    bytes += program.source().size();
    if (!script || bytes > kMostBytes) continue;
    if (program.suspended()) parts.push_back(texts::ScriptRests(words, program.file_name()));
    parts.push_back(program.active() ? texts::ScriptInForce(words, program.name())
                                     : texts::ScriptNotInForce(words, program.name()));
    parts.push_back(program.source());
  }
  co_return parts.empty() ? texts::NoRules(words) : absl::StrJoin(parts, "\n\n");
}

net::Task<std::string> RuleExport::MakePassword(std::string user, const Words& words) {
  if (context_.managesieve.empty()) co_return texts::NoManageSieve(words);
  if (!context_.directory.Has(user)) co_return texts::RegisterFirst(words);
  rules::v1::CreateScriptPasswordRequest request;
  request.set_user(user);
  auto made = co_await rpc::Call(context_.rules.async(), &Async::CreateScriptPassword,
                                 std::move(request), kPatience);
  if (!made.ok()) co_return RuleProblem(made.status(), words);
  const size_t colon = context_.managesieve.rfind(':');
  std::string text =
      texts::SievePassword(words, context_.managesieve.substr(0, colon),
                           context_.managesieve.substr(colon + 1), user, made->password());
  crypto::Wipe(*made->mutable_password());
  co_return text;
}

net::Task<std::string> RuleExport::EndPassword(std::string user, const Words& words) {
  rules::v1::RevokeScriptPasswordRequest request;
  request.set_user(std::move(user));
  auto done = co_await rpc::Call(context_.rules.async(), &Async::RevokeScriptPassword,
                                 std::move(request), kPatience);
  co_return done.ok() ? texts::SievePasswordVoid(words) : RuleProblem(done.status(), words);
}

}  // namespace postern::xmpp_edge
