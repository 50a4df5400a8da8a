#include "services/fetcher/imap_mailbox.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/fetcher/batch_reading.h"
#include "services/fetcher/mail_id.h"
#include "services/fetcher/session_opening.h"

namespace postern::fetcher {

namespace {

auto& rebaselined = metrics::Counter(
    "postern_fetcher_rebaselined_total",
    "Mailboxes gone on with at their end, for their server numbered its mails anew");

}  // namespace

net::Task<absl::Status> ImapMailbox::Open(std::optional<Failure>& failure) {
  auto mailbox = co_await session_.Examine(name_);
  if (!mailbox.ok()) co_return Blame(session_, Step::kOpenMailbox, mailbox.status(), failure);
  co_return co_await Begin(*mailbox, failure);
}

net::Task<absl::Status> ImapMailbox::Begin(imap::Mailbox mailbox, std::optional<Failure>& failure) {
  const Account& account = vigil_.account;
  const std::string identity = MailboxIdentity(account.host, account.login, name_);
  const std::optional<Cursor>& stored = progress_.lease.cursor;
  const Sight sight = Recognise(stored, identity, mailbox.uid_validity);
  if (sight == Sight::kAgain) co_return absl::OkStatus();
  // Not by UIDNEXT: there are servers that name one too high, and mail would be passed over,
  // or one that they gave long ago, and old mail would come again.
  auto last = co_await session_.HighestUid();
  if (!last.ok()) co_return Blame(session_, Step::kRead, last.status(), failure);
  Cursor cursor;
  cursor.uid_validity = mailbox.uid_validity;
  cursor.last_uid = *last;
  cursor.mailbox = identity;
  if (absl::Status s = co_await MoveCursor(cursor); !s.ok()) co_return s;
  if (sight == Sight::kReplaced) rebaselined.Increment();
  log::Info(sight == Sight::kFirst ? "mailbox seen for the first time"
                                   : "mailbox has a new UIDVALIDITY, going on at its end",
            {{"account", account.id},
             {"uid_validity", cursor.uid_validity},
             {"last_uid", cursor.last_uid}});
  co_return absl::OkStatus();
}

net::Task<absl::Status> ImapMailbox::Reopen() {
  auto mailbox = co_await session_.Examine(name_);
  if (!mailbox.ok()) co_return mailbox.status();
  if (mailbox->uid_validity == cursor().uid_validity) co_return absl::OkStatus();
  co_return absl::UnavailableError("imap: the mailbox has another UIDVALIDITY");
}

const Cursor& ImapMailbox::cursor() const {
  static const Cursor none;
  return progress_.lease.cursor ? *progress_.lease.cursor : none;
}

net::Task<absl::Status> ImapMailbox::MoveCursor(Cursor cursor) {
  absl::Status status;
  if (rank_ == Rank::kOwn) {
    status = co_await vigil_.cursors.Advance(progress_.lease, cursor);
  } else {
    status = co_await vigil_.cursors.AdvanceFurther(progress_.lease, cursor);
  }
  if (!status.ok()) co_return status;
  progress_.lease.cursor = std::move(cursor);
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<NewMail>> ImapMailbox::Look() {
  const int64_t now = std::time(nullptr);
  const Availability availability = vigil_.availability.Of(vigil_.account.owner);
  const bool reads = Decide(vigil_.account, availability, now, now) == Disposition::kDeliver;
  // Bytes that come along with a listing are parsed at once; rules want them as they came.
  const bool along = reads && progress_.troubled.empty() && !progress_.WantsRaw(now);
  co_return co_await look_.Look(cursor().last_uid, along);
}

net::Task<ReadMails> ImapMailbox::Read(std::vector<WantedMail> wanted) {
  ReadMails along = look_.TakeAlong(wanted);
  if (!along.mails.empty()) co_return along;
  co_return co_await ReadSome(session_, std::move(wanted));
}

net::Task<absl::Status> ImapMailbox::Settle(std::vector<MailFacts> mails) {
  Cursor cursor = this->cursor();
  for (const MailFacts& facts : mails) cursor.last_uid = std::max(cursor.last_uid, facts.uid);
  co_return co_await MoveCursor(std::move(cursor));
}

net::Task<absl::StatusOr<std::optional<std::string>>> ImapMailbox::ReadBytes(MailFacts facts,
                                                                             size_t most) {
  co_return co_await ReadBeginning(session_, facts.uid, most);
}

std::string ImapMailbox::Place() const {
  return absl::StrCat(cursor().mailbox, ":", cursor().uid_validity);
}

std::string ImapMailbox::Id(const MailFacts& facts) const {
  return DeliveryId(vigil_.account.id, cursor(), facts.uid);
}

std::string ImapMailbox::Ref(const MailFacts& facts) const {
  const MailId id{rank_ == Rank::kOwn ? std::string() : name_, cursor().uid_validity, facts.uid};
  return WriteMailId(id);
}

}  // namespace postern::fetcher
