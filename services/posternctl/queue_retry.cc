#include "services/posternctl/queue_retry.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {
namespace {

using sender::v1::QueuedMail;
using Stub = Session::Stub;

constexpr uint32_t kPage = 1000;

// After the others were made due: those that nobody tried yet, and that are due later all the same.
absl::StatusOr<std::vector<std::string>> FindDated(Session& session,
                                                   sender::v1::QueueFilter filter) {
  sender::v1::ListQueueRequest request;
  filter.set_state(sender::v1::QUEUE_STATE_WAITING);
  *request.mutable_filter() = std::move(filter);
  request.set_limit(kPage);
  std::vector<std::string> ids;
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  do {
    auto page = session.Call(&Stub::ListQueue, request);
    if (!page.ok()) return page.status();
    for (const QueuedMail& mail : page->mails()) {
      const bool later = mail.next_attempt_unix() == 0 || mail.next_attempt_unix() > now;
      if (mail.attempts() == 0 && later) ids.push_back(mail.queue_id());
    }
    request.set_after(page->next());
  } while (!request.after().empty());
  return ids;
}

// A dated mail is made due by its id alone.
absl::Status RetryDated(Session& session, const std::vector<std::string>& ids, uint32_t& retried) {
  for (const std::string& id : ids) {
    sender::v1::RetryQueuedRequest request;
    request.set_queue_id(id);
    auto answer = session.Call(&Stub::RetryQueued, request);
    const auto code = answer.status().code();
    // It went, or was cancelled or held, meanwhile.
    if (code == absl::StatusCode::kNotFound || code == absl::StatusCode::kFailedPrecondition) {
      continue;
    }
    if (!answer.ok()) return answer.status();
    retried += answer->retried();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RetryMails(Session& session, const std::string& id, sender::v1::QueueFilter filter,
                        bool dated) {
  sender::v1::RetryQueuedRequest request;
  request.set_queue_id(id);
  *request.mutable_filter() = filter;
  auto answer = session.Call(&Stub::RetryQueued, request);
  if (!answer.ok()) return answer.status();
  absl::StatusOr<std::vector<std::string>> left = std::vector<std::string>();
  if (id.empty()) left = FindDated(session, std::move(filter));
  if (!left.ok()) return left.status();
  uint32_t retried = answer->retried();
  if (dated) {
    if (absl::Status s = RetryDated(session, *left, retried); !s.ok()) return s;
    answer->set_retried(retried);
    left->clear();
  }
  if (session.json) return session.PrintJson(*answer);
  PrintLine(session.out(), MailsWords(retried, "is due now", "are due now"));
  if (left->empty()) return absl::OkStatus();
  PrintLine(session.out(),
            MailsWords(left->size(), "waits for its date, or may be undone, and was left (--dated)",
                       "wait for their date, or may be undone, and were left (--dated)"));
  return absl::OkStatus();
}

std::string MailsWords(uint64_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, count == 1 ? " mail " : " mails ", count == 1 ? one : many, ".");
}

}  // namespace postern::posternctl
