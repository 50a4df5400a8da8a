#include "services/sender/outbox/queue_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"

namespace postern::sender {
namespace {

using std::chrono::steady_clock;

constexpr size_t kPage = 1000, kMaxListed = 10'000, kStep = 250;
// admin waits 5 s for an answer.
constexpr std::chrono::seconds kPatience{3}, kRedisPause{1};
constexpr size_t kMaxWalks = 4;
constexpr size_t kWaitingListed = 20, kMaxWaitingListed = 100;
// What waits no longer than this for its own time waits to be taken back; admin lets nobody set
// more.
constexpr int64_t kLongestUndoMs = 120'000;

struct StateName {
  v1::QueueState state;
  const char* name;
};
constexpr StateName kStates[] = {{v1::QUEUE_STATE_WAITING, "waiting"},
                                 {v1::QUEUE_STATE_SENDING, "sending"},
                                 {v1::QUEUE_STATE_REPORTING, "reporting"},
                                 {v1::QUEUE_STATE_HELD, "held"},
                                 {v1::QUEUE_STATE_FILING, "filing"}};

v1::QueueState ToState(const std::string& name) {
  for (const StateName& one : kStates) {
    if (name == one.name) return one.state;
  }
  return v1::QUEUE_STATE_UNSPECIFIED;
}

QueueFilter FromProto(const v1::QueueFilter& proto) {
  QueueFilter filter;
  filter.account_id = proto.account_id();
  filter.owner = proto.owner();
  filter.domain = proto.domain();
  for (const StateName& one : kStates) {
    if (proto.state() == one.state) filter.state = one.name;
  }
  return filter;
}

void FillProto(const QueuedMail& mail, v1::QueuedMail& proto) {
  proto.set_queue_id(mail.queue_id);
  proto.set_account_id(mail.account_id);
  proto.set_owner(mail.owner);
  proto.set_message_id(mail.message_id);
  proto.set_from(mail.from);
  for (const std::string& recipient : mail.pending) proto.add_pending_recipients(recipient);
  proto.set_size(mail.size);
  proto.set_state(ToState(mail.state));
  proto.set_attempts(mail.attempts);
  proto.set_submitted_unix(mail.submitted_ms / 1000);
  proto.set_next_attempt_unix(mail.next_attempt_ms / 1000);
  proto.set_last_error(mail.error);
  proto.set_uncertain(mail.uncertain);
}

// What a waiting mail waits for but another try; empty: nothing else.
std::string WaitsFor(const QueuedMail& mail, const GateWait& gate) {
  if (mail.gated) {
    return absl::StrCat("waits for ", gate.what.empty() ? "a schedule or a route" : gate.what);
  }
  if (!mail.dated) return "";
  return mail.next_attempt_ms - mail.submitted_ms <= kLongestUndoMs
             ? "waits so that its author may undo it"
             : "waits for its date";
}

absl::Status NotInQueue(const std::string& queue_id) {
  return absl::NotFoundError(absl::StrCat("no mail ", queue_id, " is in the queue"));
}

}  // namespace

void QueueDesk::Fill(const QueuedMail& mail, v1::QueuedMail& proto) const {
  FillProto(mail, proto);
  GateWait gate;
  if (mail.gated) {
    gate = parts_.gate_of(mail.account_id, mail.next_attempt_ms);
    proto.set_next_attempt_unix(gate.opens_ms / 1000);
  }
  const std::string waits_for = WaitsFor(mail, gate);
  if (waits_for.empty()) return;
  proto.set_last_error(mail.error.empty() ? waits_for
                                          : absl::StrCat(waits_for, "; before: ", mail.error));
}

net::Task<absl::Status> QueueDesk::List(const v1::ListQueueRequest& request,
                                        v1::ListQueueResponse& response) {
  const size_t limit = request.limit() == 0 ? kPage : std::min<size_t>(request.limit(), kMaxListed);
  absl::StatusOr<QueuePage> page;
  if (request.queue_id().empty()) {
    page = co_await view_.List(FromProto(request.filter()), request.after(), limit);
  } else {
    auto id = co_await view_.Resolve(request.queue_id());
    if (!id.ok()) co_return id.status();
    page = co_await view_.Find(*id);
    if (page.ok() && page->mails.empty()) co_return NotInQueue(*id);
  }
  if (!page.ok()) co_return page.status();
  for (const QueuedMail& mail : page->mails) Fill(mail, *response.add_mails());
  response.set_total(page->total);
  response.set_next(page->next);
  co_return absl::OkStatus();
}

net::Task<absl::Status> QueueDesk::Show(const v1::ShowQueuedRequest& request,
                                        v1::ShowQueuedResponse& response) {
  auto id = co_await view_.Resolve(request.queue_id());
  if (!id.ok()) co_return id.status();
  auto page = co_await view_.Find(*id);
  if (!page.ok()) co_return page.status();
  if (page->mails.empty()) co_return NotInQueue(*id);
  Fill(page->mails.front(), *response.mutable_mail());
  auto header = co_await view_.Header(*id);
  if (!header.ok()) co_return header.status();
  response.set_header(*std::move(header));
  co_return absl::OkStatus();
}

net::Task<absl::Status> QueueDesk::Waiting(const v1::ListWaitingRequest& request,
                                           v1::ListWaitingResponse& response) {
  if (request.owner().empty()) co_return absl::InvalidArgumentError("owner: missing");
  const size_t limit =
      request.limit() == 0 ? kWaitingListed : std::min<size_t>(request.limit(), kMaxWaitingListed);
  std::vector<std::string> accounts = parts_.accounts_of(request.owner());
  auto page = co_await view_.Waiting(request.owner(), std::move(accounts), limit);
  if (!page.ok()) co_return page.status();
  for (const QueuedMail& mail : page->mails) Fill(mail, *response.add_mails());
  response.set_more(!page->next.empty());
  co_return absl::OkStatus();
}

net::Task<absl::Status> QueueDesk::Retry(const v1::RetryQueuedRequest& request,
                                         v1::RetryQueuedResponse& response) {
  if (!request.queue_id().empty()) co_return co_await RetryOne(request.queue_id(), response);
  Walk walk;
  walk.change = Change::kRetry;
  walk.dated = request.dated();
  walk.filter = FromProto(request.filter());
  auto walked = co_await ChangeAll(std::move(walk));
  if (!walked.ok()) co_return walked.status();
  response.set_retried(static_cast<uint32_t>(walked->changed));
  response.set_left(static_cast<uint32_t>(walked->left));
  co_return absl::OkStatus();
}

net::Task<absl::Status> QueueDesk::RetryOne(std::string beginning,
                                            v1::RetryQueuedResponse& response) {
  auto id = co_await view_.Resolve(std::move(beginning));
  if (!id.ok()) co_return id.status();
  std::vector<std::string> one(1, *id);
  auto retried = co_await view_.Retry(std::move(one), /*dated=*/true);
  if (!retried.ok()) co_return retried.status();
  if (retried->now == 0) co_return co_await WhyNotRetried(*id);
  response.set_retried(1);
  parts_.mail_due();
  co_return absl::OkStatus();
}

net::Task<absl::Status> QueueDesk::WhyNotRetried(std::string queue_id) {
  auto page = co_await view_.Find(queue_id);
  if (!page.ok()) co_return page.status();
  if (page->mails.empty()) co_return NotInQueue(queue_id);
  const std::string& state = page->mails.front().state;
  if (state == "held") {
    co_return absl::FailedPreconditionError(absl::StrCat(
        "mail ", queue_id, " is held; 'posternctl queue release ", queue_id, "' lets it go"));
  }
  co_return absl::FailedPreconditionError(
      absl::StrCat("mail ", queue_id, " is not waiting: it is ", state));
}

net::Task<absl::Status> QueueDesk::Hold(const v1::HoldQueuedRequest& request,
                                        v1::HoldQueuedResponse& response) {
  if (!request.queue_id().empty()) {
    absl::Status s = co_await HoldOne(request.queue_id(), request.release());
    if (s.ok()) response.set_changed(1);
    co_return s;
  }
  Walk walk;
  walk.change = request.release() ? Change::kRelease : Change::kHold;
  walk.filter = FromProto(request.filter());
  if (walk.filter.empty()) {
    co_return absl::InvalidArgumentError(
        "filter: say which mails, by id, account, owner or domain");
  }
  auto walked = co_await ChangeAll(std::move(walk));
  if (!walked.ok()) co_return walked.status();
  response.set_changed(static_cast<uint32_t>(walked->changed));
  co_return absl::OkStatus();
}

net::Task<absl::Status> QueueDesk::HoldOne(std::string beginning, bool release) {
  auto id = co_await view_.Resolve(std::move(beginning));
  if (!id.ok()) co_return id.status();
  absl::Status s = co_await view_.HoldOne(*std::move(id), release);
  if (s.ok() && release) parts_.mail_due();
  co_return s;
}

net::Task<absl::StatusOr<QueueDesk::Walk>> QueueDesk::ChangeAll(Walk walk) {
  if (tasks_.size() >= kMaxWalks) {
    co_return absl::ResourceExhaustedError("changes to many mails are under way; try again soon");
  }
  const auto till = steady_clock::now() + kPatience;
  while (!walk.ended && steady_clock::now() < till) {
    absl::Status s = co_await Step(walk);
    if (!s.ok()) co_return s;
  }
  Walk so_far = walk;
  if (!walk.ended) tasks_.Spawn("queue change", GoOn(std::move(walk)));
  co_return so_far;
}

net::Task<absl::Status> QueueDesk::Step(Walk& walk) {
  auto page = co_await view_.List(walk.filter, walk.after, kStep);
  if (!page.ok()) co_return page.status();
  std::vector<std::string> ids;
  for (const QueuedMail& mail : page->mails) ids.push_back(mail.queue_id);
  if (walk.change == Change::kRetry) {
    auto retried = co_await view_.Retry(std::move(ids), walk.dated);
    if (!retried.ok()) co_return retried.status();
    walk.changed += retried->now;
    walk.left += retried->left;
  } else {
    auto changed = co_await view_.Hold(std::move(ids), walk.change == Change::kRelease);
    if (!changed.ok()) co_return changed.status();
    walk.changed += *changed;
  }
  walk.after = page->next;
  walk.ended = page->next.empty();
  if (walk.change != Change::kHold) parts_.mail_due();
  co_return absl::OkStatus();
}

net::Task<void> QueueDesk::GoOn(Walk walk) {
  while (!walk.ended) {
    absl::Status s = co_await Step(walk);
    if (!s.ok()) co_await net::Sleep(kRedisPause);
  }
  log::Info("a change to many mails is done", {{"changed", walk.changed}});
}

net::Task<absl::Status> QueueDesk::Cancel(const v1::CancelQueuedRequest& request) {
  if (!request.owner().empty()) {
    // The key as MailIntake makes it.
    std::string key = absl::StrCat(request.owner(), "\n", request.idempotency_key());
    absl::Status s = co_await view_.TakeBack(request.owner(), request.queue_id(), std::move(key));
    if (s.ok()) log::Info("mail taken back by its author", {{"mail", request.queue_id()}});
    co_return s;
  }
  if (request.queue_id().empty()) co_return absl::InvalidArgumentError("queue_id: missing");
  auto id = co_await view_.Resolve(request.queue_id());
  if (!id.ok()) co_return id.status();
  words::Wording why = words::Word("cancelled by the operator");
  absl::Status s = co_await view_.Cancel(*id, std::move(why));
  if (s.ok()) {
    log::Info("mail cancelled by the operator", {{"mail", *id}});
    parts_.outcome_due();
  }
  co_return s;
}

}  // namespace postern::sender
