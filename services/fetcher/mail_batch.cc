#include "services/fetcher/mail_batch.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "lib/net/patience.h"
#include "lib/rpc/mail_codec.h"

namespace postern::fetcher {

namespace {

// A mail that made trouble was in the first batches, or the first digest, then.
constexpr size_t kTroubledWithin = MailHandoff::kMaxDigest + 2 * MailHandoff::kMaxFull;
// Others get their turn after so many.
constexpr size_t kMailsInATurn = 8;
constexpr uint64_t kMostOfAMail = 1024 * 1024;  // that is in memory at once
constexpr uint64_t kMailOfUnknownSize = 64 * 1024;

// What mails will weigh while they are read; not much more comes of it than a batch holds.
size_t ExpectedBytes(const std::vector<WantedMail>& wanted) {
  uint64_t bytes = 0;
  for (const WantedMail& each : wanted) {
    const uint64_t size = each.facts.size == 0 ? kMailOfUnknownSize : each.facts.size;
    bytes += std::min(size, kMostOfAMail) * (each.raw ? 2 : 1);
  }
  return std::min<uint64_t>(bytes, kMaxBatchBytes);
}

}  // namespace

std::vector<JudgedMail> MailBatch::Unpack(std::vector<MailFacts>& looked_at) {
  std::vector<JudgedMail> mails;
  for (Item& item : items) {
    looked_at.push_back(item.facts);
    if (!item.mail) continue;
    JudgedMail& mail = mails.emplace_back();
    mail.mail = *std::move(item.mail);
    mail.facts = item.facts;
  }
  return mails;
}

BatchReader::BatchReader(const Account& account, Mailbox& source, Progress& progress,
                         const AvailabilityFeed& availability, MailBudget& budget)
    : account_(account),
      source_(source),
      progress_(progress),
      availability_(availability),
      budget_(budget) {}

// After trouble mails go one by one, up to the one it was with, to find the bad one.
void BatchReader::Begin(const std::vector<MailFacts>& mails) {
  one_by_one_ = 0;
  if (progress_.troubled.empty()) return;
  for (size_t i = 0; i < std::min(mails.size(), kTroubledWithin); ++i) {
    if (source_.Id(mails[i]) != progress_.troubled) continue;
    one_by_one_ = i + 1;
    return;
  }
}

Disposition BatchReader::DispositionOf(const MailFacts& facts) const {
  if (facts.urgent) return Disposition::kDeliver;
  return Decide(account_, availability_.Of(account_.owner), facts.received_unix,
                std::time(nullptr));
}

std::vector<WantedMail> BatchReader::Wanted(Disposition way, const std::vector<MailFacts>& mails,
                                            size_t from, size_t most) const {
  std::vector<WantedMail> wanted;
  const bool with_raw = progress_.WantsRaw(std::time(nullptr));
  for (; from < mails.size() && wanted.size() < most; ++from) {
    if (DispositionOf(mails[from]) != way) break;
    WantedMail& each = wanted.emplace_back();
    each.facts = mails[from];
    if (!progress_.troubled.empty()) each.depth = progress_.DepthFor(source_.Id(each.facts));
    if (with_raw) each.raw = std::make_shared<std::string>();
  }
  return wanted;
}

// Those of `mails` that go this way, from one of them on.
net::Task<void> BatchReader::Read(Disposition way, const std::vector<MailFacts>& mails, size_t from,
                                  size_t most, MailBatch& batch) {
  if (from < one_by_one_) most = 1;
  size_t bytes = 0;
  while (batch.items.size() < most && bytes < kMaxBatchBytes && batch.broken.ok()) {
    const size_t next = from + batch.items.size();
    const std::vector<WantedMail> wanted = Wanted(way, mails, next, most - batch.items.size());
    if (wanted.empty()) co_return;
    if (batch.items.empty()) {
      batch.share = co_await budget_.Take(ExpectedBytes(wanted));
    }
    ReadMails read = co_await source_.Read(wanted);
    bytes += co_await Take(wanted, std::move(read), batch);
  }
}

// Answers how many bytes were added to the batch.
net::Task<size_t> BatchReader::Take(const std::vector<WantedMail>& wanted, ReadMails read,
                                    MailBatch& batch) {
  size_t bytes = 0;
  for (size_t i = 0; i < read.mails.size(); ++i) {
    if (i % kMailsInATurn == kMailsInATurn - 1) co_await net::Yield();
    MailBatch::Item& item = batch.items.emplace_back();
    item.facts = wanted[i].facts;
    if (!read.mails[i]) continue;  // somebody removed it meanwhile
    IncomingMail& mail = item.mail.emplace();
    mail.delivery_id = source_.Id(item.facts);
    mail.mail_ref = source_.Ref(item.facts);
    mail.mail = rpc::ToProto(*read.mails[i]);
    if (wanted[i].raw) mail.raw = std::move(*wanted[i].raw);
    bytes += mail.mail.ByteSizeLong() + mail.raw.size();
  }
  batch.broken = read.status;
  if (!read.status.ok()) {
    const std::string id = source_.Id(wanted[read.mails.size()].facts);
    progress_.NoteUnread(id, read.status, read.sure);
  }
  co_return bytes;
}

// False when the presence has changed for some since they were read: those stay behind.
bool BatchReader::LeaveThoseOfTheSameWay(Disposition way, MailBatch& batch) const {
  const auto other =
      std::find_if(batch.items.begin(), batch.items.end(),
                   [&](const MailBatch::Item& item) { return DispositionOf(item.facts) != way; });
  if (other == batch.items.end()) return true;
  batch.items.erase(other, batch.items.end());
  return false;
}

}  // namespace postern::fetcher
