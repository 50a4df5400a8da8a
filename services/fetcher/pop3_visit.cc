#include "services/fetcher/pop3_visit.h"

#include <deque>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "lib/mail/date.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/session_opening.h"

namespace postern::fetcher {

Pop3Visit::Pop3Visit(const Account& account, std::unique_ptr<net::ByteStream> stream)
    : account_(account), stream_(std::move(stream)), session_(*stream_) {}

absl::Status Pop3Visit::Failed(Step step, absl::Status status) {
  return Blame(session_, step, std::move(status), failure_);
}

net::Task<absl::Status> Pop3Visit::LogIn(crypto::Secret password, PasswordRule rule) {
  co_return co_await OpenSession(session_, account_, password, rule, failure_, kVisitorsPatience);
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

net::Task<absl::StatusOr<MailPage>> Pop3Visit::ListMails(std::string before_id, size_t limit) {
  // The last ones before `before_id`, and one more to know whether there is any: a
  // mailbox may hold many thousands.
  std::deque<pop3::UniqueId> newest;
  bool reached = false;
  pop3::Session::Sink sink = [&](pop3::UniqueId mail) {
    if (!before_id.empty() && mail.id == before_id) reached = true;
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
  while (!newest.empty()) {
    auto summary = co_await Summarise(newest.back());
    if (!summary.ok()) co_return summary.status();
    if (summary->has_value()) page.mails.push_back(**std::move(summary));
    newest.pop_back();
  }
  absl::Status goodbye = co_await session_.Quit();
  goodbye.IgnoreError();
  co_return page;
}

// Nothing when another client has just removed it.
net::Task<absl::StatusOr<std::optional<MailSummary>>> Pop3Visit::Summarise(pop3::UniqueId mail) {
  auto size = co_await session_.SizeOf(mail.number);
  if (absl::IsFailedPrecondition(size.status())) co_return std::nullopt;
  if (!size.ok()) co_return Failed(Step::kRead, size.status());
  MailSummary summary;
  summary.id = std::move(mail.id);
  summary.size = *size;
  auto header = co_await ReadHeader(session_, mail.number);
  // Without TOP there is no more to tell; it can be read all the same.
  if (absl::IsFailedPrecondition(header.status())) co_return summary;
  if (!header.ok()) co_return Failed(Step::kRead, header.status());
  if (!header->from.empty()) summary.from = header->from.front();
  summary.subject = header->subject;
  const int64_t received = mail::ReceivedTime(*header);
  summary.received_unix = received != 0 ? received : header->date_unix;
  co_return summary;
}

net::Task<absl::StatusOr<std::vector<FoundMail>>> Pop3Visit::ReadMails(
    std::vector<std::string> ids) {
  absl::flat_hash_map<std::string, uint32_t> numbers;
  for (const std::string& id : ids) numbers[id] = 0;
  pop3::Session::Sink sink = [&numbers](pop3::UniqueId mail) {
    const auto wanted = numbers.find(mail.id);
    if (wanted != numbers.end()) wanted->second = mail.number;
  };
  std::vector<FoundMail> mails;
  absl::Status listed = co_await session_.ListUniqueIds(std::move(sink));
  if (!listed.ok()) co_return Failed(Step::kRead, listed);
  for (const std::string& id : ids) {
    MailFacts facts;
    facts.uid = numbers[id];
    if (facts.uid == 0) continue;
    auto mail = co_await ReadMail(session_, facts, Depth::kAll);
    if (absl::IsFailedPrecondition(mail.status())) continue;
    if (!mail.ok()) co_return Failed(Step::kRead, mail.status());
    if (!mail->has_value()) continue;
    FoundMail found{id, **std::move(mail)};
    KeepWhatIsRead(found.mail, ids.size());
    mails.push_back(std::move(found));
  }
  absl::Status goodbye = co_await session_.Quit();
  goodbye.IgnoreError();
  co_return mails;
}

}  // namespace postern::fetcher
