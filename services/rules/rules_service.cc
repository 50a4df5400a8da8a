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
#include "lib/rpc/serve.h"
#include "services/rules/jsmail_reject.h"

namespace postern::rules {
namespace {

using namespace std::chrono_literals;

constexpr auto kRecordLimit = 2s;
constexpr size_t kMaxRecordsUnderWay = 1000;
// Others get their turn while many mails are judged.
constexpr auto kTurn = 1ms;
constexpr size_t kMaxScopeBytes = 2048;  // RFC 7622: two parts of 1023 bytes and "@"
constexpr size_t kMaxFileNameBytes = 255;
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
prometheus::Counter& RecordFailures() {
  static auto& counter = metrics::Counter("postern_rules_record_failures_total",
                                          "Decisions that could not be recorded");
  return counter;
}

void CountEvaluation(const v1::EvaluateResponse& response) {
  Evaluations(response.verdict() == v1::VERDICT_REJECT).Increment();
}

absl::Status NotLoaded() {
  return absl::UnavailableError("rules: the programs are not yet read from Redis");
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

grpc::ServerUnaryReactor* RulesService::EvaluateMails(grpc::CallbackServerContext* context,
                                                      const v1::EvaluateMailsRequest* request,
                                                      v1::EvaluateMailsResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoEvaluateMails(*request, *response); });
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
  if (!store_.loaded()) co_return NotLoaded();
  Decisions decisions;
  JudgeMail(StagesFor(request), request, response, decisions);
  if (absl::Status s = co_await Record(std::move(decisions)); !s.ok()) co_return s;
  CountEvaluation(response);
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::DoEvaluateMails(const v1::EvaluateMailsRequest& request,
                                                      v1::EvaluateMailsResponse& response) {
  if (absl::Status s = CheckEvaluateMails(request); !s.ok()) co_return s;
  if (!store_.loaded()) co_return NotLoaded();
  Decisions decisions;
  auto turn_began = std::chrono::steady_clock::now();
  for (const v1::EvaluateRequest& each : request.requests()) {
    JudgeMail(StagesFor(each), each, *response.add_responses(), decisions);
    if (std::chrono::steady_clock::now() - turn_began < kTurn) continue;
    co_await net::Sleep(net::Duration::zero());
    turn_began = std::chrono::steady_clock::now();
  }
  if (absl::Status s = co_await Record(std::move(decisions)); !s.ok()) co_return s;
  for (const v1::EvaluateResponse& each : response.responses()) CountEvaluation(each);
  co_return absl::OkStatus();
}

Stages RulesService::StagesFor(const v1::EvaluateRequest& request) const {
  return {store_.Find(kSiteScope), store_.Find(absl::AsciiStrToLower(request.user()))};
}

// No mail vanishes unexplained: without a record of a rejection there is no answer, and
// the mails wait in their mailbox until the caller asks again.
net::Task<absl::Status> RulesService::Record(Decisions decisions) {
  if (!decisions.rejected.empty()) {
    absl::Status recorded = co_await Remember(std::move(decisions.rejected));
    if (!recorded.ok()) co_return recorded;
  }
  if (!decisions.accepted.empty() && tasks_.size() < kMaxRecordsUnderWay) {
    tasks_.Spawn("record decisions", RememberLater(std::move(decisions.accepted)));
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::Remember(std::vector<v1::Decision> decisions) {
  absl::Status status = co_await net::WithDeadline(kRecordLimit, decisions_.Record(decisions));
  for (const v1::Decision& decision : decisions) {
    if (!status.ok()) {
      RecordFailures().Increment();
      log::Warn("a decision could not be recorded",
                {{"mail", decision.mail_id()}, {"error", status.message()}});
      continue;
    }
    const bool rejected = decision.verdict() == v1::VERDICT_REJECT;
    log::Info(rejected ? "mail rejected by a rule" : "mail accepted by a rule",
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
  if (!store_.loaded()) co_return NotLoaded();
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
