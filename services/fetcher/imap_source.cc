#include "services/fetcher/imap_source.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <ctime>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "services/fetcher/session_opening.h"

namespace postern::fetcher {

namespace {

using boost::asio::experimental::awaitable_operators::operator||;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr size_t kMaxMails = 5000;  // looked at in one pass
// Well under RFC 2177's 29 minutes: routers forget a silent connection sooner.
constexpr minutes kIdleLimit{4};
// Under the 30 minutes after which a server may hang up (RFC 3501 section 5.4).
constexpr minutes kLongestPoll{20};

}  // namespace

std::optional<MailFacts> FactsOf(const imap::FetchData& data, int64_t now_unix) {
  if (!data.size) return std::nullopt;
  MailFacts facts;
  facts.uid = data.uid;
  facts.size = *data.size;
  facts.received_unix = data.received_unix.value_or(now_unix);
  return facts;
}

net::Task<absl::Status> ImapSource::Open(const crypto::Secret& password,
                                         std::optional<Failure>& failure) {
  absl::Status opened =
      co_await OpenSession(session_, vigil_.account, password, vigil_.password_rule, failure);
  if (!opened.ok()) co_return opened;
  auto mailbox = co_await session_.Examine(vigil_.account.mailbox);
  if (!mailbox.ok()) co_return Blame(session_, Step::kOpenMailbox, mailbox.status(), failure);
  co_return co_await Begin(*mailbox, failure);
}

// Finds where to go on: at first sight, and under another UIDVALIDITY, at the end.
net::Task<absl::Status> ImapSource::Begin(imap::Mailbox mailbox, std::optional<Failure>& failure) {
  const Account& account = vigil_.account;
  const std::string identity = MailboxIdentity(account.host, account.login, account.mailbox);
  const std::optional<Cursor>& stored = vigil_.progress.lease.cursor;
  const Sight sight = Recognise(stored, identity, mailbox.uid_validity);
  if (sight == Sight::kAgain) {
    cursor_ = *stored;
    co_return absl::OkStatus();
  }
  absl::StatusOr<uint32_t> last = mailbox.uid_next - 1;
  if (mailbox.uid_next == 0) last = co_await session_.HighestUid();
  if (!last.ok()) co_return Blame(session_, Step::kRead, last.status(), failure);
  Cursor cursor;
  cursor.uid_validity = mailbox.uid_validity;
  cursor.last_uid = *last;
  cursor.mailbox = identity;
  if (absl::Status s = co_await MoveCursor(cursor); !s.ok()) co_return s;
  log::Info(sight == Sight::kFirst ? "mailbox seen for the first time"
                                   : "mailbox has a new UIDVALIDITY, going on at its end",
            {{"account", account.id},
             {"uid_validity", cursor.uid_validity},
             {"last_uid", cursor.last_uid}});
  co_return absl::OkStatus();
}

net::Task<absl::Status> ImapSource::MoveCursor(Cursor cursor) {
  absl::Status status = co_await vigil_.cursors.Advance(vigil_.progress.lease, cursor);
  if (!status.ok()) co_return status;
  cursor_ = cursor;
  vigil_.progress.lease.cursor = std::move(cursor);
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<NewMail>> ImapSource::Look() {
  session_.ForgetNews();
  NewMail found;
  if (cursor_.last_uid == UINT32_MAX) co_return found;
  NewMails above(cursor_.last_uid, kMaxMails);
  imap::Session::Sink sink = [&above](imap::FetchData data) {
    if (const auto facts = FactsOf(data, std::time(nullptr))) above.Add(*facts);
  };
  const std::string uids = absl::StrCat(cursor_.last_uid + 1, ":*");
  const std::string items = "UID RFC822.SIZE INTERNALDATE";
  absl::Status status = co_await session_.Fetch(uids, items, std::move(sink));
  if (!status.ok()) co_return status;
  found.mails = above.Take();
  found.more = above.more();
  co_return found;
}

net::Task<absl::StatusOr<std::optional<mail::Mail>>> ImapSource::Read(MailFacts facts,
                                                                      Depth depth) {
  co_return co_await ReadMail(session_, facts, depth);
}

net::Task<absl::Status> ImapSource::Settle(std::vector<MailFacts> mails) {
  Cursor cursor = cursor_;
  for (const MailFacts& facts : mails) cursor.last_uid = std::max(cursor.last_uid, facts.uid);
  co_return co_await MoveCursor(std::move(cursor));
}

std::string ImapSource::Id(const MailFacts& facts) const {
  return DeliveryId(vigil_.account.id, cursor_, facts.uid);
}

net::Task<absl::StatusOr<MailSource::Then>> ImapSource::AwaitNews(int64_t look_again_unix) {
  if (session_.HasNews()) co_return Then::kLook;
  net::Duration limit = kIdleLimit;
  if (look_again_unix != 0) {
    const int64_t left = std::max<int64_t>(1, look_again_unix - std::time(nullptr));
    limit = std::min<net::Duration>(limit, seconds(left));
  }
  absl::Status status;
  if (session_.CanIdle()) {
    status = co_await Idle(limit);
  } else {
    vigil_.state = "polling";
    if (look_again_unix == 0) limit = seconds(vigil_.account.interval_seconds);
    co_await vigil_.wake.WaitFor(std::min<net::Duration>(limit, kLongestPoll));
    status = co_await session_.Noop();
  }
  if (!status.ok()) co_return status;
  co_return Then::kLook;
}

net::Task<absl::Status> ImapSource::Idle(net::Duration limit) {
  absl::Status begun = co_await session_.BeginIdle();
  if (!begun.ok()) {
    // Refused: AwaitNews polls from now on.
    co_return absl::IsFailedPrecondition(begun) ? absl::OkStatus() : begun;
  }
  vigil_.state = "idle";
  auto news = session_.AwaitNews();
  auto woken = vigil_.wake.WaitFor(limit);
  auto first = co_await (std::move(news) || std::move(woken));
  if (first.index() == 0 && !std::get<0>(first).ok()) co_return std::get<0>(first);
  absl::Status ended = co_await session_.EndIdle();
  if (!ended.ok() || session_.HasNews()) co_return ended;
  // Nobody told of news: the server is made to look, for some tell late or not at all.
  co_return co_await session_.Noop();
}

}  // namespace postern::fetcher
