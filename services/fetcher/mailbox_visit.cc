#include "services/fetcher/mailbox_visit.h"

#include <utility>

#include "lib/mail/utf8.h"
#include "lib/words/wording.h"
#include "services/fetcher/imap_visit.h"
#include "services/fetcher/pop3_visit.h"

namespace postern::fetcher {

namespace {

// Of the mails of one answer, which has to be below rpc::kMaxMessageBytes.
constexpr size_t kMaxTexts = 4 * 1024 * 1024;
constexpr size_t kMaxListed = 100;  // addresses of a field, attachments

absl::Status Note(Step step, absl::Status status, std::optional<Failure>& failure) {
  failure.emplace();
  failure->step = step;
  failure->status = status;
  return status;
}

}  // namespace

net::Task<absl::StatusOr<std::unique_ptr<MailboxVisit>>> BeginVisit(
    const VisitParts& parts, const Account& account, crypto::Secret password,
    std::optional<Failure>& failure) {
  auto stream = co_await parts.dialer.Dial(account.Endpoint());
  if (!stream.ok()) co_return Note(Step::kConnect, stream.status(), failure);
  std::unique_ptr<MailboxVisit> visit;
  if (account.type == AccountType::kPop3) {
    visit = std::make_unique<Pop3Visit>(account, *std::move(stream));
  } else {
    visit = std::make_unique<ImapVisit>(account, *std::move(stream));
  }
  absl::Status logged_in = co_await visit->LogIn(std::move(password), parts.password_rule);
  if (!logged_in.ok()) {
    failure = visit->failure();
    co_return logged_in;
  }
  co_return std::move(visit);
}

absl::Status VisitError(const Account& account, const absl::Status& status,
                        const std::optional<Failure>& failure) {
  Failure told;
  told.step = Step::kOpenMailbox;
  told.status = status;
  if (failure) told = *failure;
  return words::Error(absl::StatusCode::kFailedPrecondition, FailureWording(account, told));
}

void KeepWhatIsRead(mail::Mail& mail, size_t of) {
  const absl::string_view text = mail::CutUtf8(mail.text, kMaxTexts / of);
  if (text.size() < mail.text.size()) {
    mail.text_truncated = true;
    mail.text.resize(text.size());
  }
  mail.headers = {};
  for (auto* addresses : {&mail.from, &mail.reply_to, &mail.to, &mail.cc}) {
    if (addresses->size() > kMaxListed) addresses->resize(kMaxListed);
  }
  if (mail.attachments.size() > kMaxListed) mail.attachments.resize(kMaxListed);
}

absl::Status ChangedMeanwhile() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("the mailbox has changed meanwhile; begin again"));
}

}  // namespace postern::fetcher
