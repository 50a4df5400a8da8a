#include "services/rules/evaluation.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/mail/utf8.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "services/rules/code_points.h"
#include "services/rules/engine.h"

namespace postern::rules {
namespace {

constexpr int kMaxRecipients = 100;
constexpr int kMaxMails = 64;  // in one call
constexpr size_t kMaxMessageIdBytes = 998;
constexpr size_t kMaxFromCodePoints = 320;

prometheus::Histogram& JudgeSeconds() {
  static auto& seconds = metrics::Seconds("postern_rules_judge_seconds", "Judging one mail");
  return seconds;
}

Judgement JudgeTimed(const Stages& stages, const v1::EvaluateRequest& request) {
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

}  // namespace

absl::Status CheckEvaluate(const v1::EvaluateRequest& request) {
  if (request.direction() == v1::DIRECTION_UNSPECIFIED)
    return absl::InvalidArgumentError("direction is missing");
  if (request.direction() == v1::DIRECTION_INCOMING && request.mail_id().empty())
    return absl::InvalidArgumentError("mail_id is empty");
  if (request.recipients_size() > kMaxRecipients)
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxRecipients, " recipients"));
  return absl::OkStatus();
}

absl::Status CheckEvaluateMails(const v1::EvaluateMailsRequest& request) {
  if (request.requests_size() > kMaxMails)
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxMails, " mails"));
  for (int i = 0; i < request.requests_size(); ++i) {
    const absl::Status status = CheckEvaluate(request.requests(i));
    if (!status.ok())
      return absl::InvalidArgumentError(absl::StrCat("requests[", i, "]: ", status.message()));
  }
  return absl::OkStatus();
}

void JudgeMail(const Stages& stages, const v1::EvaluateRequest& request,
               v1::EvaluateResponse& response, Decisions& decisions) {
  response.set_verdict(v1::VERDICT_KEEP);
  // Reject files are about mail that comes in.
  if (request.direction() == v1::DIRECTION_OUTGOING) return;
  Judgement judgement;
  if (stages[0] || stages[1]) judgement = JudgeTimed(stages, request);
  const bool rejected = judgement.verdict == Verdict::kReject;
  if (!judgement.reason.empty()) {
    auto& kind = rejected ? decisions.rejected : decisions.accepted;
    kind.push_back(MakeDecision(request, judgement));
  }
  if (rejected) response.set_verdict(v1::VERDICT_REJECT);
  response.set_reason(judgement.reason);
}

}  // namespace postern::rules
