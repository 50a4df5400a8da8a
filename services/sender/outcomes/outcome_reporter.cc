#include "services/sender/outcomes/outcome_reporter.h"

#include <chrono>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/unary.h"

namespace postern::sender {
namespace {

using EdgeAsync = edge::v1::EdgeService::StubInterface::async_interface;

auto& reported = metrics::Counter("postern_sender_reports_total", "Outcomes told to the edge");
auto& report_errors = metrics::Counter("postern_sender_report_errors_total",
                                       "Times the edge could not be told an outcome");

constexpr size_t kAtOnce = 32;
constexpr std::chrono::seconds kCallLimit{10}, kIdle{5}, kPause{1};
// The edge is away: soon again. It refuses this one report: that won't change soon.
constexpr std::chrono::seconds kSoon{1}, kLater{60};
// An outcome that nobody wanted to hear for so long is of no use to its author any more.
constexpr std::chrono::hours kGiveUpAfter{14 * 24};

bool IsAway(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

edge::v1::Outcome ToProto(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kSent:
      return edge::v1::OUTCOME_SENT;
    case Outcome::Kind::kDelayed:
      return edge::v1::OUTCOME_DELAYED;
    case Outcome::Kind::kFailed:
      return edge::v1::OUTCOME_FAILED;
  }
  return edge::v1::OUTCOME_UNSPECIFIED;
}

}  // namespace

net::Task<void> OutcomeReporter::Run() {
  for (;;) {
    const bool done = co_await Round();
    co_await wake_.WaitFor(done ? kIdle : kPause);
  }
}

net::Task<bool> OutcomeReporter::Round() {
  auto late = co_await outbox_.SweepLate();
  if (!late.ok()) co_return false;
  auto reports = co_await outbox_.TakeReports(kAtOnce);
  if (!reports.ok()) co_return false;
  bool away = false;
  for (const Report& report : *reports) {
    absl::Status told = absl::UnavailableError("the edge is away");
    if (!away) told = co_await Tell(report);
    away = IsAway(told);
    absl::Status noted;
    if (told.ok()) {
      noted = co_await outbox_.Reported(report);
    } else {
      noted = co_await outbox_.ReportLater(report.queue_id, away ? kSoon : kLater);
    }
    if (!noted.ok() && !absl::IsAborted(noted)) co_return false;
  }
  if (reports->size() == kAtOnce) wake_.Notify();  // there is more
  co_return !away;
}

net::Task<absl::Status> OutcomeReporter::Tell(const Report& report) {
  edge::v1::ReportOutcomeRequest request;
  request.set_queue_id(report.queue_id);
  request.set_context(report.context);
  request.set_message_id(report.message_id);
  for (const Outcome& outcome : report.outcomes) {
    auto* recipient = request.add_recipients();
    recipient->set_recipient(outcome.recipient);
    recipient->set_outcome(ToProto(outcome.kind));
    if (outcome.reason.empty()) continue;
    recipient->set_reason(words::English(outcome.reason));
    *recipient->mutable_wording() = rpc::ToProto(outcome.reason);
  }
  auto answer = co_await rpc::Call(edge_.async(), &EdgeAsync::ReportOutcome, request, kCallLimit);
  if (answer.ok()) {
    reported.Increment();
    co_return absl::OkStatus();
  }
  report_errors.Increment();
  log::Warn("the edge could not be told an outcome",
            {{"mail", report.queue_id}, {"error", answer.status().message()}});
  if (!IsAway(answer.status()) && report.age > kGiveUpAfter) {
    log::Error("an outcome that the edge refuses is dropped", {{"mail", report.queue_id}});
    co_return absl::OkStatus();
  }
  co_return answer.status();
}

}  // namespace postern::sender
