#include "services/fetcher/batch_reading.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/mail/mime_parser.h"

namespace postern::fetcher {

namespace {

bool IsSmall(const WantedMail& wanted) {
  return wanted.depth == Depth::kAll && wanted.facts.size < kSmallBytes;
}

// Each by itself, from the first one that did not come with the others.
net::Task<void> ReadRest(imap::Session& session, const std::vector<WantedMail>& wanted,
                         SmallMails& small, ReadMails& read) {
  for (const WantedMail& each : wanted) {
    absl::StatusOr<std::optional<mail::Mail>> mail = small.Take(each.facts.uid);
    if (!mail->has_value()) mail = co_await ReadMail(session, each);
    if (!mail.ok()) {
      read.status = mail.status();
      co_return;
    }
    read.mails.push_back(*std::move(mail));
  }
}

// As far as they came before the connection broke.
void TakeFirst(const std::vector<WantedMail>& wanted, SmallMails& small, ReadMails& read) {
  for (const WantedMail& each : wanted) {
    std::optional<mail::Mail> mail = small.Take(each.facts.uid);
    if (!mail) return;
    read.mails.push_back(std::move(mail));
  }
}

}  // namespace

size_t CountTogether(const std::vector<WantedMail>& wanted) {
  size_t count = 0;
  uint64_t bytes = 0;
  while (count < std::min(wanted.size(), kTogetherMails) && IsSmall(wanted[count])) {
    bytes += wanted[count].facts.size;
    if (count > 0 && bytes > kTogetherBytes) break;
    ++count;
  }
  return std::max<size_t>(count, 1);
}

void SmallMails::Expect(const MailFacts& facts, std::shared_ptr<std::string> raw) {
  Expected& expected = expected_[facts.uid];
  expected.facts = facts;
  expected.raw = std::move(raw);
}

void SmallMails::Add(const imap::FetchData& data) {
  const auto found = expected_.find(data.uid);
  if (found == expected_.end() || found->second.mail) return;
  const std::string* bytes = data.Find("");
  if (bytes == nullptr || bytes->size() >= kSmallBytes) return;
  const MailFacts& facts = found->second.facts;
  if (found->second.raw) *found->second.raw = *bytes;
  mail::Mail& mail = found->second.mail.emplace(mail::ParseMail(*bytes));
  mail.size = facts.size;
  mail.received_unix = facts.received_unix;
}

std::optional<mail::Mail> SmallMails::Take(uint32_t uid) {
  const auto found = expected_.find(uid);
  if (found == expected_.end()) return std::nullopt;
  std::optional<mail::Mail> mail = std::move(found->second.mail);
  if (mail) expected_.erase(found);
  return mail;
}

net::Task<ReadMails> ReadSome(imap::Session& session, std::vector<WantedMail> wanted) {
  wanted.resize(CountTogether(wanted));
  if (wanted.size() == 1) {
    auto mail = co_await ReadMail(session, wanted[0]);
    co_return JustOne(std::move(mail));
  }
  SmallMails small;
  std::vector<uint32_t> uids;
  for (const WantedMail& each : wanted) {
    small.Expect(each.facts, each.raw);
    uids.push_back(each.facts.uid);
  }
  imap::Session::Sink sink = [&small](imap::FetchData data) { small.Add(data); };
  const std::string items = kSmallItems;
  // Twice what was asked for: some servers send a mail whole.
  const size_t most_bytes = 2 * kSmallBytes * uids.size();
  ReadMails read;
  read.status = co_await session.FetchMany(uids, items, most_bytes, std::move(sink));
  // A refusal of them all: perhaps of one alone.
  if (read.status.ok() || absl::IsFailedPrecondition(read.status)) {
    read.status = absl::OkStatus();
    co_await ReadRest(session, wanted, small, read);
  } else {
    TakeFirst(wanted, small, read);
    read.sure = false;
  }
  co_return read;
}

}  // namespace postern::fetcher
