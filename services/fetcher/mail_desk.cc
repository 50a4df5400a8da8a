#include "services/fetcher/mail_desk.h"

#include <chrono>
#include <utility>

#include "lib/words/wording.h"
#include "services/fetcher/mail_part.h"
#include "services/fetcher/visit_keeper.h"

namespace postern::fetcher {

namespace {

using std::chrono::seconds;

constexpr seconds kListLimit{20};
constexpr seconds kSearchLimit{30};  // servers without an index read every mail
constexpr seconds kReadLimit{35};
constexpr seconds kChangeLimit{30};
// A part of kMaxBytes at the slowest pace that is borne, about. Each step has its own limit.
constexpr std::chrono::hours kPartLimit{73};
// Connections to read some mails: after one that broke at a mail, its header is tried, and
// then those behind it.
constexpr int kMaxVisits = 3;

template <class T>
net::Task<absl::Status> PutInto(T& answer, net::Task<absl::StatusOr<T>> task) {
  auto answered = co_await std::move(task);
  if (!answered.ok()) co_return answered.status();
  answer = *std::move(answered);
  co_return absl::OkStatus();
}

// What is not the mail server's doing is told as it is.
bool IsOurs(const absl::Status& status, const std::optional<Failure>& failure) {
  if (failure) return false;
  return absl::IsCancelled(status) || absl::IsInvalidArgument(status) ||
         absl::IsResourceExhausted(status);
}

}  // namespace

// --- visits -----------------------------------------------------------------------

net::Task<absl::Status> MailDesk::VisitNow(Owner account, Work work,
                                           std::optional<Failure>& failure) {
  auto open = co_await Enter(parts_, std::move(account), failure);
  if (!open.ok()) co_return open.status();
  absl::Status done = co_await work(*open->visit);
  failure = open->visit->failure();
  if (done.ok()) co_await Leave(parts_, *std::move(open));
  co_return done;
}

net::Task<absl::Status> MailDesk::VisitWithin(VisitLimits& limits, Owner account,
                                              net::Duration limit, Work work) {
  auto pass = limits.Enter(account->owner);
  if (!pass.ok()) co_return pass.status();
  std::optional<Failure> failure;
  absl::Status done =
      co_await net::WithDeadline(limit, VisitNow(account, std::move(work), failure));
  if (done.ok() || IsOurs(done, failure)) co_return done;
  co_return VisitError(*account, done, failure);
}

net::Task<absl::Status> MailDesk::Visit(Owner account, net::Duration limit, Work work) {
  co_return co_await VisitWithin(limits_, std::move(account), limit, std::move(work));
}

// --- lists ------------------------------------------------------------------------

net::Task<absl::StatusOr<MailPage>> MailDesk::List(Owner account, MailQuery query) {
  MailPage page;
  Work work = [&](MailboxVisit& visit) { return PutInto(page, visit.ListMails(query)); };
  absl::Status done = co_await Visit(std::move(account), kListLimit, std::move(work));
  if (!done.ok()) co_return done;
  co_return page;
}

net::Task<absl::StatusOr<MailPage>> MailDesk::Search(Owner account, MailQuery query) {
  MailPage page;
  Work work = [&](MailboxVisit& visit) { return PutInto(page, visit.SearchMails(query)); };
  absl::Status done = co_await Visit(std::move(account), kSearchLimit, std::move(work));
  if (!done.ok()) co_return done;
  co_return page;
}

net::Task<absl::StatusOr<std::vector<imap::QuotaResource>>> MailDesk::Quota(Owner account) {
  std::vector<imap::QuotaResource> quota;
  Work work = [&](MailboxVisit& visit) { return PutInto(quota, visit.AskQuota()); };
  absl::Status done = co_await Visit(std::move(account), kListLimit, std::move(work));
  if (!done.ok()) co_return done;
  co_return quota;
}

// --- reading ----------------------------------------------------------------------

net::Task<absl::Status> MailDesk::ReadNow(Owner account, Reading& reading,
                                          std::optional<Failure>& failure) {
  absl::Status read;
  for (int visits = 0; visits < kMaxVisits && !reading.Done(); ++visits) {
    auto open = co_await Enter(parts_, account, failure);
    if (!open.ok()) co_return open.status();
    read = co_await open->visit->ReadMails(reading);
    failure = open->visit->failure();
    if (read.ok()) co_await Leave(parts_, *std::move(open));
    const bool broke_at_a_mail = !read.ok() && reading.depth() != Depth::kAll;
    if (!broke_at_a_mail) break;
  }
  co_return read;
}

net::Task<absl::StatusOr<std::vector<FoundMail>>> MailDesk::Read(Owner account,
                                                                 std::vector<std::string> ids) {
  auto pass = limits_.Enter(account->owner);
  if (!pass.ok()) co_return pass.status();
  std::optional<Failure> failure;
  Reading reading(std::move(ids));
  absl::Status read = co_await net::WithDeadline(kReadLimit, ReadNow(account, reading, failure));
  if (!read.ok() && reading.found().empty()) co_return VisitError(*account, read, failure);
  co_return reading.Finish();
}

net::Task<absl::Status> MailDesk::ReadPart(Owner account, std::string id, uint64_t attachment,
                                           MailPartSink sink) {
  VisitLimits& limits = account->type == AccountType::kPop3 ? pop3_streams_ : streams_;
  Work work = [&](MailboxVisit& visit) { return visit.ReadPart(id, attachment, sink); };
  co_return co_await VisitWithin(limits, std::move(account), kPartLimit, std::move(work));
}

// --- changes ----------------------------------------------------------------------

net::Task<absl::Status> MailDesk::ChangeFlags(Owner account, std::vector<std::string> ids,
                                              std::vector<std::string> add,
                                              std::vector<std::string> remove) {
  Work work = [&](MailboxVisit& visit) { return visit.ChangeFlags(ids, add, remove); };
  co_return co_await Visit(std::move(account), kChangeLimit, std::move(work));
}

net::Task<absl::StatusOr<std::string>> MailDesk::Move(Owner account, std::vector<std::string> ids,
                                                      std::string to) {
  std::string mailbox;
  Work work = [&](MailboxVisit& visit) { return PutInto(mailbox, visit.MoveMails(ids, to)); };
  absl::Status done = co_await Visit(std::move(account), kChangeLimit, std::move(work));
  if (!done.ok()) co_return done;
  co_return mailbox;
}

net::Task<absl::Status> MailDesk::Delete(Owner account, std::vector<std::string> ids) {
  Work work = [&](MailboxVisit& visit) { return visit.DeleteMails(ids); };
  co_return co_await Visit(std::move(account), kChangeLimit, std::move(work));
}

net::Task<absl::StatusOr<Filed>> MailDesk::Append(Owner account, Filing filing) {
  const auto limit =
      kChangeLimit + Pace::kHeadStart + seconds(filing.mail.size / Pace::kSlowestBytesPerSecond);
  Filed filed;
  Work work = [&](MailboxVisit& visit) {
    return PutInto(filed, visit.AppendMail(std::move(filing)));
  };
  absl::Status done = co_await VisitWithin(streams_, std::move(account), limit, std::move(work));
  if (!done.ok()) co_return done;
  co_return filed;
}

}  // namespace postern::fetcher
