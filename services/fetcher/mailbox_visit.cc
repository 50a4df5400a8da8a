#include "services/fetcher/mailbox_visit.h"

#include <algorithm>
#include <utility>

#include "lib/mail/utf8.h"
#include "lib/words/wording.h"
#include "services/fetcher/account_password.h"
#include "services/fetcher/imap_visit.h"
#include "services/fetcher/mail_handoff.h"
#include "services/fetcher/pop3_visit.h"

namespace postern::fetcher {

namespace {

// Of the mails of one answer, which has to be below rpc::kMaxMessageBytes.
constexpr size_t kMaxTexts = 4 * 1024 * 1024;
constexpr size_t kMaxBytes = 7 * 1024 * 1024;
constexpr size_t kMaxListed = 100;  // addresses of a field, attachments

template <class T>
void Shorten(std::vector<T>& list, size_t most) {
  if (list.size() > most) list.resize(most);
}

absl::Status Note(Step step, absl::Status status, std::optional<Failure>& failure) {
  failure.emplace();
  failure->step = step;
  failure->status = status;
  return status;
}

}  // namespace

namespace {

net::Task<absl::StatusOr<std::unique_ptr<MailboxVisit>>> BeginOnce(
    const VisitParts& parts, const Account& account, const sasl::Credentials& credentials,
    std::optional<Failure>& failure) {
  auto stream = co_await parts.dialer.Dial(account.Endpoint());
  if (!stream.ok()) co_return Note(Step::kConnect, stream.status(), failure);
  std::unique_ptr<MailboxVisit> visit;
  if (account.type == AccountType::kPop3) {
    visit = std::make_unique<Pop3Visit>(account, *std::move(stream));
  } else {
    visit = std::make_unique<ImapVisit>(account, *std::move(stream));
  }
  absl::Status logged_in = co_await visit->LogIn(credentials, parts.password_rule);
  if (!logged_in.ok()) {
    failure = visit->failure();
    co_return logged_in;
  }
  co_return std::move(visit);
}

}  // namespace

net::Task<absl::StatusOr<std::unique_ptr<MailboxVisit>>> BeginVisit(
    const VisitParts& parts, const Account& account, sasl::Credentials credentials,
    std::optional<Failure>& failure) {
  auto visit = co_await BeginOnce(parts, account, credentials, failure);
  if (NoteLogin(account, credentials, visit.status(), parts.tokens)) {
    auto fresh = co_await CredentialsOf(account, parts.secrets, parts.passwords, parts.tokens);
    if (!fresh.ok()) co_return Note(Step::kCredentials, fresh.status(), failure);
    failure.reset();
    visit = co_await BeginOnce(parts, account, *fresh, failure);
    NoteLogin(account, *fresh, visit.status(), parts.tokens);
  }
  if (!visit.ok()) co_return visit.status();
  const std::chrono::seconds delay((*visit)->login_delay_seconds());
  parts.login_delays.Note(account, delay, LoginDelays::Clock::now());
  if (parts.on_reached) parts.on_reached(account.host);
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
  // Names may be as long as a header: of such lists less is kept. Who wrote it stays,
  for (size_t listed = kMaxListed;; listed /= 2) {
    for (auto* addresses : {&mail.to, &mail.cc}) Shorten(*addresses, listed);
    for (auto* addresses : {&mail.from, &mail.reply_to}) {
      Shorten(*addresses, std::max<size_t>(listed, 1));
    }
    Shorten(mail.attachments, listed);
    if (listed < kMaxListed) Shorten(mail.references, listed);
    if (listed == 0 || WireSize(mail) <= kMaxBytes / of) break;
  }
  if (WireSize(mail) <= kMaxBytes / of) return;
  // unless that is what makes it too large.
  mail::Mail rest;
  rest.subject = std::move(mail.subject);
  rest.text = std::move(mail.text);
  rest.text_truncated = mail.text_truncated;
  rest.defects = std::move(mail.defects);
  rest.date_unix = mail.date_unix;
  rest.received_unix = mail.received_unix;
  rest.size = mail.size;
  mail = std::move(rest);
}

// --- some mails in one answer ---------------------------------------------------------

void Reading::Take(std::optional<mail::Mail> mail) {
  if (mail) {
    if (purpose_ == Purpose::kForPeople) KeepWhatIsRead(*mail, ids_.size());
    found_.push_back(FoundMail{ids_[at_], *std::move(mail)});
  }
  ++at_;
  depth_ = Depth::kAll;
}

void Reading::Broken() { depth_ = depth_ == Depth::kAll ? Depth::kHeader : Depth::kNothing; }

std::vector<FoundMail> Reading::Finish() {
  while (!Done()) Take(NotRead());
  return std::move(found_);
}

namespace {
absl::Status OnlyByImap() { return absl::UnimplementedError("POP3 has no such command"); }
}  // namespace

net::Task<absl::StatusOr<MailPage>> MailboxVisit::SearchMails(MailQuery) { co_return OnlyByImap(); }

net::Task<absl::Status> MailboxVisit::ChangeFlags(std::vector<std::string>,
                                                  std::vector<std::string>,
                                                  std::vector<std::string>) {
  co_return OnlyByImap();
}

net::Task<absl::StatusOr<std::string>> MailboxVisit::MoveMails(std::vector<std::string>,
                                                               std::string) {
  co_return OnlyByImap();
}

net::Task<absl::StatusOr<std::string>> MailboxVisit::CopyMails(std::vector<std::string>,
                                                               std::string) {
  co_return OnlyByImap();
}

net::Task<absl::Status> MailboxVisit::CreateFolder(std::string) { co_return OnlyByImap(); }

net::Task<absl::StatusOr<Filed>> MailboxVisit::AppendMail(Filing) { co_return OnlyByImap(); }

net::Task<absl::StatusOr<std::vector<imap::QuotaResource>>> MailboxVisit::AskQuota() {
  co_return OnlyByImap();
}

net::Task<absl::Status> MailboxVisit::CheckConnection() { co_return OnlyByImap(); }

// --- answers that are no answer ---------------------------------------------------

absl::Status MailIsGone() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("this mail is no longer in the mailbox"));
}

absl::Status NoSuchAttachment() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("this mail has no such attachment"));
}

absl::Status ChangedMeanwhile() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("the mailbox has changed meanwhile; begin again"));
}

}  // namespace postern::fetcher
