#include "services/fetcher/imap_look.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postern::fetcher {

namespace {

constexpr char kListItems[] = "UID RFC822.SIZE INTERNALDATE";
// Pieces with fewer mails than this are put together: UIDs may have wide gaps.
constexpr size_t kEnough = 1000;

// Of no known size: it is read by itself, as one of the largest.
MailFacts UnknownFacts(uint32_t uid, int64_t now_unix) {
  MailFacts facts;
  facts.uid = uid;
  facts.size = kWholeBytes;
  facts.received_unix = now_unix;
  return facts;
}

// Or "not now" ([SERVERBUG]), or the connection is gone, which the next question shows.
bool MayBeRefused(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsUnavailable(status);
}

}  // namespace

size_t ImapLook::Along::alive = 0;

std::optional<MailFacts> FactsOf(const imap::FetchData& data, int64_t now_unix) {
  if (!data.size && !data.received_unix) return std::nullopt;
  MailFacts facts = UnknownFacts(data.uid, now_unix);
  if (data.size) facts.size = *data.size;
  if (data.received_unix) facts.received_unix = *data.received_unix;
  return facts;
}

net::Task<absl::StatusOr<NewMail>> ImapLook::Look(uint32_t last_uid, bool wants_bytes) {
  session_.ForgetNews();
  along_.reset();
  if (last_uid == UINT32_MAX) co_return NewMail();
  const bool few = wants_bytes && ExpectsFew(last_uid) && Along::alive < kMostWithBytes;
  all_found_.reset();
  absl::StatusOr<NewMail> found;
  if (few) found = co_await LookAtFew(last_uid);
  const bool refused = few && MayBeRefused(found.status());
  if (refused) along_.reset();
  if (!few || refused) found = co_await LookInPieces(last_uid);
  if (!found.ok()) co_return found;
  if (!found->mails.empty()) highest_uid_ = std::max(highest_uid_, found->mails.back().uid);
  if (!found->more) all_found_ = session_.mailbox().exists;
  co_return found;
}

// All that was found before is dealt with, and the mailbox grew by a few.
bool ImapLook::ExpectsFew(uint32_t last_uid) const {
  const uint32_t exists = session_.mailbox().exists;
  return all_found_ && last_uid >= highest_uid_ && exists > *all_found_ &&
         exists <= *all_found_ + kFew;
}

// A server may refuse the whole because of one damaged mail. What it has told counts; of the
// others it is asked for the UID alone, for which it need not look into them.
net::Task<absl::Status> ImapLook::List(std::string uids, NewMails& above) {
  imap::Session::Sink sink = [&above](imap::FetchData data) {
    if (const auto facts = FactsOf(data, std::time(nullptr))) above.Add(*facts);
  };
  const std::string items = kListItems;
  absl::Status listed = co_await session_.Fetch(uids, items, std::move(sink));
  if (!MayBeRefused(listed)) co_return listed;
  imap::Session::Sink bare = [&above](imap::FetchData data) {
    above.Add(UnknownFacts(data.uid, std::time(nullptr)));
  };
  const std::string uid_alone = "UID";
  co_return co_await session_.Fetch(uids, uid_alone, std::move(bare));
}

net::Task<absl::StatusOr<NewMail>> ImapLook::LookInPieces(uint32_t last_uid) {
  NewMails above(last_uid, kMostMails);
  // Behind this UID there is nothing, as far as is known.
  const uint64_t end = std::max<uint64_t>(session_.mailbox().uid_next, highest_uid_ + uint64_t{1});
  uint64_t first = last_uid + uint64_t{1}, piece = kPiece;
  for (;;) {
    const bool is_last = session_.mailbox().uid_next == 0 || first + piece >= end;
    const std::string upper = is_last ? "*" : absl::StrCat(first + piece - 1);
    std::string uids = absl::StrCat(first, ":", upper);
    absl::Status listed = co_await List(std::move(uids), above);
    if (!listed.ok()) co_return listed;
    first += piece;
    piece *= 4;
    if (!is_last && above.size() < kEnough) continue;
    NewMail found;
    found.mails = above.Take();
    found.more = above.more() || !is_last;
    co_return found;
  }
}

net::Task<absl::StatusOr<NewMail>> ImapLook::LookAtFew(uint32_t last_uid) {
  NewMails above(last_uid, kMostMails);
  along_ = std::make_unique<Along>();
  imap::Session::Sink sink = [this, &above, last_uid](imap::FetchData data) {
    const auto facts = FactsOf(data, std::time(nullptr));
    if (!facts) return;
    above.Add(*facts);
    const bool fits = facts->uid > last_uid && facts->size < kSmallBytes;
    if (!fits || along_->mails.size() >= 2 * kFew) return;
    along_->mails.Expect(*facts);
    along_->mails.Add(data);
  };
  const std::string uids = absl::StrCat(last_uid + uint64_t{1}, ":*");
  const std::string items = absl::StrCat(kSmallItems, " RFC822.SIZE INTERNALDATE");
  absl::Status listed = co_await session_.Fetch(uids, items, std::move(sink));
  if (!listed.ok()) co_return listed;
  NewMail found;
  found.mails = above.Take();
  found.more = above.more();
  co_return found;
}

ReadMails ImapLook::TakeAlong(const std::vector<WantedMail>& wanted) {
  ReadMails read;
  if (!along_) return read;
  for (const WantedMail& each : wanted) {
    std::optional<mail::Mail> mail;
    if (each.depth == Depth::kAll && !each.raw) mail = along_->mails.Take(each.facts.uid);
    if (!mail) break;
    read.mails.push_back(std::move(mail));
  }
  if (along_->mails.size() == 0) along_.reset();
  return read;
}

}  // namespace postern::fetcher
