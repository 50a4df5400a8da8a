#include "services/fetcher/imap_visit.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"
#include "services/fetcher/imap_summary.h"
#include "services/fetcher/mail_part.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/session_opening.h"

namespace postern::fetcher {

namespace {

// Mails that vanish while they are listed leave holes; so many pages are looked
// through to find any.
constexpr int kMaxLooks = 10;

}  // namespace

ImapVisit::ImapVisit(const Account& account, std::unique_ptr<net::ByteStream> stream)
    : account_(account), stream_(std::move(stream)), session_(*stream_) {}

absl::Status ImapVisit::Failed(Step step, absl::Status status) {
  return Blame(session_, step, std::move(status), failure_);
}

net::Task<absl::Status> ImapVisit::LogIn(sasl::Credentials credentials, PasswordRule rule) {
  co_return co_await OpenSession(session_, account_, credentials, rule, failure_,
                                 kVisitorsPatience);
}

net::Task<absl::Status> ImapVisit::CheckConnection() { co_return co_await session_.Noop(); }

// --- opening a mailbox --------------------------------------------------------------

std::string ImapVisit::OwnName(std::string mailbox) const {
  return mailbox == account_.mailbox ? std::string() : mailbox;
}

// The sentence for a mailbox that does not open names the account's.
absl::Status ImapVisit::NotOpened(absl::Status status) {
  if (absl::IsFailedPrecondition(status) && !open_.empty()) {
    status = words::Error(
        absl::StatusCode::kFailedPrecondition,
        words::Word("$0 does not open the folder \"$1\"", account_.host, mail::CleanLine(open_)));
  }
  return Failed(Step::kOpenMailbox, std::move(status));
}

net::Task<absl::Status> ImapVisit::Open(std::string mailbox) {
  open_ = OwnName(std::move(mailbox));
  const std::string name = open_.empty() ? account_.mailbox : open_;
  auto opened = co_await session_.Examine(name);
  if (!opened.ok()) co_return NotOpened(opened.status());
  mailbox_ = *opened;
  co_return absl::OkStatus();
}

net::Task<absl::Status> ImapVisit::OpenMailbox() {
  std::string own;
  co_return co_await Open(std::move(own));
}

// --- the mails --------------------------------------------------------------------

std::optional<uint32_t> ImapVisit::UidOf(const std::string& id) const {
  const std::optional<MailId> parsed = ParseMailId(id);
  const bool here =
      parsed && parsed->mailbox == open_ && parsed->uid_validity == mailbox_.uid_validity;
  if (!here) return std::nullopt;
  return parsed->uid;
}

absl::StatusOr<uint32_t> ImapVisit::PlaceOf(const std::string& before_id) const {
  if (before_id.empty()) return 0;
  const std::optional<uint32_t> before = UidOf(before_id);
  if (!before) return ChangedMeanwhile();
  return *before;
}

MailSummary ImapVisit::Summary(const imap::FetchData& data) const {
  MailSummary summary = SummaryOf(data);
  const MailId id{open_, mailbox_.uid_validity, data.uid};
  summary.id = WriteMailId(id);
  return summary;
}

net::Task<absl::StatusOr<uint32_t>> ImapVisit::CountBelow(uint32_t uid) {
  // Those from it on: as many as were paged through. "9:*" names the last mail too
  // though its UID is 8 (RFC 3501 section 6.4.8).
  uint32_t first = mailbox_.exists + 1;
  imap::Session::Sink sink = [&first, uid](imap::FetchData data) {
    if (data.uid >= uid && data.number > 0) first = std::min(first, data.number);
  };
  const std::string uids = absl::StrCat(uid, ":*");
  const std::string items = "UID";
  absl::Status fetched = co_await session_.Fetch(uids, items, std::move(sink));
  if (!fetched.ok()) co_return Failed(Step::kRead, fetched);
  co_return first - 1;
}

net::Task<absl::Status> ImapVisit::Summarise(uint32_t first, uint32_t last, uint32_t below_uid,
                                             std::vector<MailSummary>& mails) {
  absl::btree_map<uint32_t, MailSummary> found;  // by number: the range bounds it
  imap::Session::Sink sink = [&](imap::FetchData data) {
    // What comes unasked, of flags say, has no size.
    const bool asked = data.number >= first && data.number <= last && data.size.has_value();
    if (asked && data.uid > 0 && data.uid < below_uid) found[data.number] = Summary(data);
  };
  const std::string items = kSummaryItems;
  absl::Status fetched = co_await session_.FetchByNumber(first, last, items, std::move(sink));
  if (!fetched.ok()) co_return Failed(Step::kRead, fetched);
  for (auto mail = found.rbegin(); mail != found.rend(); ++mail) {
    mails.push_back(std::move(mail->second));
  }
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<MailPage>> ImapVisit::ListMails(MailQuery query) {
  if (absl::Status s = co_await Open(query.mailbox); !s.ok()) co_return s;
  const auto before = PlaceOf(query.before_id);
  if (!before.ok()) co_return before.status();
  uint32_t below_uid = UINT32_MAX;
  uint32_t left = mailbox_.exists;
  if (*before != 0) {
    below_uid = *before;
    auto below = co_await CountBelow(below_uid);
    if (!below.ok()) co_return below.status();
    left = *below;
  }
  MailPage page;
  for (int look = 0; look < kMaxLooks && left > 0 && page.mails.size() < query.limit; ++look) {
    const auto wanted = static_cast<uint32_t>(query.limit - page.mails.size());
    const uint32_t first = left > wanted ? left - wanted + 1 : 1;
    absl::Status read = co_await Summarise(first, left, below_uid, page.mails);
    if (!read.ok()) co_return read;
    left = first - 1;
  }
  page.more = left > 0;
  co_return page;
}

// --- reading ----------------------------------------------------------------------

// Those of one mailbox that are next to one another.
net::Task<absl::Status> ImapVisit::ReadRun(Reading& reading) {
  const auto mailbox_of = [](const std::string& id) {
    const std::optional<MailId> parsed = ParseMailId(id);
    return parsed ? parsed->mailbox : std::string();
  };
  const std::string mailbox = mailbox_of(reading.id());
  if (absl::Status s = co_await Open(mailbox); !s.ok()) co_return s;
  absl::btree_map<uint32_t, MailFacts> facts;  // of those that are asked for
  for (const std::string& id : reading.Left()) {
    if (mailbox_of(id) != mailbox) break;
    if (const std::optional<uint32_t> uid = UidOf(id)) facts[*uid];
  }
  imap::Session::Sink sink = [&](imap::FetchData data) {
    const auto known = facts.find(data.uid);
    if (!data.size || known == facts.end()) return;
    known->second.uid = data.uid;
    known->second.size = *data.size;
    known->second.received_unix = data.received_unix.value_or(0);
  };
  const std::string set = absl::StrJoin(
      facts, ",", [](std::string* out, const auto& item) { absl::StrAppend(out, item.first); });
  const std::string items = "UID RFC822.SIZE INTERNALDATE";
  if (!facts.empty()) {
    absl::Status fetched = co_await session_.Fetch(set, items, std::move(sink));
    if (!fetched.ok()) co_return Failed(Step::kRead, fetched);
  }
  while (!reading.Done() && mailbox_of(reading.id()) == mailbox) {
    const MailFacts known = facts[UidOf(reading.id()).value_or(0)];
    auto mail = co_await ReadOne(known, reading.depth());
    if (!mail.ok()) {
      reading.Broken();
      co_return Failed(Step::kRead, mail.status());
    }
    reading.Take(*std::move(mail));
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> ImapVisit::ReadMails(Reading& reading) {
  while (!reading.Done()) {
    if (absl::Status s = co_await ReadRun(reading); !s.ok()) co_return s;
  }
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<std::optional<mail::Mail>>> ImapVisit::ReadOne(MailFacts facts,
                                                                        Depth depth) {
  if (facts.uid == 0) co_return std::nullopt;
  co_return co_await ReadMail(session_, facts, depth);
}

net::Task<absl::Status> ImapVisit::ReadPart(std::string id, uint64_t attachment,
                                            MailPartSink sink) {
  const std::optional<MailId> parsed = ParseMailId(id);
  if (!parsed) co_return MailIsGone();
  if (absl::Status s = co_await Open(parsed->mailbox); !s.ok()) co_return s;
  if (!UidOf(id)) co_return ChangedMeanwhile();
  PartStreamer streamer(session_, parsed->uid, std::move(sink));
  absl::Status read = co_await streamer.Run(attachment);
  if (read.ok() || absl::IsCancelled(read)) co_return read;
  co_return Failed(Step::kRead, read);
}

}  // namespace postern::fetcher
