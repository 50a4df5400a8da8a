#include "services/fetcher/effects/judging.h"

#include <chrono>
#include <ctime>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/rpc/unary.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::milliseconds kDeadline{10'000};
constexpr int kMostRounds = 4;  // facts may lead to other facts
constexpr int64_t kGoodFor = 10;
constexpr size_t kMostScopes = 20'000;

using RulesAsync = rules::v1::RulesService::StubInterface::async_interface;

bool AsksForMore(const rules::v1::EvaluateResponse& said) {
  return said.wants_message() || said.missing_facts_size() > 0;
}

}  // namespace

rules::v1::EvaluateRequest Judging::RequestFor(
    const Question& question, const JudgedMail& mail,
    const std::map<std::string, std::string>& facts) const {
  const Account& account = question.account;
  rules::v1::EvaluateRequest request;
  request.set_mail_id(mail.mail.delivery_id);
  request.set_user(account.owner);
  request.set_account_id(account.id);
  request.set_direction(rules::v1::DIRECTION_INCOMING);
  *request.mutable_mail() = mail.mail.mail;
  if (!mail.mail.raw.empty()) {
    request.set_message(mail.mail.raw);
    request.mutable_mail()->clear_text();
  }
  request.set_account_name(account.name);
  request.set_mailbox(question.mailbox);
  for (const std::string& flag : mail.flags) request.add_flags(flag);
  request.set_time_zone(account.time_zone);
  request.set_dry_run(question.dry_run);
  request.set_try_script(question.try_script);
  request.set_mail_ref(mail.mail.mail_ref);
  for (const auto& [key, value] : facts) (*request.mutable_facts())[key] = value;
  if (!sources_) {
    // IMAP does not tell an account's addresses; most logins are one.
    if (absl::StrContains(account.login, '@')) request.add_recipients(account.login);
    return request;
  }
  for (std::string& address : sources_->book.AddressesFor(account)) {
    request.add_recipients(std::move(address));
  }
  request.set_presence(PresenceWord(sources_->availability.Of(account.owner)));
  return request;
}

net::Task<absl::Status> Judging::AskSome(
    const Question& question, std::vector<JudgedMail>& mails, Indices some,
    const std::vector<std::map<std::string, std::string>>& facts) {
  rules::v1::EvaluateMailsRequest request;
  for (const size_t at : some) {
    *request.add_requests() = RequestFor(question, mails[at], facts[at]);
  }
  auto answer =
      co_await rpc::Call(rules_.async(), &RulesAsync::EvaluateMails, std::move(request), kDeadline);
  if (!answer.ok()) co_return answer.status();
  if (answer->responses_size() != static_cast<int>(some.size())) {
    co_return absl::InternalError("rules did not answer for each mail");
  }
  for (size_t i = 0; i < some.size(); ++i) {
    mails[some[i]].said = std::move(*answer->mutable_responses(static_cast<int>(i)));
  }
  co_return absl::OkStatus();
}

// In calls that are not too large.
net::Task<absl::Status> Judging::Ask(const Question& question, std::vector<JudgedMail>& mails,
                                     Indices some,
                                     std::vector<std::map<std::string, std::string>>& facts) {
  Indices next;
  size_t bytes = 0;
  for (const size_t at : some) {
    const size_t weight = mails[at].mail.mail.ByteSizeLong() + mails[at].mail.raw.size();
    if (!next.empty() && (bytes + weight > kMaxBytes || next.size() == kMost)) {
      Indices full = std::exchange(next, Indices());
      absl::Status asked = co_await AskSome(question, mails, std::move(full), facts);
      if (!asked.ok()) co_return asked;
      bytes = 0;
    }
    next.push_back(at);
    bytes += weight;
  }
  if (next.empty()) co_return absl::OkStatus();
  co_return co_await AskSome(question, mails, std::move(next), facts);
}

// Gets what the answer missed.
net::Task<absl::Status> Judging::Complete(Question& question, std::vector<JudgedMail>& mails,
                                          size_t at, std::map<std::string, std::string>& facts) {
  JudgedMail& mail = mails[at];
  if (mail.said.wants_message() && mail.mail.raw.empty()) {
    question.wants_raw = true;
    absl::StatusOr<std::optional<std::string>> raw = std::nullopt;
    if (question.read) raw = co_await question.read(mail, kMaxRaw);
    if (!raw.ok()) co_return raw.status();
    // Gone, or nobody can get it: the rules have to do with an empty mail rather than ask for ever.
    mail.mail.raw = raw->value_or("\r\n");
    if (mail.mail.raw.empty()) mail.mail.raw = "\r\n";
  }
  if (mail.said.missing_facts_size() == 0) co_return absl::OkStatus();
  std::vector<std::string> keys(mail.said.missing_facts().begin(), mail.said.missing_facts().end());
  std::shared_ptr<const Account> account;
  if (sources_) account = sources_->accounts.Find(question.account.id);
  if (!account) {
    for (const std::string& key : keys) facts[key] = "";
    co_return absl::OkStatus();
  }
  auto found = co_await sources_->facts.Find(account, std::move(keys));
  if (!found.ok()) co_return found.status();
  for (auto& [key, value] : *found) facts[key] = std::move(value);
  co_return absl::OkStatus();
}

net::Task<absl::Status> Judging::Judge(Question& question, std::vector<JudgedMail>& mails) {
  std::vector<std::map<std::string, std::string>> facts(mails.size());
  Indices open(mails.size());
  for (size_t i = 0; i < open.size(); ++i) open[i] = i;
  for (int round = 0; !open.empty(); ++round) {
    if (round == kMostRounds) co_return absl::InternalError("rules ask without end");
    absl::Status asked = co_await Ask(question, mails, open, facts);
    if (!asked.ok()) co_return asked;
    Indices again;
    for (const size_t at : open) {
      if (!AsksForMore(mails[at].said)) continue;
      absl::Status completed = co_await Complete(question, mails, at, facts[at]);
      if (!completed.ok()) co_return completed;
      again.push_back(at);
    }
    open = std::move(again);
  }
  for (JudgedMail& mail : mails) {
    const rules::v1::Verdict verdict = mail.said.verdict();
    if (verdict != rules::v1::VERDICT_KEEP && verdict != rules::v1::VERDICT_REJECT) {
      co_return absl::InternalError("rules gave no verdict");
    }
    mail.plan = PlanOf(mail.said, question.mailbox.empty() ? "INBOX" : question.mailbox);
  }
  co_return absl::OkStatus();
}

net::Task<bool> Judging::AnyOf(std::string scope) {
  const int64_t now = std::time(nullptr);
  if (known_.size() > kMostScopes) known_.clear();
  const auto known = known_.find(scope);
  if (known != known_.end() && now - known->second.at_unix < kGoodFor) {
    co_return known->second.any;
  }
  rules::v1::ListRulesRequest request;
  request.set_scope(scope);
  auto answer =
      co_await rpc::Call(rules_.async(), &RulesAsync::ListRules, std::move(request), kDeadline);
  if (!answer.ok()) co_return !absl::IsUnimplemented(answer.status());
  bool any = false;
  for (const rules::v1::RuleProgram& program : answer->programs()) {
    const bool judges_mail = program.language() != rules::v1::RULE_LANGUAGE_JSMAIL_ALLOW_DENY &&
                             program.language() != rules::v1::RULE_LANGUAGE_JSMAIL_FINGER;
    any = any || (program.active() && judges_mail && program.scope() == scope);
  }
  known_[scope] = {any, now};
  co_return any;
}

net::Task<bool> Judging::Any(std::string user) {
  const std::string domain = user.substr(user.rfind('@') + 1);
  std::vector<std::string> scopes = {std::move(user), "site", "site-after",
                                     absl::StrCat("domain:", domain)};
  for (std::string& scope : scopes) {
    const bool any = co_await AnyOf(std::move(scope));
    if (any) co_return true;
  }
  co_return false;
}

net::Task<absl::Status> Judging::Commit(const Account& account, std::vector<JudgedMail>& mails) {
  for (JudgedMail& mail : mails) {
    if (mail.said.marks().empty()) continue;
    rules::v1::CommitEvaluationRequest request;
    request.set_user(account.owner);
    request.set_mail_id(mail.mail.delivery_id);
    *request.mutable_marks() = mail.said.marks();
    auto answer = co_await rpc::Call(rules_.async(), &RulesAsync::CommitEvaluation,
                                     std::move(request), kDeadline);
    if (!answer.ok()) co_return answer.status();
  }
  co_return absl::OkStatus();
}

}  // namespace postern::fetcher
