#include "services/xmpp-edge/rule_store.h"

#include <chrono>
#include <utility>

#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/rule_commands.h"

namespace postern::xmpp_edge {
namespace {

using Async = rules::v1::RulesService::StubInterface::async_interface;

constexpr std::chrono::seconds kPatience{10};
constexpr int kMostTries = 5;

}  // namespace

net::Task<absl::StatusOr<RuleStore::Stored>> RuleStore::Get(std::string user) {
  rules::v1::GetPersonalRulesRequest request;
  request.set_user(std::move(user));
  auto answer = co_await rpc::Call(context_.rules.async(), &Async::GetPersonalRules,
                                   std::move(request), kPatience);
  if (!answer.ok()) co_return answer.status();
  Stored stored;
  stored.rules.assign(answer->rules().begin(), answer->rules().end());
  stored.revision = answer->revision();
  stored.sieve = answer->sieve();
  co_return stored;
}

net::Task<absl::StatusOr<Rules>> RuleStore::Apply(std::string user, Change change) {
  // Nothing is kept for strangers, nor for who has just gone.
  if (!context_.directory.Has(user)) {
    co_return words::Error(absl::StatusCode::kFailedPrecondition,
                           words::Word("You have no account here yet. Register one first."));
  }
  absl::Status trouble;
  for (int i = 0; i < kMostTries; ++i) {
    auto stored = co_await Get(user);
    if (!stored.ok()) co_return stored.status();
    if (absl::Status s = change(stored->rules); !s.ok()) co_return s;
    rules::v1::SetPersonalRulesRequest request;
    request.set_user(user);
    request.set_revision(stored->revision);
    request.mutable_rules()->Assign(stored->rules.begin(), stored->rules.end());
    auto answer = co_await rpc::Call(context_.rules.async(), &Async::SetPersonalRules,
                                     std::move(request), kPatience);
    if (answer.ok()) {
      log::Info("personal rules changed", {{"user", user}, {"rules", answer->rules_size()}});
      co_return Rules(answer->rules().begin(), answer->rules().end());
    }
    trouble = answer.status();
    if (!absl::IsAborted(trouble)) break;
  }
  co_return trouble;
}

net::Task<absl::StatusOr<std::string>> RuleStore::SieveAfter(std::string user, Change change) {
  auto stored = co_await Get(user);
  if (!stored.ok()) co_return stored.status();
  if (absl::Status s = change(stored->rules); !s.ok()) co_return s;
  rules::v1::SetPersonalRulesRequest request;
  request.set_user(std::move(user));
  request.set_dry_run(true);
  request.mutable_rules()->Assign(stored->rules.begin(), stored->rules.end());
  auto answer = co_await rpc::Call(context_.rules.async(), &Async::SetPersonalRules,
                                   std::move(request), kPatience);
  if (!answer.ok()) co_return answer.status();
  co_return std::move(*answer->mutable_sieve());
}

net::Task<absl::StatusOr<std::vector<std::string>>> RuleStore::ListOf(std::string user,
                                                                      std::string name) {
  rules::v1::ShowListsRequest request;
  request.set_user(std::move(user));
  auto answer =
      co_await rpc::Call(context_.rules.async(), &Async::ShowLists, std::move(request), kPatience);
  if (!answer.ok()) co_return answer.status();
  for (const auto& list : answer->lists()) {
    if (list.name() != name) continue;
    co_return std::vector<std::string>(list.addresses().begin(), list.addresses().end());
  }
  co_return std::vector<std::string>();
}

std::string RuleProblem(const absl::Status& why, const Words& words) {
  const auto wording = words::WordingOf(why);
  return wording ? texts::RulesNotStored(words, words.Say(*wording)) : texts::CommandNotNow(words);
}

}  // namespace postern::xmpp_edge
