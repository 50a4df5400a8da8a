#include "services/fetcher/pop3_source.h"

#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "lib/mail/date.h"
#include "lib/process/log.h"
#include "services/fetcher/pop3_reading.h"
#include "services/fetcher/session_opening.h"

namespace postern::fetcher {

namespace {

constexpr size_t kMaxMails = 500;  // looked at in one pass
// A server without TOP (RFC 1939 section 7) may hang up when it hears it too often.
constexpr int kRefusedTops = 5;

// A mail that is listed may be dropped from what is known only when that is longer.
static_assert(KnownMails::kMost >= pop3::kMaxMails);

absl::flat_hash_set<uint64_t> KeysOf(const std::vector<ListedMail>& mails) {
  absl::flat_hash_set<uint64_t> keys;
  for (const ListedMail& mail : mails) keys.insert(mail.key);
  return keys;
}

Pop3Progress& MemoryOf(Progress& progress) {
  if (!progress.pop3) progress.pop3 = std::make_unique<Pop3Progress>();
  return *progress.pop3;
}

}  // namespace

Pop3Source::Pop3Source(net::ByteStream& stream, const Vigil& vigil)
    : session_(stream),
      vigil_(vigil),
      memory_(MemoryOf(vigil.progress)),
      mailbox_(Pop3MailboxIdentity(vigil.account.host, vigil.account.login)) {}

// --- opening: what is new ---------------------------------------------------------

net::Task<absl::Status> Pop3Source::Open(const sasl::Credentials& credentials,
                                         std::optional<Failure>& failure) {
  absl::Status opened = co_await OpenSessionAgain(
      session_, vigil_.account, credentials, vigil_.password_rule, vigil_.progress.unfit, failure);
  if (!opened.ok()) co_return opened;
  if (session_.expire_days() == 0) {
    log::Info("the server keeps no mail that was read (EXPIRE 0)",
              {{"account", vigil_.account.id}});
  }
  if (memory_.one_command) session_.SendOneByOne();
  auto listing = co_await List();
  if (!listing.ok()) {
    co_return Blame(session_, Step::kOpenMailbox, listing.status(), failure);
  }
  if (vigil_.progress.lease.has_held) {
    for (const ListedMail& mail : *listing) numbers_[mail.key] = mail.number;
  }
  absl::Status begun = co_await Begin(*std::move(listing));
  // The ids make no sense; what else may go wrong here is not the user's concern.
  if (absl::IsFailedPrecondition(begun)) {
    co_return Blame(session_, Step::kOpenMailbox, begun, failure);
  }
  co_return begun;
}

net::Task<absl::StatusOr<std::vector<ListedMail>>> Pop3Source::List() {
  std::vector<ListedMail> listing;
  pop3::Session::Sink sink = [&](pop3::UniqueId unique) {
    ListedMail mail;
    mail.number = unique.number;
    mail.key = UidlKey(mailbox_, unique.id);
    listing.push_back(mail);
  };
  absl::Status listed = co_await session_.ListUniqueIds(std::move(sink));
  if (!listed.ok()) co_return listed;
  co_return listing;
}

void Pop3Source::Locate(MailFacts& facts) const {
  const auto known = numbers_.find(facts.key);
  facts.uid = known == numbers_.end() ? 0 : known->second;
  for (const ListedMail& mail : fresh_) {
    if (mail.key == facts.key) facts.uid = mail.number;
  }
}

net::Task<absl::StatusOr<std::optional<std::string>>> Pop3Source::ReadBytes(MailFacts facts,
                                                                            size_t most) {
  auto size = co_await session_.SizeOf(facts.uid);
  if (!size.ok()) co_return size.status();
  auto text = co_await session_.Retrieve(facts.uid, *size, most, 2 * most + kWholeBytes);
  if (!text.ok()) co_return text.status();
  co_return std::optional<std::string>(std::move(text->bytes));
}

net::Task<absl::Status> Pop3Source::Begin(std::vector<ListedMail> listing) {
  auto known = co_await vigil_.cursors.ReadKnown(vigil_.account.id);
  if (!known.ok()) co_return known.status();
  auto review = ReviewListing(*known, mailbox_, listing);
  if (!review.ok()) co_return review.status();
  if (review->sight == Sight::kFirst) co_return co_await BeginAtTheEnd(std::move(listing));
  fresh_ = std::move(review->fresh);
  ForgetDatesOfOthers();
  if ((*known)->keys.size() > KnownMails::kMost) {
    KnownMails fewer = **known;
    fewer.keys = KeysToKeep(fewer.keys, listing);
    absl::Status set = co_await vigil_.cursors.SetKnown(vigil_.progress.lease, std::move(fewer));
    if (!set.ok()) co_return set;
  }
  if (review->sight == Sight::kReplaced) {
    absl::Status sorted = co_await SortOutRenumbered((*known)->newest_unix);
    if (!sorted.ok()) co_return sorted;
  }
  memory_.waiting = KeysOf(fresh_);
  if (review->sight != Sight::kAgain) co_return absl::OkStatus();
  co_return co_await ChooseWhatToRemove(std::move(listing));
}

void Pop3Source::ForgetDatesOfOthers() {
  const absl::flat_hash_set<uint64_t> fresh = KeysOf(fresh_);
  absl::erase_if(memory_.received, [&](const auto& item) { return !fresh.contains(item.first); });
  absl::erase_if(memory_.undatable, [&](uint64_t key) { return !fresh.contains(key); });
}

net::Task<absl::Status> Pop3Source::BeginAtTheEnd(std::vector<ListedMail> listing) {
  KnownMails known;
  known.mailbox = mailbox_;
  known.newest_unix = std::time(nullptr);
  for (const ListedMail& mail : listing) known.keys.push_back(mail.key);
  const size_t count = known.keys.size();
  absl::Status set = co_await vigil_.cursors.SetKnown(vigil_.progress.lease, std::move(known));
  if (!set.ok()) co_return set;
  log::Info("mailbox seen for the first time", {{"account", vigil_.account.id}, {"mails", count}});
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<SortByDate>> Pop3Source::AskDates(int64_t newest_unix) {
  SortByDate sorted(newest_unix);
  for (size_t i = fresh_.size(); i > 0 && !sorted.Enough(); --i) {
    const ListedMail mail = fresh_[i - 1];
    if (memory_.waiting.contains(mail.key)) continue;
    auto received = co_await ReceivedTimeOf(mail);
    if (!received.ok()) co_return received.status();
    if (memory_.recent.Has(prints_[mail.key])) {
      sorted.AddOld();
    } else {
      sorted.Add(mail, *received);
    }
  }
  co_return sorted;
}

// Not one id is known: the server gave its mails new ones, or its owner emptied the
// mailbox and much came since. Mails are dealt with in their order, so what was received
// before the newest one known is old, and what was received after it is not. The old ids
// stay known: the server may take them up again.
net::Task<absl::Status> Pop3Source::SortOutRenumbered(int64_t newest_unix) {
  auto sorted = co_await AskDates(newest_unix);
  if (!sorted.ok()) co_return sorted.status();
  absl::flat_hash_set<uint64_t> newer = memory_.waiting;
  for (const ListedMail& mail : sorted->New()) newer.insert(mail.key);
  KnownMails old;
  old.mailbox = mailbox_;
  for (const ListedMail& mail : fresh_) {
    if (!newer.contains(mail.key)) old.keys.push_back(mail.key);
  }
  if (old.keys.empty()) co_return absl::OkStatus();
  std::erase_if(fresh_, [&](const ListedMail& mail) { return !newer.contains(mail.key); });
  log::Warn("no mail has an id that is known; those received before are passed over",
            {{"account", vigil_.account.id},
             {"passed_over", old.keys.size()},
             {"new", fresh_.size()},
             {"without_date", sorted->undatable()}});
  co_return co_await vigil_.cursors.AddKnown(vigil_.progress.lease, std::move(old));
}

net::Task<absl::StatusOr<int64_t>> Pop3Source::ReceivedTimeOf(ListedMail mail) {
  if (memory_.undatable.contains(mail.key)) co_return 0;
  const auto found = memory_.received.find(mail.key);
  if (found != memory_.received.end()) co_return found->second;
  auto received = co_await AskReceivedTime(mail);
  if (!received.ok()) co_return received;
  if (*received != 0) {
    memory_.received[mail.key] = *received;
  } else {
    memory_.undatable.insert(mail.key);
  }
  co_return received;
}

net::Task<absl::StatusOr<int64_t>> Pop3Source::AskReceivedTime(ListedMail mail) {
  const MailFacts facts = Facts(mail);
  const std::string id = Id(facts);
  // This very question may be what breaks the connection.
  if (vigil_.progress.DepthFor(id) != Depth::kAll || refused_tops_ >= kRefusedTops) co_return 0;
  auto header = co_await ReadHeader(session_, mail.number);
  if (absl::IsFailedPrecondition(header.status())) {
    ++refused_tops_;
    co_return 0;
  }
  if (!header.ok()) {
    vigil_.progress.NoteUnread(id, header.status());
    co_return header.status();
  }
  refused_tops_ = 0;
  const int64_t received = mail::ReceivedTime(*header);
  prints_[mail.key] = MailPrint(header->message_id, received);
  co_return received;
}

// --- new mail -----------------------------------------------------------------------

// Each date is a question to the server: only where something depends on it.
bool Pop3Source::WantsDates(size_t index) const {
  const Account& account = vigil_.account;
  if (account.live_email_only) return true;
  const Availability availability = vigil_.availability.Of(account.owner);
  return index == 0 && availability.known &&
         account.actions.For(availability.show) == Action::kDigest;
}

net::Task<absl::StatusOr<int64_t>> Pop3Source::ReceivedOrFirstSeen(ListedMail mail) {
  const auto found = memory_.received.find(mail.key);
  if (found != memory_.received.end()) co_return found->second;
  auto received = co_await ReceivedTimeOf(mail);
  if (!received.ok()) co_return received;
  const int64_t time = *received != 0 ? *received : std::time(nullptr);
  memory_.received[mail.key] = time;
  co_return time;
}

net::Task<absl::StatusOr<NewMail>> Pop3Source::Look() {
  NewMail found;
  const size_t end = std::min(fresh_.size(), settled_ + kMaxMails);
  for (size_t i = settled_; i < end; ++i) {
    MailFacts facts = Facts(fresh_[i]);
    facts.received_unix = std::time(nullptr);
    if (WantsDates(i - settled_)) {
      auto received = co_await ReceivedOrFirstSeen(fresh_[i]);
      if (!received.ok()) co_return received.status();
      facts.received_unix = *received;
    }
    found.mails.push_back(facts);
  }
  found.more = end < fresh_.size();
  co_return found;
}

net::Task<ReadMails> Pop3Source::Read(std::vector<WantedMail> wanted) {
  ReadMails read = co_await ReadSome(session_, wanted);
  // There are servers that offer PIPELINING, and lose what they have not asked for yet. By
  // chance the connection ended just then: that is slower, no more.
  if (!read.status.ok() && !read.sure) memory_.one_command = true;
  for (size_t i = 0; i < read.mails.size(); ++i) {
    if (!read.mails[i]) continue;
    const uint64_t key = wanted[i].facts.key;
    memory_.received[key] = read.mails[i]->received_unix;
    prints_[key] = MailPrint(read.mails[i]->message_id, mail::ReceivedTime(*read.mails[i]));
  }
  co_return read;
}

net::Task<absl::Status> Pop3Source::Settle(std::vector<MailFacts> mails) {
  KnownMails more;
  more.mailbox = mailbox_;
  absl::flat_hash_map<uint64_t, int64_t>& received = memory_.received;
  for (const MailFacts& facts : mails) {
    more.keys.push_back(facts.key);
    const auto found = received.find(facts.key);
    if (found != received.end()) more.newest_unix = std::max(more.newest_unix, found->second);
  }
  // A sender's server may be ahead of time, ours is not: nothing known is from tomorrow.
  more.newest_unix = std::min<int64_t>(more.newest_unix, std::time(nullptr));
  // First, for what is known is not looked at again. Recorded and then not known, it is new.
  if (absl::Status s = co_await NoteDelivered(mails); !s.ok()) co_return s;
  absl::Status added = co_await vigil_.cursors.AddKnown(vigil_.progress.lease, std::move(more));
  if (!added.ok()) co_return added;
  for (const MailFacts& facts : mails) {
    memory_.recent.Add(prints_[facts.key]);
    prints_.erase(facts.key);
    received.erase(facts.key);
    memory_.undatable.erase(facts.key);
    memory_.waiting.erase(facts.key);
  }
  settled_ = std::min(fresh_.size(), settled_ + mails.size());
  co_return absl::OkStatus();
}

MailFacts Pop3Source::Facts(const ListedMail& mail) const {
  MailFacts facts;
  facts.uid = mail.number;
  facts.key = mail.key;
  return facts;
}

std::string Pop3Source::Id(const MailFacts& facts) const {
  return DeliveryId(vigil_.account.id, mailbox_, facts.key);
}

// The mails seen are those that were there at the login (RFC 1939 section 4): there
// is no use in staying.
net::Task<absl::StatusOr<MailSource::Stay>> Pop3Source::Park() {
  absl::Status end;
  if (to_remove_.empty()) {
    end = co_await session_.Quit();
  } else {
    end = co_await RemoveAndQuit();
  }
  if (absl::IsAborted(end)) co_return end;
  if (!end.ok()) {
    log::Debug("no good-bye from the mailbox",
               {{"account", vigil_.account.id},
                {"mails_to_remove", to_remove_.size()},
                {"error", end.ToString(absl::StatusToStringMode::kWithNoExtraData)}});
  }
  co_return Stay();
}

}  // namespace postern::fetcher
