#include "services/fetcher/imap_visit.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/mail/mime_parser.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/session_opening.h"

namespace postern::fetcher {

namespace {

// Without the mail's text: who, what, when.
constexpr char kSummaryItems[] =
    "UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE)]";

// Mails that vanish while they are listed leave holes; so many pages are looked
// through to find any.
constexpr int kMaxLooks = 10;

MailSummary Summary(const imap::FetchData& data, uint32_t uid_validity) {
  MailSummary summary;
  summary.id = absl::StrCat(uid_validity, ":", data.uid);
  summary.size = data.size.value_or(0);
  const std::string* fields = data.FindHeaderFields();
  const mail::Mail header = fields ? mail::ParseMail(*fields) : mail::Mail();
  if (!header.from.empty()) summary.from = header.from.front();
  summary.subject = header.subject;
  summary.received_unix = data.received_unix.value_or(header.date_unix);
  return summary;
}

}  // namespace

ImapVisit::ImapVisit(const Account& account, std::unique_ptr<net::ByteStream> stream)
    : account_(account), stream_(std::move(stream)), session_(*stream_) {}

absl::Status ImapVisit::Failed(Step step, absl::Status status) {
  return Blame(session_, step, std::move(status), failure_);
}

net::Task<absl::Status> ImapVisit::LogIn(crypto::Secret password, PasswordRule rule) {
  co_return co_await OpenSession(session_, account_, password, rule, failure_, kVisitorsPatience);
}

net::Task<absl::Status> ImapVisit::OpenMailbox() {
  auto mailbox = co_await session_.Examine(account_.mailbox);
  if (!mailbox.ok()) co_return Failed(Step::kOpenMailbox, mailbox.status());
  mailbox_ = *mailbox;
  co_return absl::OkStatus();
}

// All of it at once, for a tree of our own: clients ask for each folder by itself, and a
// name with a wildcard in it can't be asked for level by level without answers for others.
net::Task<absl::StatusOr<FolderTree>> ImapVisit::ListFolders() {
  FolderTree tree;
  size_t senseless = 0;
  imap::Session::ListSink sink = [&](std::optional<imap::ListedMailbox> mailbox) {
    if (mailbox) tree.Add(*mailbox);
    if (!mailbox) ++senseless;
  };
  // The top first: whatever is cut, it is whole.
  const std::string top = "%", all = "*";
  absl::Status listed = co_await session_.List(top, sink);
  if (listed.ok()) listed = co_await session_.List(all, sink);
  if (!listed.ok()) co_return Failed(Step::kRead, listed);
  if (tree.cut() || senseless > 0) {
    log::Warn("folders left out", {{"account", account_.id},
                                   {"folders", tree.size()},
                                   {"cut", tree.cut()},
                                   {"senseless", senseless}});
  }
  co_return tree;
}

// --- the mails --------------------------------------------------------------------

std::optional<uint32_t> ImapVisit::UidOf(const std::string& id) const {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(id, absl::MaxSplits(':', 1));
  uint32_t uid_validity = 0, uid = 0;
  const bool numbers =
      absl::SimpleAtoi(parts.first, &uid_validity) && absl::SimpleAtoi(parts.second, &uid);
  if (!numbers || uid == 0 || uid_validity != mailbox_.uid_validity) return std::nullopt;
  return uid;
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
    if (asked && data.uid > 0 && data.uid < below_uid) {
      found[data.number] = Summary(data, mailbox_.uid_validity);
    }
  };
  const std::string items = kSummaryItems;
  absl::Status fetched = co_await session_.FetchByNumber(first, last, items, std::move(sink));
  if (!fetched.ok()) co_return Failed(Step::kRead, fetched);
  for (auto mail = found.rbegin(); mail != found.rend(); ++mail) {
    mails.push_back(std::move(mail->second));
  }
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<MailPage>> ImapVisit::ListMails(std::string before_id, size_t limit) {
  if (absl::Status s = co_await OpenMailbox(); !s.ok()) co_return s;
  uint32_t below_uid = UINT32_MAX;
  uint32_t left = mailbox_.exists;
  if (!before_id.empty()) {
    const std::optional<uint32_t> before = UidOf(before_id);
    if (!before) co_return ChangedMeanwhile();
    below_uid = *before;
    auto below = co_await CountBelow(below_uid);
    if (!below.ok()) co_return below.status();
    left = *below;
  }
  MailPage page;
  for (int look = 0; look < kMaxLooks && left > 0 && page.mails.size() < limit; ++look) {
    const auto wanted = static_cast<uint32_t>(limit - page.mails.size());
    const uint32_t first = left > wanted ? left - wanted + 1 : 1;
    absl::Status read = co_await Summarise(first, left, below_uid, page.mails);
    if (!read.ok()) co_return read;
    left = first - 1;
  }
  page.more = left > 0;
  co_return page;
}

net::Task<absl::Status> ImapVisit::ReadMails(Reading& reading) {
  if (absl::Status s = co_await OpenMailbox(); !s.ok()) co_return s;
  absl::btree_map<uint32_t, MailFacts> facts;  // of those that are asked for
  for (const std::string& id : reading.Left()) {
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
  while (!reading.Done()) {
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

net::Task<absl::StatusOr<std::optional<mail::Mail>>> ImapVisit::ReadOne(MailFacts facts,
                                                                        Depth depth) {
  if (facts.uid == 0) co_return std::nullopt;
  co_return co_await ReadMail(session_, facts, depth);
}

}  // namespace postern::fetcher
