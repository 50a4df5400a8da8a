#include "services/posternctl/queue_changes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {
namespace {

using Stub = Session::Stub;

constexpr size_t kWholeId = 20;

absl::StatusOr<std::string> WholeId(Session& session, const std::string& beginning) {
  if (beginning.size() >= kWholeId) return beginning;
  sender::v1::ListQueueRequest request;
  request.set_queue_id(beginning);
  auto found = session.Call(&Stub::ListQueue, request);
  if (!found.ok()) return found.status();
  return found->mails().empty() ? beginning : found->mails(0).queue_id();
}

}  // namespace

absl::Status ForEachMail(const std::vector<std::string>& ids, WithMail act) {
  std::vector<absl::Status> failures;
  for (const std::string& id : ids) {
    if (absl::Status s = act(id); !s.ok()) failures.push_back(std::move(s));
  }
  if (failures.empty()) return absl::OkStatus();
  const auto message = [](std::string* out, const absl::Status& s) {
    absl::StrAppend(out, s.message());
  };
  return absl::Status(failures.front().code(), absl::StrJoin(failures, "\n", message));
}

absl::Status ForEachWholeId(Session& session, const std::vector<std::string>& beginnings,
                            WithMail act) {
  const auto with_whole = [&](const std::string& beginning) {
    const auto id = WholeId(session, beginning);
    return id.ok() ? act(*id) : id.status();
  };
  return ForEachMail(beginnings, with_whole);
}

absl::Status RetryMails(Session& session, const std::vector<std::string>& ids,
                        const sender::v1::QueueFilter& filter, bool dated) {
  sender::v1::RetryQueuedResponse all;
  const auto retry = [&](const std::string& id) {
    sender::v1::RetryQueuedRequest request;
    request.set_queue_id(id);
    *request.mutable_filter() = filter;
    request.set_dated(dated);
    auto answer = session.Call(&Stub::RetryQueued, request);
    if (!answer.ok()) return answer.status();
    all.set_retried(all.retried() + answer->retried());
    all.set_left(all.left() + answer->left());
    return absl::OkStatus();
  };
  absl::Status s = ids.empty() ? retry("") : ForEachWholeId(session, ids, retry);
  if (!s.ok() && all.retried() == 0) return s;
  if (session.json) {
    if (absl::Status printed = session.PrintJson(all); !printed.ok()) return printed;
    return s;
  }
  PrintLine(session.out(), MailsWords(all.retried(), "is due now", "are due now"));
  if (all.left() > 0) {
    PrintLine(session.out(),
              MailsWords(all.left(), "waits for its date, or may be undone, and was left (--dated)",
                         "wait for their date, or may be undone, and were left (--dated)"));
  }
  return s;
}

std::string MailsWords(uint64_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, count == 1 ? " mail " : " mails ", count == 1 ? one : many, ".");
}

}  // namespace postern::posternctl
