#include "services/fetcher/pop3_visit.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "lib/mail/date.h"
#include "lib/net/deadline.h"
#include "lib/words/wording.h"
#include "services/fetcher/known_mails.h"
#include "services/fetcher/mail_id.h"
#include "services/fetcher/mail_part.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/session_opening.h"

namespace postern::fetcher {

namespace {
constexpr std::chrono::seconds kGoodbyeLimit{1};      // somebody waits for what was read before
constexpr uint64_t kMostInMemory = 32 * 1024 * 1024;  // of a mail that is taken apart

absl::Status NotAllRemoved() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("the mail server does not remove all of these mails; none was "
                                  "removed"));
}

absl::Status TooLarge() {
  return words::Error(absl::StatusCode::kResourceExhausted,
                      words::Word("this mail is too large to be taken apart by POP3 (more than "
                                  "$0 MiB); use IMAP if it is offered",
                                  kMostInMemory / 1024 / 1024));
}
}  // namespace

Pop3Visit::Pop3Visit(const Account& account, std::unique_ptr<net::ByteStream> stream)
    : account_(account),
      mailbox_(Pop3MailboxIdentity(account.host, account.login)),
      stream_(std::move(stream)),
      session_(*stream_) {}

std::string Pop3Visit::IdOf(const pop3::UniqueId& mail) const {
  return Pop3MailRef(UidlKey(mailbox_, mail.id));
}

absl::Status Pop3Visit::Failed(Step step, absl::Status status) {
  return Blame(session_, step, std::move(status), failure_);
}

net::Task<absl::Status> Pop3Visit::LogIn(sasl::Credentials credentials, PasswordRule rule) {
  co_return co_await OpenSession(session_, account_, credentials, rule, failure_,
                                 kVisitorsPatience);
}

net::Task<absl::Status> Pop3Visit::OpenMailbox() {
  pop3::Session::Sink ignore = [](pop3::UniqueId) {};
  absl::Status listed = co_await session_.ListUniqueIds(std::move(ignore));
  if (!listed.ok()) co_return Failed(Step::kRead, listed);
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<FolderTree>> Pop3Visit::ListFolders() {
  co_return absl::UnimplementedError("POP3 has no folders");
}

net::Task<absl::StatusOr<MailPage>> Pop3Visit::ListMails(MailQuery query) {
  const std::string before_id = std::move(query.before_id);
  const size_t limit = query.limit;
  // The last ones before `before_id`, and one more to know whether there is any: a
  // mailbox may hold many thousands.
  std::deque<pop3::UniqueId> newest;
  bool reached = false;
  pop3::Session::Sink sink = [&](pop3::UniqueId mail) {
    if (!before_id.empty() && IdOf(mail) == before_id) reached = true;
    if (reached) return;
    newest.push_back(std::move(mail));
    if (newest.size() > limit + 1) newest.pop_front();
  };
  absl::Status listed = co_await session_.ListUniqueIds(std::move(sink));
  if (!listed.ok()) co_return Failed(Step::kRead, listed);
  if (!before_id.empty() && !reached) co_return ChangedMeanwhile();
  MailPage page;
  page.more = newest.size() > limit;
  if (page.more) newest.pop_front();
  for (; !newest.empty(); newest.pop_back()) {
    auto summary = co_await Summarise(newest.back().number, IdOf(newest.back()));
    if (!summary.ok()) co_return summary.status();
    if (summary->has_value()) page.mails.push_back(**std::move(summary));
  }
  co_return page;
}

// Nothing when another client has just removed it.
net::Task<absl::StatusOr<std::optional<MailSummary>>> Pop3Visit::Summarise(uint32_t number,
                                                                           std::string id) {
  auto size = co_await session_.SizeOf(number);
  if (absl::IsFailedPrecondition(size.status())) co_return std::nullopt;
  if (!size.ok()) co_return Failed(Step::kRead, size.status());
  MailSummary summary;
  summary.id = std::move(id);
  summary.size = *size;
  auto header = co_await ReadHeader(session_, number);
  // Without TOP there is no more to tell; it can be read all the same.
  if (absl::IsFailedPrecondition(header.status())) co_return summary;
  if (!header.ok()) co_return Failed(Step::kRead, header.status());
  if (!header->from.empty()) summary.from = header->from.front();
  summary.subject = header->subject;
  const int64_t received = mail::ReceivedTime(*header);
  summary.received_unix = received != 0 ? received : header->date_unix;
  co_return summary;
}

net::Task<absl::StatusOr<absl::flat_hash_map<std::string, uint32_t>>> Pop3Visit::NumbersOf(
    std::vector<std::string> ids) {
  absl::flat_hash_map<std::string, uint32_t> numbers;
  for (std::string& id : ids) numbers[std::move(id)] = 0;
  pop3::Session::Sink sink = [&](pop3::UniqueId mail) {
    const auto wanted = numbers.find(IdOf(mail));
    if (wanted != numbers.end()) wanted->second = mail.number;
  };
  absl::Status listed = co_await session_.ListUniqueIds(std::move(sink));
  if (!listed.ok()) co_return Failed(Step::kRead, listed);
  co_return numbers;
}

net::Task<absl::Status> Pop3Visit::ReadMails(Reading& reading) {
  auto numbers = co_await NumbersOf(reading.Left());
  if (!numbers.ok()) co_return numbers.status();
  while (!reading.Done()) {
    const uint32_t number = (*numbers)[reading.id()];
    auto mail = co_await ReadOne(number, reading.depth());
    if (!mail.ok()) {
      reading.Broken();
      co_return Failed(Step::kRead, mail.status());
    }
    reading.Take(*std::move(mail));
  }
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<std::optional<mail::Mail>>> Pop3Visit::ReadOne(uint32_t number,
                                                                        Depth depth) {
  if (number == 0) co_return std::nullopt;
  MailFacts facts;
  facts.uid = number;
  auto mail = co_await ReadMail(session_, facts, depth);
  if (absl::IsFailedPrecondition(mail.status())) co_return std::nullopt;
  co_return mail;
}

net::Task<absl::Status> Pop3Visit::ReadPart(std::string id, uint64_t attachment,
                                            MailPartSink sink) {
  std::vector<std::string> ids = {id};
  auto numbers = co_await NumbersOf(std::move(ids));
  if (!numbers.ok()) co_return numbers.status();
  const uint32_t number = (*numbers)[id];
  if (number == 0) co_return MailIsGone();
  auto size = co_await session_.SizeOf(number);
  if (!size.ok()) co_return Failed(Step::kRead, size.status());
  if (*size > kMostInMemory) co_return TooLarge();
  auto text = co_await session_.Retrieve(number, *size, kMostInMemory, kMostInMemory);
  if (absl::IsResourceExhausted(text.status())) co_return TooLarge();
  if (!text.ok()) co_return Failed(Step::kRead, text.status());
  co_return co_await SendPart(text->bytes, attachment, sink);
}

net::Task<absl::Status> Pop3Visit::DeleteMails(std::vector<std::string> ids) {
  auto numbers = co_await NumbersOf(std::move(ids));
  if (!numbers.ok()) co_return numbers.status();
  std::vector<uint32_t> left;
  for (const auto& [id, number] : *numbers) {
    if (number != 0) left.push_back(number);
  }
  std::sort(left.begin(), left.end());
  auto marked = co_await session_.Delete(left);
  if (!marked.ok()) co_return Failed(Step::kRead, marked.status());
  // Without a QUIT none of them is.
  if (marked->size() < left.size()) co_return NotAllRemoved();
  // Until then nothing is removed (RFC 1939 section 6).
  absl::Status removed = co_await session_.Quit();
  if (!removed.ok()) co_return Failed(Step::kRead, removed);
  left_ = true;
  co_return absl::OkStatus();
}

net::Task<void> Pop3Visit::Leave() {
  if (left_) co_return;
  absl::Status goodbye = co_await net::WithDeadline(kGoodbyeLimit, session_.Quit());
  goodbye.IgnoreError();
}

}  // namespace postern::fetcher
