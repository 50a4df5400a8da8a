#include "services/rules/judging/mail_judge.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/mail/utf8.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/words/wording.h"
#include "services/rules/judging/action_codec.h"
#include "services/rules/judging/proposal.h"
#include "services/rules/judging/question.h"
#include "services/rules/judging/trial.h"
#include "services/rules/judging/verdict.h"

namespace postern::rules {
namespace {

using namespace std::chrono_literals;
using Answers = std::vector<UserMemory::Answer>;

constexpr size_t kMaxFolderFact = 2048;  // bytes

// Others get their turn while many mails are judged.
constexpr auto kTurn = 1ms;

prometheus::Histogram& JudgeSeconds() {
  static auto& seconds = metrics::Seconds("postern_rules_judge_seconds", "Judging one mail");
  return seconds;
}
prometheus::Counter& RunErrors() {
  static auto& counter =
      metrics::Counter("postern_rules_run_errors_total", "Programs that failed on a mail");
  return counter;
}
prometheus::Counter& Suspensions() {
  static auto& counter = metrics::Counter("postern_rules_suspended_total",
                                          "Scripts taken out of force: they failed three times");
  return counter;
}
prometheus::Counter& AnswersStopped() {
  static auto& counter = metrics::Counter(
      "postern_rules_answers_stopped_total",
      "Automatic answers that were left out because there were too many for the mail that came in");
  return counter;
}

std::vector<Stage> ForEngine(const Stages& stages) {
  std::vector<Stage> all;
  for (const ProgramInForce& one : stages.programs) all.push_back({one.program, one.operator_rule});
  return all;
}

// What it needs is more than a Mail tells, or it has programs run on the mail.
bool NeedsMessage(const Stages& stages) {
  return std::any_of(stages.programs.begin(), stages.programs.end(), [](const ProgramInForce& one) {
    const Program& program = one.program->program();
    return program.needs_message || program.needs_body || program.runs > 0;
  });
}

// The mail of this call that `key` may be a duplicate of and that is not carried out yet.
std::string CommittedFact(const std::string& mail_id) {
  return absl::StrCat("committed:", mail_id);
}

}  // namespace

// One mail on its way to a verdict.
struct MailJudge::Case {
  Case(const v1::EvaluateRequest& the_request, v1::EvaluateResponse& the_response, absl::Time now)
      : request(the_request),
        response(the_response),
        mail(the_request),
        facts(FactsOf(the_request, now)) {}

  const v1::EvaluateRequest& request;
  v1::EvaluateResponse& response;
  MailUnderJudgement mail;
  Facts facts;
  Evaluation evaluation;
  std::vector<std::string> trouble;
  Proposals proposals;
  bool open = true;    // evaluated again in the next round
  bool judged = true;  // false: the caller is asked for more
};

net::Task<absl::Status> MailJudge::Judge(std::vector<Ask> asks, Decisions& decisions) {
  // JSMail's and all other rules are about mail that comes in.
  std::erase_if(asks,
                [](const Ask& ask) { return ask.request->direction() == v1::DIRECTION_OUTGOING; });
  if (asks.empty()) co_return absl::OkStatus();
  const absl::Time now = absl::Now();
  breaker_.NoteMails(now, static_cast<uint32_t>(asks.size()));
  const std::string user = absl::AsciiStrToLower(asks.front().request->user());
  const bool on_trial = IsOnTrial(*asks.front().request);
  if (!on_trial && !parts_.programs.HasAny(user)) co_return absl::OkStatus();
  auto stages = co_await StagesFor(*asks.front().request);
  if (!stages.ok()) co_return stages.status();
  const bool needs_message = NeedsMessage(*stages);
  Cases cases;
  for (const Ask& ask : asks) {
    if (needs_message && ask.request->message().empty()) {
      ask.response->set_wants_message(true);
      continue;
    }
    cases.push_back(std::make_unique<Case>(*ask.request, *ask.response, now));
  }
  absl::Status status = co_await EvaluateAll(user, *stages, cases);
  if (!status.ok()) co_return status;
  co_return co_await Conclude(user, *stages, cases, decisions);
}

net::Task<absl::StatusOr<Stages>> MailJudge::StagesFor(const v1::EvaluateRequest& request) {
  const std::string user = absl::AsciiStrToLower(request.user());
  Stages stages = co_await parts_.programs.Of(user);
  if (!IsOnTrial(request)) co_return stages;
  absl::Status tried = co_await PutOnTrial(request, stages);
  if (!tried.ok()) co_return tried;
  co_return stages;
}

net::Task<absl::Status> MailJudge::PutOnTrial(const v1::EvaluateRequest& request, Stages& stages) {
  PreparedProgramPtr tried;
  if (!request.try_script().empty()) {
    const v1::RuleProgram program = TriedProgram(request);
    std::vector<ProgramSource> sources;
    sources.push_back(parts_.programs.SourceOf(program));
    std::vector<CompiledSource> compiled = co_await parts_.compiler.Compile(std::move(sources));
    if (compiled.front().program == nullptr) co_return compiled.front().error();
    tried = std::move(compiled.front().program);
  }
  PutInPlace(std::move(tried), request, stages);
  co_return absl::OkStatus();
}

// Sorts what an evaluation missed: what only the caller knows goes into the response.
void MailJudge::AskFor(Case& one, FirstMails& first_mails, FactFinder::Need& need) {
  for (const FactKey& key : one.evaluation.missing) {
    if (IsOfMailbox(key)) {
      // No folder has a name that is no text, and the caller could not read the question; nor is
      // one so long, and hundreds of those would not fit into an answer.
      if (mail::IsUtf8(key) && key.size() <= kMaxFolderFact) {
        one.response.add_missing_facts(key);
      } else {
        one.facts.looked_up[key] = "";
      }
      continue;
    }
    need.keys.push_back(key);
    if (!absl::StartsWith(key, "duplicate:") || one.request.dry_run()) continue;
    // Two copies that came together: the first has to be dealt with before the second is judged.
    const std::string& first = first_mails.emplace(key, one.request.mail_id()).first->second;
    const FactKey committed = CommittedFact(first);
    if (first != one.request.mail_id() && !one.facts.looked_up.contains(committed))
      one.response.add_missing_facts(committed);
  }
  one.open = !one.evaluation.missing.empty() && one.response.missing_facts().empty();
  one.judged = one.response.missing_facts().empty();
}

void MailJudge::EvaluateOnce(std::span<const Stage> programs, Case& one) {
  EvaluationLimits limits;
  limits.trace = one.request.trace();
  one.mail.view().Reset();
  const auto begun = std::chrono::steady_clock::now();
  one.evaluation = EvaluateStages(programs, one.mail.view(), one.facts, limits);
  const auto ended = std::chrono::steady_clock::now();
  JudgeSeconds().Observe(std::chrono::duration<double>(ended - begun).count());
}

net::Task<absl::Status> MailJudge::EvaluateAll(const std::string& user, const Stages& stages,
                                               Cases& cases) {
  const std::vector<Stage> programs = ForEngine(stages);
  FirstMails first_mails;
  auto turn_began = std::chrono::steady_clock::now();
  for (int round = 0; round < kMaxRounds; ++round) {
    std::vector<FactFinder::Need> needs;
    for (const std::unique_ptr<Case>& one : cases) {
      if (!one->open) continue;
      EvaluateOnce(programs, *one);
      FactFinder::Need need{one->request, {}, one->facts, one->trouble};
      AskFor(*one, first_mails, need);
      if (one->open) needs.push_back(std::move(need));
      if (std::chrono::steady_clock::now() - turn_began < kTurn) continue;
      co_await net::Sleep(net::Duration::zero());
      turn_began = std::chrono::steady_clock::now();
    }
    if (needs.empty()) break;
    absl::Status found = co_await parts_.facts.Find(user, stages, needs);
    if (!found.ok()) co_return found;
  }
  co_return absl::OkStatus();
}

std::vector<UserMemory::Claim> MailJudge::ProposeFor(Case& one) {
  one.mail.view().Reset();
  one.proposals = Propose(one.request, one.facts, one.mail.view(), one.evaluation);
  if (one.proposals.answers > 0 && !breaker_.MayAnswer(absl::Now())) {
    AnswersStopped().Increment(static_cast<double>(one.proposals.answers));
    DropAnswers(one.proposals);
  }
  std::vector<UserMemory::Claim> claims;
  if (one.request.dry_run()) return claims;
  for (const Proposal& proposal : one.proposals.proposals) {
    if (proposal.claim) claims.push_back(*proposal.claim);
  }
  return claims;
}

net::Task<absl::Status> MailJudge::Conclude(const std::string& user, const Stages& stages,
                                            Cases& cases, Decisions& decisions) {
  std::erase_if(cases, [](const std::unique_ptr<Case>& one) { return !one->judged; });
  std::vector<UserMemory::Claim> claims;
  std::vector<size_t> counts;
  for (const std::unique_ptr<Case>& one : cases) {
    std::vector<UserMemory::Claim> some = ProposeFor(*one);
    counts.push_back(some.size());
    claims.insert(claims.end(), some.begin(), some.end());
  }
  auto taken = co_await parts_.memory.Take(user, std::move(claims));
  if (!taken.ok()) co_return taken.status();
  auto next = taken->begin();
  for (size_t i = 0; i < cases.size(); ++i) {
    Case& one = *cases[i];
    FillResponse(one.evaluation, stages, one.response);
    const Answers answers(next, next + static_cast<ptrdiff_t>(counts[i]));
    next += static_cast<ptrdiff_t>(counts[i]);
    Settle(std::move(one.proposals), answers, one.response);
    NamePrograms(stages, one.response);
    for (const std::string& trouble : one.trouble) one.response.add_trace()->set_text(trouble);
    co_await Count(user, stages, one);
    if (one.request.dry_run() || !WasTouched(one.response)) continue;
    const std::vector<Action>& actions = one.evaluation.actions;
    const std::string hash = actions.empty() ? "" : actions.front().program;
    auto& kind = IsWithheld(one.response) ? decisions.withheld : decisions.shown;
    kind.push_back(MakeDecision(one.request, one.response, hash));
  }
  co_return absl::OkStatus();
}

net::Task<void> MailJudge::Count(const std::string& user, const Stages& stages, Case& judged) {
  const auto is_answer = [](const v1::Action& action) { return action.has_answer(); };
  const auto& actions = judged.response.actions();
  const auto answers = std::count_if(actions.begin(), actions.end(), is_answer);
  if (judged.request.dry_run()) co_return;
  if (answers > 0) breaker_.NoteAnswers(absl::Now(), static_cast<uint32_t>(answers));
  const std::optional<RunError>& error = judged.evaluation.error;
  if (!error) {
    strikes_.Passed(user);
    co_return;
  }
  RunErrors().Increment();
  for (const ProgramInForce& one : stages.programs) {
    if (one.program->program().origin.hash != error->program) continue;
    log::Warn("a rule program failed on a mail; the mail is kept",
              {{"mail", judged.request.mail_id()}, {"scope", one.scope}, {"line", error->line}});
    const bool script = one.language == v1::RULE_LANGUAGE_SIEVE && !one.operator_rule;
    if (script && strikes_.Failed(user, error->program, judged.request.mail_id()))
      co_await Suspend(user, one, judged);
    co_return;
  }
}

net::Task<void> MailJudge::Suspend(const std::string& user, const ProgramInForce& script,
                                   Case& judged) {
  ActiveScript active = parts_.stored.ActiveOf(user);
  active.suspended = script.program->program().origin.hash;
  ProgramChange change;
  change.Activate(user, active);
  absl::Status suspended = co_await parts_.stored.Apply(std::move(change));
  if (!suspended.ok()) co_return;  // it fails again, and is suspended then
  Suspensions().Increment();
  log::Warn("a script is suspended: it failed three times in a row", {{"scope", user}});
  const words::Wording told = words::Word(
      "Your script \"$0\" failed with three mails in a row, and is not run any more. Mend it, and "
      "put it in force again.",
      script.name);
  *judged.response.add_errors() = WireText(told);
}

}  // namespace postern::rules
