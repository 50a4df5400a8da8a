#include "services/sender/compose/mail_intake.h"

#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/mail/address.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "lib/words/wording.h"

namespace postern::sender {
namespace {

auto& submitted = metrics::Counter("postern_sender_submitted_total", "Mails taken into the queue");

constexpr size_t kMaxContextBytes = 4096, kMaxKeyBytes = 4096;

template <class Repeated>
std::vector<mail::Address> Addresses(const Repeated& protos) {
  std::vector<mail::Address> addresses;
  for (const auto& proto : protos) addresses.push_back(rpc::FromProto(proto));
  return addresses;
}

absl::StatusOr<mail::Address> DefaultFrom(const Account& account) {
  auto from = mail::ParseAddress(account.default_from);
  if (from.ok()) return from;
  return words::Error(
      absl::StatusCode::kInvalidArgument,
      words::Word("the account has no usable From address; enter one in the account's settings"));
}

// The operator's relay would take mail in anybody's name: the one that admin has checked counts.
absl::Status CheckFromAtSiteRelay(const mail::Address& from, const mail::Address& allowed) {
  if (from.Spec() == allowed.Spec()) return absl::OkStatus();
  return words::Error(
      absl::StatusCode::kInvalidArgument,
      words::Word("this account sends only as $0; leave the From line out", allowed.Spec()));
}

absl::StatusOr<mail::Address> FromOf(const v1::Draft& proto, const Account& account) {
  if (!proto.has_from()) return DefaultFrom(account);
  const mail::Address from = rpc::FromProto(proto.from());
  if (!account.by_site_relay) return from;
  auto allowed = DefaultFrom(account);
  if (!allowed.ok()) return allowed;
  if (absl::Status s = CheckFromAtSiteRelay(from, *allowed); !s.ok()) return s;
  return from;
}

absl::StatusOr<Draft> ToDraft(const v1::Draft& proto, const Account& account) {
  Draft draft;
  auto from = FromOf(proto, account);
  if (!from.ok()) return from.status();
  draft.from = *std::move(from);
  draft.to = Addresses(proto.to());
  draft.cc = Addresses(proto.cc());
  draft.bcc = Addresses(proto.bcc());
  draft.subject = proto.subject();
  draft.text = proto.text();
  draft.in_reply_to = proto.in_reply_to();
  draft.references.assign(proto.references().begin(), proto.references().end());
  return draft;
}

// Nothing that an author could do anything about.
absl::Status Check(const v1::SubmitRequest& request) {
  const size_t key_bytes = request.idempotency_key().size();
  if (key_bytes == 0) return absl::InvalidArgumentError("idempotency_key: missing");
  if (key_bytes > kMaxKeyBytes) return absl::InvalidArgumentError("idempotency_key: too long");
  if (request.context().size() > kMaxContextBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("context: more than ", kMaxContextBytes, " bytes"));
  }
  return absl::OkStatus();
}

}  // namespace

net::Task<absl::StatusOr<Account>> MailIntake::AccountFor(const v1::SubmitRequest& request) {
  const std::string& id = request.account_id();
  if (!accounts_.loaded() || accounts_.Find(id) == nullptr) {
    absl::Status s = co_await catch_up_();
    if (!s.ok() && !accounts_.loaded()) {
      co_return words::Error(absl::StatusCode::kUnavailable,
                             words::Word("the accounts are not known yet; try again in a minute"));
    }
  }
  const Account* account = accounts_.Find(id);
  if (account == nullptr || account->owner != request.owner()) {
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

net::Task<absl::StatusOr<Receipt>> MailIntake::Queue(const Account& account,
                                                     Submission submission) {
  auto receipt = co_await outbox_.Put(std::move(submission));
  if (!receipt.ok() || receipt->duplicate || !passwords_.NeededBy(account)) co_return receipt;
  std::optional<Lease> no_lease;
  co_await pause_.UntilPassword(account, std::move(no_lease));
  co_return receipt;
}

net::Task<absl::Status> MailIntake::Submit(const v1::SubmitRequest& request,
                                           v1::SubmitResponse& response) {
  if (absl::Status s = Check(request); !s.ok()) co_return s;
  auto account = co_await AccountFor(request);
  if (!account.ok()) co_return account.status();
  auto draft = ToDraft(request.draft(), *account);
  if (!draft.ok()) co_return draft.status();

  Submission submission;
  submission.key = absl::StrCat(request.owner(), "\n", request.idempotency_key());
  submission.account_id = account->id;
  submission.owner = account->owner;
  submission.context = request.context();
  auto composed = Compose(*draft, submission.key, std::time(nullptr));
  if (!composed.ok()) co_return composed.status();
  submission.mail = *std::move(composed);
  const uint64_t size = submission.mail.envelope.size;

  auto receipt = co_await Queue(*account, std::move(submission));
  if (!receipt.ok()) co_return receipt.status();
  response.set_queue_id(receipt->queue_id);
  response.set_message_id(receipt->message_id);
  response.set_duplicate(receipt->duplicate);
  if (!receipt->duplicate) submitted.Increment();
  log::Info("mail taken for delivery", {{"mail", receipt->queue_id},
                                        {"account", account->id},
                                        {"message_id", receipt->message_id},
                                        {"size", size},
                                        {"duplicate", receipt->duplicate ? "yes" : "no"}});
  mail_due_();
  co_return absl::OkStatus();
}

}  // namespace postern::sender
