// What follows an attempt: reports, the delay of what waits, its end, filing.
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "services/sender/delivery/retry_policy.h"
#include "services/sender/outbox/outbox.h"
#include "services/sender/outbox/outbox_codec.h"
#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender {
namespace {

namespace scripts = outbox_scripts;

constexpr std::chrono::hours kFilingLife{48};
constexpr char kSweepAtOnce[] = "100", kClaimMs[] = "60000";
constexpr int64_t kDays = kQueueLifetime.count() / 24;

// Whole sentences: a wording inside another one would stay English.
words::Wording WhyGivenUp(const SweptMail& mail) {
  if (mail.state == "held") {
    return words::Word("given up after $0 days in which the operator held the mail back", kDays);
  }
  if (mail.error.empty()) return words::Word("given up after $0 days", kDays);
  return words::Word("given up after $0 days; the last trouble: $1", kDays,
                     words::English(mail.error));
}

}  // namespace

net::Task<absl::StatusOr<std::vector<Report>>> Outbox::TakeReports(size_t limit) {
  std::vector<std::string> args = {absl::StrCat(limit), kClaimMs};
  auto reply = co_await Run(scripts::kTakeReports, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return ReadReports(*reply);
}

net::Task<absl::Status> Outbox::Reported(const Report& report) {
  std::vector<std::string> args = {report.queue_id, report.sequence, absl::StrCat(report.bytes)};
  co_return Fenced(co_await reported_.Run(std::move(args)));
}

net::Task<absl::Status> Outbox::Reported(const std::vector<Report>& reports) {
  std::vector<std::string> args;
  for (const Report& report : reports) {
    args.push_back(report.queue_id);
    args.push_back(report.sequence);
    args.push_back(absl::StrCat(report.bytes));
  }
  auto reply = co_await Run(scripts::kReported, std::move(args));
  co_return reply.status();
}

net::Task<absl::Status> Outbox::ReportLater(std::string queue_id, milliseconds delay) {
  std::vector<std::string> args = {std::move(queue_id), Ms(delay)};
  auto reply = co_await Run(scripts::kReportLater, std::move(args));
  co_return reply.status();
}

net::Task<absl::StatusOr<int64_t>> Outbox::SweepLate() {
  words::Wording held = words::Word("the operator holds the mail back for now");
  std::vector<std::string> args = {kSweepAtOnce, Ms(kQueueLifetime), Ms(limits_.late_after),
                                   EncodeWording(held)};
  auto reply = co_await Run(scripts::kSweep, std::move(args));
  if (!reply.ok()) co_return reply.status();
  auto sweep = ReadSweep(*reply);
  if (!sweep.ok()) co_return sweep.status();
  for (const SweptMail& mail : sweep->expired) {
    std::vector<std::string> cancel = {mail.queue_id, EncodeWording(WhyGivenUp(mail)), "", ""};
    auto given_up = co_await Run(scripts::kCancel, std::move(cancel));
    if (!given_up.ok()) co_return given_up.status();
    log::Info("a mail is given up; its time is over", {{"mail", mail.queue_id}});
  }
  co_return sweep->done;
}

net::Task<absl::StatusOr<std::vector<Filing>>> Outbox::TakeFilings(size_t limit) {
  std::vector<std::string> args = {absl::StrCat(limit), kClaimMs, Ms(kFilingLife)};
  auto reply = co_await Run(scripts::kTakeFilings, std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->items.size() == 2) {
    for (const store::Reply& id : reply->items[1].items) {
      log::Warn("a sent mail could not be filed for two days; it is let go", {{"mail", id.text}});
    }
  }
  co_return ReadFilings(*reply);
}

net::Task<absl::Status> Outbox::Filed(std::string queue_id) {
  std::vector<std::string> args(1, std::move(queue_id));
  auto reply = co_await Run(scripts::kFiled, std::move(args));
  co_return reply.status();
}

net::Task<absl::Status> Outbox::FileLater(std::string queue_id, milliseconds delay) {
  std::vector<std::string> args = {std::move(queue_id), Ms(delay)};
  auto reply = co_await Run(scripts::kFileLater, std::move(args));
  co_return reply.status();
}

net::Task<absl::StatusOr<int64_t>> Outbox::FilingFailed(std::string queue_id, milliseconds delay,
                                                        words::Wording error) {
  std::vector<std::string> args = {std::move(queue_id), Ms(delay), EncodeWording(error)};
  co_return co_await RunForCount(scripts::kFilingFailed, std::move(args));
}

}  // namespace postern::sender
