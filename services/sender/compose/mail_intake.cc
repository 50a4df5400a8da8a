#include "services/sender/compose/mail_intake.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>

#include "absl/strings/str_cat.h"
#include "lib/mail/address.h"
#include "lib/mail/domain_name.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/words/wording.h"
#include "services/sender/compose/addressing.h"
#include "services/sender/compose/copy.h"
#include "services/sender/outcomes/sentences.h"

namespace postern::sender {
namespace {

auto& submitted = metrics::Counter("postern_sender_submitted_total", "Mails taken into the queue");

constexpr size_t kMaxContextBytes = 4096, kMaxKeyBytes = 4096;
constexpr int64_t kDay = 24 * 60 * 60;
constexpr int64_t kLongestWait = 366 * kDay;

// Nothing that an author could do anything about.
absl::Status CheckCall(const std::string& key, const std::string& context) {
  if (key.empty()) return absl::InvalidArgumentError("idempotency_key: missing");
  if (key.size() > kMaxKeyBytes) return absl::InvalidArgumentError("idempotency_key: too long");
  if (context.size() > kMaxContextBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("context: more than ", kMaxContextBytes, " bytes"));
  }
  return absl::OkStatus();
}

// What is the same for all mail of one call.
template <class Request>
Submission SubmissionOf(const Request& request, const Account& account) {
  Submission submission;
  submission.key = absl::StrCat(request.owner(), "\n", request.idempotency_key());
  submission.account_id = account.id;
  submission.owner = account.owner;
  submission.context = request.context();
  return submission;
}

absl::StatusOr<CopyOrder> OrderOf(const v1::SubmitCopyRequest& request, const Account& account) {
  CopyOrder order;
  auto from = DefaultFrom(account);
  if (!from.ok()) return from.status();
  order.account_id = account.id;
  order.from = *std::move(from);
  for (const std::string& recipient : request.recipients()) {
    auto address = mail::ParseAddress(recipient);
    if (!address.ok()) return address.status();
    order.recipients.push_back(*std::move(address));
  }
  order.mail = request.mail();
  order.headers_only = request.headers_only();
  return order;
}

void FillResponse(const Receipt& receipt, v1::SubmitResponse& response) {
  response.set_queue_id(receipt.queue_id);
  response.set_message_id(receipt.message_id);
  response.set_duplicate(receipt.duplicate);
  response.set_due_unix_ms(receipt.due_ms);
}

}  // namespace

absl::StatusOr<milliseconds> WaitOf(const Account& account, int64_t send_at_unix,
                                    int64_t now_unix) {
  const std::chrono::seconds undo(account.sending.undo_seconds);
  if (send_at_unix == 0) return undo;
  // Compared without sums: any number may stand there.
  if (send_at_unix > now_unix + kLongestWait) {
    return words::Error(absl::StatusCode::kInvalidArgument,
                        words::Word("a mail can wait for a year at most; choose an earlier time"));
  }
  if (send_at_unix < now_unix - kDay) {
    return words::Error(absl::StatusCode::kInvalidArgument,
                        words::Word("the time when it was to be sent is over; choose a later one"));
  }
  return std::max<milliseconds>(undo, std::chrono::seconds(send_at_unix - now_unix));
}

net::Task<absl::StatusOr<Account>> MailIntake::AccountFor(const std::string& id,
                                                          const std::string& owner) {
  if (!accounts_.loaded() || accounts_.Find(id) == nullptr) {
    absl::Status s = co_await catch_up_();
    if (!s.ok() && !accounts_.loaded()) {
      co_return words::Error(absl::StatusCode::kUnavailable,
                             words::Word("the accounts are not known yet; try again in a minute"));
    }
  }
  const Account* account = accounts_.Find(id);
  if (account == nullptr || account->owner != owner) {
    co_return words::Error(absl::StatusCode::kNotFound,
                           words::Word("there is no such SMTP account"));
  }
  if (!account->enabled) {
    co_return words::Error(absl::StatusCode::kFailedPrecondition,
                           words::Word("the SMTP account is disabled"));
  }
  if (absl::Status s = relay_.CheckServes(*account); !s.ok()) co_return s;
  co_return *account;
}

absl::StatusOr<std::vector<AliasCopy>> MailIntake::Expand(ComposedMail& mail) const {
  if (!steps_.expand) return std::vector<AliasCopy>();
  auto expansion = steps_.expand(mail.envelope.to);
  if (!expansion.ok()) return expansion.status();
  mail.envelope.to.clear();
  for (const std::string& recipient : expansion->recipients) {
    auto address = mail::ParseAddress(recipient);
    if (!address.ok()) return address.status();
    auto travelling = Travelling(*address);
    if (!travelling.ok()) return travelling.status();
    mail.envelope.utf8 = mail.envelope.utf8 || mail::NeedsUtf8(*travelling);
    mail.envelope.to.push_back(travelling->Spec());
  }
  return std::move(expansion->copies);
}

absl::Status MailIntake::Sign(const Account& account, ComposedMail& mail) const {
  if (!steps_.sign) return absl::OkStatus();
  absl::Status s = steps_.sign(account, mail);
  if (s.ok()) Measure(mail);
  return s;
}

// The same content for somebody whom an alias names beside the recipient. Nobody hears of what
// becomes of it, for its author does not know of it.
absl::StatusOr<Submission> MailIntake::CopyFor(const Account& account, const Submission& original,
                                               const AliasCopy& copy) const {
  CopyOrder order;
  auto from = DefaultFrom(account);
  if (!from.ok()) return from.status();
  auto recipient = mail::ParseAddress(copy.address);
  if (!recipient.ok()) return recipient.status();
  order.account_id = account.id;
  order.from = *std::move(from);
  order.recipients.push_back(*std::move(recipient));
  order.mail = original.mail.content;
  order.headers_only = copy.headers_only;
  Submission submission;
  submission.key = absl::StrCat(original.key, "\ncopy\n", copy.address);
  submission.account_id = original.account_id;
  submission.owner = original.owner;
  submission.wait = original.wait;
  auto composed = ComposeCopy(order, submission.key, std::time(nullptr));
  if (!composed.ok()) return composed.status();
  submission.mail = *std::move(composed);
  if (copy.headers_only) {
    if (absl::Status s = Sign(account, submission.mail); !s.ok()) return s;
  }
  return submission;
}

net::Task<absl::StatusOr<Receipt>> MailIntake::Queue(const Account& account,
                                                     Submission submission) {
  auto receipt = co_await outbox_.Put(std::move(submission));
  if (!receipt.ok() || receipt->duplicate || !passwords_.NeededBy(account)) co_return receipt;
  std::optional<Lease> no_lease;
  co_await pause_.UntilPassword(account, std::move(no_lease));
  co_return receipt;
}

// kUnavailable: the request is to be repeated as a whole, and what is queued is not queued again.
net::Task<absl::Status> MailIntake::QueueCopies(const Account& account,
                                                const std::vector<Submission>& copies) {
  for (const Submission& copy : copies) {
    auto receipt = co_await Queue(account, copy);
    if (receipt.ok()) continue;
    if (absl::IsUnavailable(receipt.status())) co_return OfSubmission(receipt.status());
    log::Warn("a copy was not taken",
              {{"account", account.id}, {"error", receipt.status().message()}});
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> MailIntake::Take(const Account& account, Submission submission,
                                         v1::SubmitResponse& response) {
  const uint64_t size = submission.mail.envelope.size;
  auto receipt = co_await Queue(account, std::move(submission));
  if (!receipt.ok()) {
    log::Warn("a mail was not taken",
              {{"account", account.id}, {"error", receipt.status().message()}});
    co_return OfSubmission(receipt.status());
  }
  if (steps_.leaves_at && !receipt->duplicate) {
    receipt->due_ms = steps_.leaves_at(account, receipt->due_ms);
  }
  FillResponse(*receipt, response);
  if (!receipt->duplicate) submitted.Increment();
  log::Info("mail taken for delivery", {{"mail", receipt->queue_id},
                                        {"account", account.id},
                                        {"message_id", receipt->message_id},
                                        {"size", size},
                                        {"duplicate", receipt->duplicate ? "yes" : "no"}});
  mail_due_();
  co_return absl::OkStatus();
}

absl::StatusOr<Submission> MailIntake::Prepare(const v1::SubmitRequest& request,
                                               const Account& account) {
  auto draft = drafts_.Read(request.draft(), account);
  if (!draft.ok()) return draft.status();
  const int64_t now = std::time(nullptr);
  const auto wait = WaitOf(account, request.send_at_unix(), now);
  if (!wait.ok()) return wait.status();
  Submission submission = SubmissionOf(request, account);
  submission.wait = *wait;
  submission.to_be_filed = steps_.files && steps_.files(account);
  // A mail that was put off is dated when it goes, else it would stand among old ones.
  const int64_t date = std::max<int64_t>(now, request.send_at_unix());
  auto composed = Compose(*std::move(draft), submission.key, date);
  if (!composed.ok()) return composed.status();
  submission.mail = *std::move(composed);
  return submission;
}

std::vector<Submission> MailIntake::CopiesFor(const Account& account, const Submission& original,
                                              const std::vector<AliasCopy>& aliases) const {
  std::vector<Submission> copies;
  for (const AliasCopy& alias : aliases) {
    auto copy = CopyFor(account, original, alias);
    if (copy.ok()) {
      copies.push_back(*std::move(copy));
    } else {
      log::Warn("a copy can't be made",
                {{"account", account.id}, {"error", copy.status().message()}});
    }
  }
  return copies;
}

net::Task<absl::Status> MailIntake::Submit(const v1::SubmitRequest& request,
                                           v1::SubmitResponse& response) {
  const absl::Status check = CheckCall(request.idempotency_key(), request.context());
  if (!check.ok()) co_return check;
  auto account = co_await AccountFor(request.account_id(), request.owner());
  if (!account.ok()) co_return account.status();
  auto submission = Prepare(request, *account);
  if (!submission.ok()) co_return submission.status();
  const auto aliases = Expand(submission->mail);
  if (!aliases.ok()) co_return aliases.status();
  if (absl::Status s = Sign(*account, submission->mail); !s.ok()) co_return s;
  const std::vector<Submission> copies = CopiesFor(*account, *submission, *aliases);
  const absl::Status taken = co_await Take(*account, *std::move(submission), response);
  if (!taken.ok()) co_return taken;
  co_return co_await QueueCopies(*account, copies);
}

net::Task<absl::Status> MailIntake::SubmitCopy(const v1::SubmitCopyRequest& request,
                                               v1::SubmitResponse& response) {
  const absl::Status check = CheckCall(request.idempotency_key(), request.context());
  if (!check.ok()) co_return check;
  auto account = co_await AccountFor(request.account_id(), request.owner());
  if (!account.ok()) co_return account.status();
  const auto order = OrderOf(request, *account);
  if (!order.ok()) co_return order.status();
  Submission submission = SubmissionOf(request, *account);
  auto composed = ComposeCopy(*order, submission.key, std::time(nullptr));
  if (!composed.ok()) co_return composed.status();
  submission.mail = *std::move(composed);
  // What somebody else wrote is not signed as ours.
  if (request.headers_only()) {
    if (absl::Status s = Sign(*account, submission.mail); !s.ok()) co_return s;
  }
  co_return co_await Take(*account, std::move(submission), response);
}

}  // namespace postern::sender
