#include "services/rules/rules_service.h"

#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/mail/utf8.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/serve.h"
#include "services/rules/code_points.h"
#include "services/rules/jsmail_reject.h"

namespace postern::rules {
namespace {

using namespace std::chrono_literals;

constexpr auto kRecordLimit = 2s;
constexpr size_t kMaxRecordsUnderWay = 1000;
constexpr int kMaxRecipients = 100;
constexpr size_t kMaxScopeBytes = 2048;  // RFC 7622: two parts of 1023 bytes and "@"
constexpr size_t kMaxFileNameBytes = 255;
constexpr size_t kMaxMessageIdBytes = 998;
constexpr size_t kMaxFromCodePoints = 320;
constexpr size_t kMaxListedSource = 4 << 20;  // an answer has to fit into a gRPC message

prometheus::Counter& Evaluations(bool rejected) {
  static const auto make = [](const char* verdict) -> prometheus::Counter& {
    return metrics::Counter("postern_rules_evaluations_total", "Mails judged",
                            {{"verdict", verdict}});
  };
  static auto& keep = make("keep");
  static auto& reject = make("reject");
  return rejected ? reject : keep;
}
prometheus::Histogram& JudgeSeconds() {
  static auto& seconds = metrics::Seconds("postern_rules_judge_seconds", "Judging one mail");
  return seconds;
}
prometheus::Counter& RecordFailures() {
  static auto& counter = metrics::Counter("postern_rules_record_failures_total",
                                          "Decisions that could not be recorded");
  return counter;
}

absl::Status CheckEvaluate(const v1::EvaluateRequest& request) {
  if (request.direction() == v1::DIRECTION_UNSPECIFIED)
    return absl::InvalidArgumentError("direction is missing");
  if (request.direction() == v1::DIRECTION_INCOMING && request.mail_id().empty())
    return absl::InvalidArgumentError("mail_id is empty");
  if (request.recipients_size() > kMaxRecipients)
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxRecipients, " recipients"));
  return absl::OkStatus();
}

Judgement JudgeTimed(std::span<const ProgramPtr> stages, const v1::EvaluateRequest& request) {
  const absl::Time begun = absl::Now();
  const std::vector<std::string> recipients(request.recipients().begin(),
                                            request.recipients().end());
  Judgement judgement = Judge(stages, GatherFacts(rpc::FromProto(request.mail()), recipients));
  JudgeSeconds().Observe(absl::ToDoubleSeconds(absl::Now() - begun));
  return judgement;
}

std::string SenderOf(const mail::v1::Mail& mail) {
  if (mail.from().empty()) return Shorten(mail.envelope_from(), kMaxFromCodePoints);
  return Shorten(rpc::FromProto(mail.from(0)).Spec(), kMaxFromCodePoints);
}

v1::Decision MakeDecision(const v1::EvaluateRequest& request, const Judgement& judgement) {
  v1::Decision decision;
  decision.set_mail_id(request.mail_id());
  decision.set_user(request.user());
  decision.set_account_id(request.account_id());
  decision.set_message_id(
      std::string(mail::CutUtf8(request.mail().message_id(), kMaxMessageIdBytes)));
  decision.set_from(SenderOf(request.mail()));
  decision.set_verdict(judgement.verdict == Verdict::kReject ? v1::VERDICT_REJECT
                                                             : v1::VERDICT_KEEP);
  decision.set_reason(judgement.reason);
  decision.set_program_hash(judgement.program_hash);
  return decision;
}

// "site", or a bare JID in lower case.
absl::StatusOr<std::string> ReadScope(const std::string& text) {
  if (text == kSiteScope) return text;
  const size_t at = text.find('@');
  const bool bare_jid = at != std::string::npos && at > 0 && at + 1 < text.size() &&
                        text.find('@', at + 1) == std::string::npos &&
                        !absl::StrContains(text, "/") && !absl::StrContains(text, " ") &&
                        !mail::HasControls(text) && text.size() < kMaxScopeBytes;
  if (!bare_jid)
    return absl::InvalidArgumentError(
        "scope: neither \"site\" nor a bare JID such as ann@example.org");
  return absl::AsciiStrToLower(text);
}

absl::Status CheckImport(const v1::ImportRulesRequest& request) {
  if (request.language() != v1::RULE_LANGUAGE_JSMAIL_REJECT)
    return absl::InvalidArgumentError("language: JSMAIL_REJECT is the only one known");
  if (mail::HasControls(request.file_name()) || request.file_name().size() > kMaxFileNameBytes)
    return absl::InvalidArgumentError("file_name: too long, or with control characters");
  return absl::OkStatus();
}

v1::RuleProgram MakeProgram(const v1::ImportRulesRequest& request, const std::string& scope,
                            const std::string& file_name, const std::string& hash) {
  v1::RuleProgram program;
  program.set_scope(scope);
  program.set_language(request.language());
  program.set_file_name(file_name);
  program.set_source(request.source());
  program.set_program_hash(hash);
  program.set_imported_unix(absl::ToUnixSeconds(absl::Now()));
  return program;
}

}  // namespace

grpc::ServerUnaryReactor* RulesService::Evaluate(grpc::CallbackServerContext* context,
                                                 const v1::EvaluateRequest* request,
                                                 v1::EvaluateResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoEvaluate(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::ImportRules(grpc::CallbackServerContext* context,
                                                    const v1::ImportRulesRequest* request,
                                                    v1::ImportRulesResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoImport(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::ListRules(grpc::CallbackServerContext* context,
                                                  const v1::ListRulesRequest*,
                                                  v1::ListRulesResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoListRules(*response); });
}

grpc::ServerUnaryReactor* RulesService::ListDecisions(grpc::CallbackServerContext* context,
                                                      const v1::ListDecisionsRequest* request,
                                                      v1::ListDecisionsResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoListDecisions(*request, *response); });
}

net::Task<absl::Status> RulesService::DoEvaluate(const v1::EvaluateRequest& request,
                                                 v1::EvaluateResponse& response) {
  if (absl::Status s = CheckEvaluate(request); !s.ok()) co_return s;
  if (!store_.loaded())
    co_return absl::UnavailableError("rules: the programs are not yet read from Redis");
  response.set_verdict(v1::VERDICT_KEEP);
  // Reject files are about mail that comes in.
  if (request.direction() == v1::DIRECTION_OUTGOING) co_return absl::OkStatus();

  const ProgramPtr stages[] = {store_.Find(kSiteScope),
                               store_.Find(absl::AsciiStrToLower(request.user()))};
  Judgement judgement;
  if (stages[0] || stages[1]) judgement = JudgeTimed(stages, request);
  const bool rejected = judgement.verdict == Verdict::kReject;
  if (!judgement.reason.empty()) {
    v1::Decision decision = MakeDecision(request, judgement);
    if (rejected) {
      // No mail vanishes unexplained: without a record there is no answer, and the
      // mail waits in its mailbox until the caller asks again.
      if (absl::Status s = co_await Remember(std::move(decision)); !s.ok()) co_return s;
    } else if (tasks_.size() < kMaxRecordsUnderWay) {
      tasks_.Spawn("record decision", RememberLater(std::move(decision)));
    }
  }
  Evaluations(rejected).Increment();
  if (rejected) response.set_verdict(v1::VERDICT_REJECT);
  response.set_reason(judgement.reason);
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::Remember(v1::Decision decision) {
  const std::string mail_id = decision.mail_id();
  const std::string account = decision.account_id();
  const bool rejected = decision.verdict() == v1::VERDICT_REJECT;
  absl::Status status =
      co_await net::WithDeadline(kRecordLimit, decisions_.Record(std::move(decision)));
  if (status.ok()) {
    log::Info(rejected ? "mail rejected by a rule" : "mail accepted by a rule",
              {{"mail", mail_id}, {"account", account}});
    co_return status;
  }
  RecordFailures().Increment();
  log::Warn("a decision could not be recorded", {{"mail", mail_id}, {"error", status.message()}});
  co_return absl::UnavailableError(
      absl::StrCat("rules: the decision could not be recorded: ", status.message()));
}

net::Task<void> RulesService::RememberLater(v1::Decision decision) {
  // Not recorded is logged, and no reason to hold up a mail that is delivered anyway.
  (void)co_await Remember(std::move(decision));
}

net::Task<absl::Status> RulesService::DoImport(const v1::ImportRulesRequest& request,
                                               v1::ImportRulesResponse& response) {
  auto scope = ReadScope(request.scope());
  if (!scope.ok()) co_return scope.status();
  if (absl::Status s = CheckImport(request); !s.ok()) co_return s;
  const std::string file_name = request.file_name().empty() ? "reject" : request.file_name();
  auto file = ParseRejectFile(request.source(), file_name);
  if (!file.ok()) co_return file.status();
  response.set_rules(static_cast<uint32_t>(file->program.rules.size()));
  response.mutable_warnings()->Assign(file->warnings.begin(), file->warnings.end());
  response.set_program_hash(file->program.hash);
  if (request.dry_run()) co_return absl::OkStatus();

  absl::Status stored;
  if (request.source().empty()) {
    stored = co_await store_.Remove(*scope);
  } else {
    v1::RuleProgram program = MakeProgram(request, *scope, file_name, file->program.hash);
    stored = co_await store_.Put(std::move(program));
  }
  if (stored.ok())
    log::Info(
        "rules imported",
        {{"scope", *scope}, {"rules", file->program.rules.size()}, {"hash", file->program.hash}});
  co_return stored;
}

net::Task<absl::Status> RulesService::DoListRules(v1::ListRulesResponse& response) {
  if (!store_.loaded())
    co_return absl::UnavailableError("rules: the programs are not yet read from Redis");
  size_t listed = 0;
  for (v1::RuleProgram& program : store_.List()) {
    listed += program.source().size();
    if (listed > kMaxListedSource) program.clear_source();
    *response.add_programs() = std::move(program);
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::DoListDecisions(const v1::ListDecisionsRequest& request,
                                                      v1::ListDecisionsResponse& response) {
  auto decisions = co_await decisions_.List(request);
  if (!decisions.ok()) co_return decisions.status();
  for (v1::Decision& decision : *decisions) *response.add_decisions() = std::move(decision);
  co_return absl::OkStatus();
}

}  // namespace postern::rules
