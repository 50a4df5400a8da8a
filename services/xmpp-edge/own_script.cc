#include "services/xmpp-edge/own_script.h"

#include <chrono>
#include <utility>

#include "lib/mail/utf8.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/texts/rule_export.h"

namespace postern::xmpp_edge {
namespace {

using Async = rules::v1::RulesService::StubInterface::async_interface;
using rules::v1::RuleProgram;

constexpr std::chrono::seconds kPatience{10};

// One without a scope: there is none.
net::Task<RuleProgram> ChosenScript(FeatureContext context, std::string user) {
  rules::v1::ListRulesRequest request;
  request.set_scope(user);
  auto listed =
      co_await rpc::Call(context.rules.async(), &Async::ListRules, std::move(request), kPatience);
  if (!listed.ok()) co_return RuleProgram();
  for (const RuleProgram& program : listed->programs()) {
    const bool script =
        program.language() == rules::v1::RULE_LANGUAGE_SIEVE && program.scope() == user;
    if (script && (program.active() || program.suspended())) co_return program;
  }
  co_return RuleProgram();
}

std::string LineOf(const RuleProgram& script, const Words& words) {
  // Its name, or that of the file where it was imported without one.
  const std::string name = mail::CleanLine(script.file_name());
  return script.suspended() ? texts::ScriptRests(words, name) : texts::ScriptDecides(words, name);
}

}  // namespace

net::Task<std::string> OwnScriptLine(FeatureContext context, std::string user, const Words& words) {
  const RuleProgram script = co_await ChosenScript(context, std::move(user));
  co_return script.scope().empty() ? std::string() : LineOf(script, words);
}

net::Task<std::string> RestingScriptLine(FeatureContext context, std::string user,
                                         const Words& words) {
  const RuleProgram script = co_await ChosenScript(context, std::move(user));
  co_return script.suspended() ? LineOf(script, words) : std::string();
}

}  // namespace postern::xmpp_edge
