#include "services/xmpp-edge/why.h"

#include <chrono>
#include <ctime>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/decision_text.h"
#include "services/xmpp-edge/own_script.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/why.h"
#include "services/xmpp-edge/user_zone.h"

namespace postern::xmpp_edge {
namespace {

using Async = rules::v1::RulesService::StubInterface::async_interface;
using rules::v1::Decision;

constexpr std::chrono::seconds kPatience{10};
constexpr uint32_t kMostOfOneMail = 5;  // it may have been judged again

bool Mentions(const Decision& decision, const std::string& word) {
  const std::string low = absl::AsciiStrToLower(word);
  return absl::StrContains(absl::AsciiStrToLower(decision.subject()), low) ||
         absl::StrContains(absl::AsciiStrToLower(decision.from()), low);
}

}  // namespace

net::Task<absl::StatusOr<std::vector<Decision>>> Why::DecisionsOf(std::string user,
                                                                  std::string message_id) {
  rules::v1::ListDecisionsRequest request;
  request.set_user(std::move(user));
  request.set_limit(message_id.empty() ? kMostRead : kMostOfOneMail);
  request.set_mail_id(std::move(message_id));
  auto answer = co_await rpc::Call(context_.rules.async(), &Async::ListDecisions,
                                   std::move(request), kPatience);
  if (!answer.ok()) co_return answer.status();
  co_return std::vector<Decision>(answer->decisions().begin(), answer->decisions().end());
}

net::Task<Rules> Why::RulesOf(std::string user) {
  auto stored = co_await store_.Get(std::move(user));
  if (!stored.ok()) co_return Rules();
  co_return std::move(stored->rules);
}

std::string Why::LineOf(const Decision& decision, const Rules& rules, const Words& words) const {
  const absl::TimeZone zone = ZoneOf(context_.directory, decision.user(), decision.account_id());
  return DecisionLine(decision, rules, zone, words);
}

// A script that rests has nothing to do with any mail: that may be why.
net::Task<std::string> Why::NoRuleText(std::string user, const Words& words) {
  const std::string resting = co_await RestingScriptLine(context_, std::move(user), words);
  const std::string text = texts::NoRuleDecided(words);
  co_return resting.empty() ? text : absl::StrCat(text, "\n", resting);
}

net::Task<std::string> Why::Tell(MailQuestion question, const Words& words) {
  const std::string user = question.user;
  auto mail = co_await FindMeantMail(context_, std::move(question), words);
  if (absl::IsInvalidArgument(mail.status())) co_return std::string(mail.status().message());
  if (!mail.ok()) co_return texts::CommandNotNow(words);
  // One without an id can't be told from others; any other id would tell of all mails.
  if (mail->message_id.empty()) co_return texts::NoRuleDecided(words);
  auto decisions = co_await DecisionsOf(user, mail->message_id);
  if (!decisions.ok()) co_return texts::CommandNotNow(words);
  if (decisions->empty()) co_return co_await NoRuleText(user, words);
  const Rules rules = co_await RulesOf(user);
  std::vector<std::string> lines{texts::RulesDecided(words)};
  for (const Decision& decision : *decisions) lines.push_back(LineOf(decision, rules, words));
  co_return absl::StrJoin(lines, "\n");
}

net::Task<std::string> Why::TellKeptBack(std::string user, std::string word, const Words& words) {
  auto decisions = co_await DecisionsOf(user, "");
  if (!decisions.ok()) co_return texts::CommandNotNow(words);
  const Rules rules = co_await RulesOf(user);
  std::vector<std::string> lines{texts::KeptBack(words)};
  for (const Decision& decision : *decisions) {
    if (!WasKeptBack(decision, std::time(nullptr)) || !Mentions(decision, word)) continue;
    if (lines.size() > kMostTold) {
      lines.push_back(texts::MoreKeptBack(words));
      break;
    }
    lines.push_back(LineOf(decision, rules, words));
  }
  if (lines.size() == 1) co_return texts::NothingKeptBack(words);
  co_return absl::StrJoin(lines, "\n");
}

}  // namespace postern::xmpp_edge
