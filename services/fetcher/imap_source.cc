#include "services/fetcher/imap_source.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "services/fetcher/batch_reading.h"
#include "services/fetcher/session_opening.h"

namespace postern::fetcher {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Well under RFC 2177's 29 minutes: routers forget a silent connection sooner.
constexpr minutes kIdleLimit{4};
// Under the 30 minutes after which a server may hang up (RFC 3501 section 5.4).
constexpr minutes kLongestPoll{20};

}  // namespace

net::Task<absl::Status> ImapSource::Open(const sasl::Credentials& credentials,
                                         std::optional<Failure>& failure) {
  absl::Status opened =
      co_await OpenSessionAgain(session_, vigil_.account, credentials, vigil_.password_rule,
                                vigil_.progress.unfit, failure);
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
  const int64_t now = std::time(nullptr);
  const Availability availability = vigil_.availability.Of(vigil_.account.owner);
  const bool reads = Decide(vigil_.account, availability, now, now) == Disposition::kDeliver;
  co_return co_await look_.Look(cursor_.last_uid, reads && vigil_.progress.troubled.empty());
}

net::Task<ReadMails> ImapSource::Read(std::vector<WantedMail> wanted) {
  ReadMails along = look_.TakeAlong(wanted);
  if (!along.mails.empty()) co_return along;
  co_return co_await ReadSome(session_, std::move(wanted));
}

net::Task<absl::Status> ImapSource::Settle(std::vector<MailFacts> mails) {
  Cursor cursor = cursor_;
  for (const MailFacts& facts : mails) cursor.last_uid = std::max(cursor.last_uid, facts.uid);
  co_return co_await MoveCursor(std::move(cursor));
}

std::string ImapSource::Id(const MailFacts& facts) const {
  return DeliveryId(vigil_.account.id, cursor_, facts.uid);
}

// --- waiting for news -------------------------------------------------------------

seconds ImapSource::IdleLimit() const {
  const seconds limit = session_.quirks().idle_limit;
  return limit == seconds(0) ? kIdleLimit : std::min<seconds>(limit, kIdleLimit);
}

seconds ImapSource::PollLimit() const {
  const seconds interval(vigil_.account.interval_seconds), limit = session_.quirks().poll_limit;
  const seconds longest =
      limit == seconds(0) ? kLongestPoll : std::min<seconds>(limit, kLongestPoll);
  return std::min(interval, longest);
}

net::Task<absl::StatusOr<MailSource::Stay>> ImapSource::Park() {
  Stay stay;
  // Looked into at the schedule's times alone: nobody waits here for anything.
  if (HasSchedule(vigil_.account)) co_return stay;
  stay.kind = session_.HasNews() ? Stay::Kind::kLook : Stay::Kind::kParked;
  if (session_.HasNews()) co_return stay;
  if (session_.CanIdle()) {
    absl::Status begun = co_await session_.BeginIdle();
    stay.state = "idle";
    stay.limit = IdleLimit();
    if (begun.ok()) co_return stay;
    // Refused: it is polled from now on.
    if (!absl::IsFailedPrecondition(begun)) co_return begun;
  }
  stay.state = "polling";
  stay.limit = PollLimit();
  co_return stay;
}

net::Task<absl::Status> ImapSource::Reopen() {
  auto mailbox = co_await session_.Examine(vigil_.account.mailbox);
  if (!mailbox.ok()) co_return mailbox.status();
  if (mailbox->uid_validity == cursor_.uid_validity) co_return absl::OkStatus();
  // The next connection begins with it as with any mailbox that was replaced.
  co_return absl::UnavailableError("imap: the mailbox has another UIDVALIDITY");
}

net::Task<absl::StatusOr<bool>> ImapSource::Resume(bool look) {
  const bool polls = !session_.CanIdle();
  session_.EndIdle();
  if (session_.HasNews()) co_return true;
  // Nobody told of news: the server is made to look, for some tell late or not at all.
  absl::Status answered;
  if (session_.quirks().poll_by_reopening) {
    answered = co_await Reopen();
  } else {
    answered = co_await session_.Noop();
  }
  if (!answered.ok()) co_return answered;
  co_return look || polls || session_.HasNews();
}

}  // namespace postern::fetcher
