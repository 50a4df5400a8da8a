#include "services/fetcher/effects/judging.h"

#include <chrono>
#include <ctime>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::milliseconds kDeadline{10'000};
// With bytes of mails in the call, an operator's programs may run on them.
constexpr std::chrono::milliseconds kPatientDeadline{100'000};
constexpr int kMostRounds = 20;     // facts may lead to other facts
constexpr size_t kMostFacts = 800;  // of a mail; the rules take a thousand
// Before a mail that they refuse is kept without them: about a minute and a half.
constexpr int kMostRefusals = 8;
constexpr size_t kMostRefused = 1000;
constexpr int64_t kGoodFor = 10;
constexpr size_t kMostScopes = 20'000;

using RulesAsync = rules::v1::RulesService::StubInterface::async_interface;

bool AsksForMore(const rules::v1::EvaluateResponse& said) {
  return said.wants_message() || said.missing_facts_size() > 0;
}

bool WaitsForAnother(const rules::v1::EvaluateResponse& said) {
  return absl::c_any_of(said.missing_facts(),
                        [](const std::string& key) { return absl::StartsWith(key, "committed:"); });
}

// The same the next time: the call, or its answer, is the trouble.
bool IsForGood(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status) ||
         absl::IsInternal(status) || absl::IsDataLoss(status);
}

// It must not wait, and all behind it, for rules that never come to an end with it.
void KeepUnjudged(const words::Wording& why, JudgedMail& mail) {
  mail.said.Clear();
  mail.said.set_verdict(rules::v1::VERDICT_KEEP);
  *mail.said.add_errors() = rpc::ToProto(why);
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
  request.set_try_personal(question.try_personal);
  request.set_no_answers(question.no_answers);
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
  bool with_bytes = false;
  for (const size_t at : some) {
    *request.add_requests() = RequestFor(question, mails[at], facts[at]);
    with_bytes = with_bytes || !mails[at].mail.raw.empty();
  }
  const auto limit = with_bytes ? kPatientDeadline : kDeadline;
  auto answer =
      co_await rpc::Call(rules_.async(), &RulesAsync::EvaluateMails, std::move(request), limit);
  if (!answer.ok() && IsForGood(answer.status())) {
    co_return co_await AskApart(question, mails, std::move(some), facts, answer.status());
  }
  if (!answer.ok()) co_return answer.status();
  if (answer->responses_size() != static_cast<int>(some.size())) {
    co_return absl::InternalError("rules did not answer for each mail");
  }
  for (size_t i = 0; i < some.size(); ++i) {
    mails[some[i]].said = std::move(*answer->mutable_responses(static_cast<int>(i)));
  }
  co_return absl::OkStatus();
}

// One mail must not be the others' trouble.
net::Task<absl::Status> Judging::AskApart(
    const Question& question, std::vector<JudgedMail>& mails, Indices some,
    const std::vector<std::map<std::string, std::string>>& facts, absl::Status refusal) {
  if (question.dry_run) co_return refusal;
  if (some.size() == 1) co_return NoteRefusal(question, refusal, mails[some.front()]);
  for (const size_t at : some) {
    Indices one = {at};
    absl::Status asked = co_await AskSome(question, mails, std::move(one), facts);
    if (!asked.ok()) co_return asked;
  }
  co_return absl::OkStatus();
}

absl::Status Judging::NoteRefusal(const Question& question, const absl::Status& refusal,
                                  JudgedMail& mail) {
  if (refusals_.size() >= kMostRefused) refusals_.clear();
  const int times = ++refusals_[mail.mail.delivery_id];
  if (times < kMostRefusals) {
    return absl::UnavailableError(
        absl::StrCat("the rules can't judge a mail: ", refusal.message()));
  }
  log::Error("the rules can't judge a mail; it is kept", {{"mail", mail.mail.delivery_id},
                                                          {"account", question.account.id},
                                                          {"error", refusal.message()}});
  KeepUnjudged(words::Word("Your rules could not look at a mail, and did nothing with it."), mail);
  return absl::OkStatus();
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
    MaybeBytes read = std::nullopt;
    if (question.read) read = co_await question.read(mail, kMaxRaw);
    auto raw = BytesOrNone(std::move(read));
    if (!raw.ok()) co_return raw.status();
    mail.mail.raw = *std::move(raw);
    // The rules have to do with an empty mail rather than ask for ever.
    if (mail.mail.raw.empty()) mail.mail.raw = "\r\n";
  }
  if (mail.said.missing_facts_size() == 0) co_return absl::OkStatus();
  std::vector<std::string> keys(mail.said.missing_facts().begin(), mail.said.missing_facts().end());
  co_return co_await FindFacts(question, std::move(keys), facts);
}

// What nobody can know is "".
net::Task<absl::Status> Judging::FindFacts(const Question& question, std::vector<std::string> keys,
                                           std::map<std::string, std::string>& facts) {
  for (const std::string& key : keys) facts[key] = "";
  std::shared_ptr<const Account> account;
  if (sources_) account = sources_->accounts.Find(question.account.id);
  if (!account) co_return absl::OkStatus();
  auto found = co_await sources_->facts.Find(account, std::move(keys));
  if (!found.ok()) {
    if (folders_.Note(account->id, std::time(nullptr))) co_return absl::OkStatus();
    co_return found.status();
  }
  folders_.Over(account->id);
  for (auto& [key, value] : *found) facts[key] = std::move(value);
  co_return absl::OkStatus();
}

net::Task<absl::Status> Judging::Judge(Question& question, std::vector<JudgedMail>& mails) {
  std::vector<std::map<std::string, std::string>> facts(mails.size());
  Indices open(mails.size());
  for (size_t i = 0; i < open.size(); ++i) open[i] = i;
  for (int round = 1; !open.empty(); ++round) {
    absl::Status asked = co_await Ask(question, mails, open, facts);
    if (!asked.ok()) co_return asked;
    Indices again;
    for (const size_t at : open) {
      JudgedMail& mail = mails[at];
      if (!AsksForMore(mail.said)) continue;
      mail.waits = question.lets_wait && WaitsForAnother(mail.said);
      if (mail.waits) continue;
      if (round == kMostRounds || facts[at].size() > kMostFacts) {
        const words::Wording why = words::Word(
            "Your rules ask for more than can be looked up for one mail, and did nothing with it.");
        KeepUnjudged(why, mail);
        continue;
      }
      absl::Status completed = co_await Complete(question, mails, at, facts[at]);
      if (!completed.ok()) co_return completed;
      again.push_back(at);
    }
    open = std::move(again);
  }
  co_return MakePlans(question, mails);
}

absl::Status Judging::MakePlans(const Question& question, std::vector<JudgedMail>& mails) {
  for (JudgedMail& mail : mails) {
    if (mail.waits) continue;
    const rules::v1::Verdict verdict = mail.said.verdict();
    if (verdict != rules::v1::VERDICT_KEEP && verdict != rules::v1::VERDICT_REJECT) {
      return absl::InternalError("rules gave no verdict");
    }
    mail.plan = PlanOf(mail.said, question.mailbox.empty() ? "INBOX" : question.mailbox);
  }
  return absl::OkStatus();
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
    if (mail.said.marks().empty() && mail.mishaps.empty()) continue;
    rules::v1::CommitEvaluationRequest request;
    request.set_user(account.owner);
    request.set_mail_id(mail.mail.delivery_id);
    *request.mutable_marks() = mail.said.marks();
    request.mutable_mishaps()->Assign(mail.mishaps.begin(), mail.mishaps.end());
    request.set_shown_instead(mail.shown_instead);
    auto answer = co_await rpc::Call(rules_.async(), &RulesAsync::CommitEvaluation,
                                     std::move(request), kDeadline);
    if (!answer.ok()) co_return answer.status();
  }
  co_return absl::OkStatus();
}

}  // namespace postern::fetcher
