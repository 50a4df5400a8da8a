#include "services/rules/rules_service.h"

#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/serve.h"
#include "services/rules/judging/question.h"

namespace postern::rules {
namespace {

using namespace std::chrono_literals;

constexpr auto kRecordLimit = 2s;
constexpr size_t kMaxRecordsUnderWay = 1000;
constexpr int kMaxMarks = 200;  // of one mail
constexpr size_t kMaxMarkBytes = 4096;
constexpr int kMaxMishaps = 20;
constexpr size_t kMaxMishapBytes = 4096;

prometheus::Counter& Evaluations(bool rejected) {
  static const auto make = [](const char* verdict) -> prometheus::Counter& {
    return metrics::Counter("postern_rules_evaluations_total", "Mails judged",
                            {{"verdict", verdict}});
  };
  static auto& keep = make("keep");
  static auto& reject = make("reject");
  return rejected ? reject : keep;
}
prometheus::Counter& RecordFailures() {
  static auto& counter = metrics::Counter("postern_rules_record_failures_total",
                                          "Decisions that could not be recorded");
  return counter;
}

void CountEvaluation(const v1::EvaluateResponse& response) {
  if (response.wants_message() || response.missing_facts_size() > 0) return;  // not yet judged
  Evaluations(response.verdict() == v1::VERDICT_REJECT).Increment();
}

absl::Status NotLoaded() {
  return absl::UnavailableError("rules: the programs are not yet read from Redis");
}

// Those who are judged by the same programs.
bool AreAlike(const v1::EvaluateRequest& a, const v1::EvaluateRequest& b) {
  return absl::EqualsIgnoreCase(a.user(), b.user()) && a.try_script() == b.try_script() &&
         a.try_personal() == b.try_personal();
}

absl::Status CheckCommit(const v1::CommitEvaluationRequest& request) {
  if (request.user().empty()) return absl::InvalidArgumentError("user is empty");
  if (request.mail_id().empty()) return absl::InvalidArgumentError("mail_id is empty");
  if (request.marks_size() > kMaxMarks)
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxMarks, " marks"));
  for (const v1::Mark& mark : request.marks()) {
    if (mark.key().empty() || mark.key().size() > kMaxMarkBytes)
      return absl::InvalidArgumentError("marks: a key is empty or too long");
  }
  if (request.mishaps_size() > kMaxMishaps)
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxMishaps, " mishaps"));
  for (const v1::Mishap& mishap : request.mishaps()) {
    if (mishap.ByteSizeLong() > kMaxMishapBytes)
      return absl::InvalidArgumentError("mishaps: one is too long");
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* RulesService::Evaluate(Context* context,
                                                 const v1::EvaluateRequest* request,
                                                 v1::EvaluateResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return DoEvaluate(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::EvaluateMails(Context* context,
                                                      const v1::EvaluateMailsRequest* request,
                                                      v1::EvaluateMailsResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return DoEvaluateMails(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::CommitEvaluation(Context* context,
                                                         const v1::CommitEvaluationRequest* request,
                                                         v1::CommitEvaluationResponse*) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Commit(*request); });
}

grpc::ServerUnaryReactor* RulesService::ListDecisions(Context* context,
                                                      const v1::ListDecisionsRequest* request,
                                                      v1::ListDecisionsResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return DoListDecisions(*request, *response); });
}

net::Task<absl::Status> RulesService::DoEvaluate(const v1::EvaluateRequest& request,
                                                 v1::EvaluateResponse& response) {
  if (absl::Status s = CheckEvaluate(request); !s.ok()) co_return s;
  if (!parts_.stored.loaded()) co_return NotLoaded();
  response.set_verdict(v1::VERDICT_KEEP);
  Decisions decisions;
  std::vector<MailJudge::Ask> asks{{&request, &response}};
  absl::Status judged = co_await parts_.judge.Judge(std::move(asks), decisions);
  if (!judged.ok()) co_return judged;
  if (absl::Status s = co_await Record(std::move(decisions)); !s.ok()) co_return s;
  CountEvaluation(response);
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::DoEvaluateMails(const v1::EvaluateMailsRequest& request,
                                                      v1::EvaluateMailsResponse& response) {
  if (absl::Status s = CheckEvaluateMails(request); !s.ok()) co_return s;
  if (!parts_.stored.loaded()) co_return NotLoaded();
  // All are there before one is pointed to.
  for (int i = 0; i < request.requests_size(); ++i)
    response.add_responses()->set_verdict(v1::VERDICT_KEEP);
  Decisions decisions;
  for (int i = 0; i < request.requests_size();) {
    std::vector<MailJudge::Ask> asks;
    const v1::EvaluateRequest& first = request.requests(i);
    for (; i < request.requests_size() && AreAlike(first, request.requests(i)); ++i)
      asks.push_back({&request.requests(i), response.mutable_responses(i)});
    absl::Status judged = co_await parts_.judge.Judge(std::move(asks), decisions);
    if (!judged.ok()) co_return judged;
  }
  if (absl::Status s = co_await Record(std::move(decisions)); !s.ok()) co_return s;
  for (const v1::EvaluateResponse& each : response.responses()) CountEvaluation(each);
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::Commit(const v1::CommitEvaluationRequest& request) {
  if (absl::Status s = CheckCommit(request); !s.ok()) co_return s;
  if (request.mishaps_size() > 0) co_await RememberMishaps(request);
  if (request.marks().empty()) co_return absl::OkStatus();
  std::vector<UserMemory::NewMark> marks;
  for (const v1::Mark& mark : request.marks()) marks.push_back({mark.key(), mark.seconds()});
  co_return co_await parts_.memory.Leave(absl::AsciiStrToLower(request.user()), request.mail_id(),
                                         std::move(marks));
}

// The mail is where it is: that nobody can tell later why is no reason to do all of it again.
net::Task<void> RulesService::RememberMishaps(const v1::CommitEvaluationRequest& request) {
  const absl::Status noted =
      co_await net::WithDeadline(kRecordLimit, parts_.decisions.AddMishaps(request));
  if (noted.ok()) co_return;
  RecordFailures().Increment();
  log::Warn("what could not be done with a mail could not be recorded",
            {{"mail", request.mail_id()}, {"error", noted.message()}});
}

// No mail vanishes unexplained: without a record of why one is not shown there is no answer, and
// the mails wait in their mailbox until the caller asks again.
net::Task<absl::Status> RulesService::Record(Decisions decisions) {
  if (!decisions.withheld.empty()) {
    absl::Status recorded = co_await Remember(std::move(decisions.withheld));
    if (!recorded.ok()) co_return recorded;
  }
  if (!decisions.shown.empty() && parts_.tasks.size() < kMaxRecordsUnderWay) {
    parts_.tasks.Spawn("record decisions", RememberLater(std::move(decisions.shown)));
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::Remember(std::vector<v1::Decision> decisions) {
  absl::Status status =
      co_await net::WithDeadline(kRecordLimit, parts_.decisions.Record(decisions));
  for (const v1::Decision& decision : decisions) {
    if (!status.ok()) {
      RecordFailures().Increment();
      log::Warn("a decision could not be recorded",
                {{"mail", decision.mail_id()}, {"error", status.message()}});
      continue;
    }
    const bool rejected = decision.verdict() == v1::VERDICT_REJECT;
    log::Info(rejected ? "mail rejected by a rule" : "mail dealt with by a rule",
              {{"mail", decision.mail_id()}, {"account", decision.account_id()}});
  }
  if (status.ok()) co_return status;
  co_return absl::UnavailableError(
      absl::StrCat("rules: the decision could not be recorded: ", status.message()));
}

net::Task<void> RulesService::RememberLater(std::vector<v1::Decision> decisions) {
  // Not recorded is logged, and no reason to hold up a mail that is delivered anyway.
  (void)co_await Remember(std::move(decisions));
}

net::Task<absl::Status> RulesService::DoListDecisions(const v1::ListDecisionsRequest& request,
                                                      v1::ListDecisionsResponse& response) {
  auto decisions = co_await parts_.decisions.List(request);
  if (!decisions.ok()) co_return decisions.status();
  for (v1::Decision& decision : *decisions) *response.add_decisions() = std::move(decision);
  co_return absl::OkStatus();
}

}  // namespace postern::rules
