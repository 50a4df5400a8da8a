#include "services/sender/outcomes/outcome_reporter.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

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

// Reports taken at once and told in one call (edge.proto), or else side by side.
constexpr size_t kAtOnce = 64, kSideBySide = 16;
constexpr size_t kBytesTogether = 1024 * 1024;
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

edge::v1::ReportOutcomeRequest ToProto(const Report& report) {
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
  return request;
}

}  // namespace

net::Task<void> OutcomeReporter::Run() {
  for (;;) {
    const bool done = co_await Round();
    co_await wake_.WaitFor(done ? kIdle : kPause);
  }
}

// Reports that are being told.
struct OutcomeReporter::Batch {
  Batch(boost::asio::any_io_executor executor, std::vector<Report> taken)
      : reports(std::move(taken)), done(executor) {}
  std::vector<Report> reports;
  size_t next = 0, tellers = 0;
  bool away = false, queue_away = false;
  net::Event done;
};

net::Task<bool> OutcomeReporter::Round() {
  auto late = co_await outbox_.SweepLate();
  if (!late.ok()) co_return false;
  auto reports = co_await outbox_.TakeReports(kAtOnce);
  if (!reports.ok()) co_return false;
  const size_t count = reports->size();
  absl::Status together = absl::UnimplementedError("one alone");
  if (count > 1) together = co_await TellTogether(*reports);
  if (together.ok()) {
    absl::Status noted = co_await outbox_.Reported(*reports);
    if (!noted.ok()) co_return false;
  } else if (count > 0) {
    auto batch = std::make_shared<Batch>(executor_, *std::move(reports));
    batch->away = absl::IsUnavailable(together);
    batch->tellers = std::min(count, kSideBySide);
    for (size_t i = 0; i < batch->tellers; ++i) tellers_.Spawn("outcome", TellSome(batch));
    co_await batch->done.Wait();
    if (batch->away || batch->queue_away) co_return false;
  }
  if (count == kAtOnce || *late > 0) wake_.Notify();  // there is more
  co_return true;
}

net::Task<void> OutcomeReporter::TellSome(std::shared_ptr<Batch> batch) {
  while (batch->next < batch->reports.size() && !batch->queue_away) {
    const Report& report = batch->reports[batch->next++];
    absl::Status told = absl::UnavailableError("the edge is away");
    if (!batch->away) told = co_await Tell(report);
    const bool away = IsAway(told);
    if (away) batch->away = true;
    absl::Status noted;
    if (told.ok()) {
      noted = co_await outbox_.Reported(report);
    } else {
      noted = co_await outbox_.ReportLater(report.queue_id, away ? kSoon : kLater);
    }
    if (!noted.ok() && !absl::IsAborted(noted)) batch->queue_away = true;
  }
  if (--batch->tellers == 0) batch->done.Notify();
}

net::Task<absl::Status> OutcomeReporter::TellTogether(const std::vector<Report>& reports) {
  edge::v1::ReportOutcomesRequest request;
  for (const Report& report : reports) *request.add_reports() = ToProto(report);
  if (request.ByteSizeLong() > kBytesTogether) co_return absl::OutOfRangeError("too large");
  auto answer =
      co_await rpc::Call(edge_.async(), &EdgeAsync::ReportOutcomes, std::move(request), kCallLimit);
  if (answer.ok()) reported.Increment(static_cast<double>(reports.size()));
  if (!IsAway(answer.status())) co_return answer.status();
  report_errors.Increment();
  log::Warn("the edge could not be told outcomes",
            {{"mails", reports.size()}, {"error", answer.status().message()}});
  co_return answer.status();
}

net::Task<absl::Status> OutcomeReporter::Tell(const Report& report) {
  edge::v1::ReportOutcomeRequest request = ToProto(report);
  auto answer =
      co_await rpc::Call(edge_.async(), &EdgeAsync::ReportOutcome, std::move(request), kCallLimit);
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
