#include "services/sender/filing/filer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::sender {
namespace {

using std::chrono::milliseconds;

auto& filed_total = metrics::Counter("postern_sender_filed_total",
                                     "Sent mails put into their authors' folders for sent mail");
auto& found_total = metrics::Counter("postern_sender_filed_already_total",
                                     "Sent mails that were in such a folder already");

constexpr size_t kTaken = 64;       // at once, from the queue
constexpr size_t kOfOneOwner = 16;  // the others come again
// Longer than all calls for one mail may take: nobody else is to try it meanwhile.
constexpr std::chrono::minutes kClaim{8};
constexpr std::chrono::hours kLatestRetry{2};
// A folder may be made meanwhile, a setting mended: some eight minutes in all.
constexpr int64_t kTriesForGood = 5;

// Whether another try would end alike, as when the folder is not there.
bool IsForGood(const absl::Status& why) {
  return absl::IsNotFound(why) || absl::IsFailedPrecondition(why) || absl::IsInvalidArgument(why) ||
         absl::IsUnimplemented(why);
}

}  // namespace

Filer::Filer(boost::asio::any_io_executor executor, Outbox& outbox,
             const AccountDirectory& accounts, const MailboxBook& mailboxes,
             fetcher::v1::FetcherService::StubInterface* fetcher, Times times)
    : executor_(executor),
      outbox_(outbox),
      accounts_(accounts),
      mailboxes_(mailboxes),
      fetcher_(fetcher),
      times_(times),
      wake_(executor),
      tasks_(executor) {}

bool Filer::Files(const Account& account) const {
  return fetcher_ != nullptr && ChooseSentFolder(account, mailboxes_.Of(account.owner)).has_value();
}

net::Task<void> Filer::Run() {
  for (;;) {
    co_await Round();
    co_await wake_.WaitFor(times_.poll);
  }
}

net::Task<void> Filer::Stop() { co_await tasks_.Stop(); }

net::Task<void> Filer::Round() {
  if (!accounts_.loaded() || busy_owners_.size() >= kOwnersAtOnce) co_return;
  auto taken = co_await outbox_.TakeFilings(kTaken);
  if (!taken.ok()) co_return;
  absl::flat_hash_map<std::string, Filings> by_owner;
  for (Filing& filing : *taken) {
    if (held_ids_.contains(filing.queue_id)) continue;
    if (fetcher_ != nullptr && filing.age < times_.servers_time) {
      (void)co_await outbox_.FileLater(filing.queue_id, times_.servers_time - filing.age);
      continue;
    }
    Filings& of_owner = by_owner[filing.owner];
    const bool may_begin = by_owner.size() + busy_owners_.size() <= kOwnersAtOnce;
    if (busy_owners_.contains(filing.owner) || !may_begin || of_owner.size() >= kOfOneOwner) {
      if (of_owner.empty()) by_owner.erase(filing.owner);
      (void)co_await outbox_.FileLater(filing.queue_id, times_.others_first);
      continue;
    }
    held_ids_.insert(filing.queue_id);
    of_owner.push_back(std::move(filing));
  }
  for (auto& [owner, filings] : by_owner) {
    busy_owners_.insert(owner);
    tasks_.Spawn("file sent mail", FileFor(owner, std::move(filings)));
  }
}

net::Task<void> Filer::FileFor(std::string owner, Filings filings) {
  for (Filing& filing : filings) {
    std::string id = filing.queue_id;
    co_await FileOne(std::move(filing));
    held_ids_.erase(id);
  }
  busy_owners_.erase(owner);
  wake_.Notify();
}

net::Task<void> Filer::FileOne(Filing filing) {
  const std::string id = filing.queue_id;
  const milliseconds age = filing.age;
  absl::Status claimed = co_await outbox_.FileLater(id, kClaim);
  if (!claimed.ok()) co_return;
  auto done = co_await TryToFile(std::move(filing));
  // Without Redis it comes again when the claim is over.
  if (done.ok() && *done) {
    (void)co_await outbox_.Filed(id);
    co_return;
  }
  // Again after as long as it has been tried already.
  const milliseconds pause = std::clamp<milliseconds>(age, times_.soonest_retry, kLatestRetry);
  co_await AfterFailure(id, pause, done.status());
}

net::Task<void> Filer::AfterFailure(std::string id, milliseconds pause, absl::Status why) {
  words::Wording error{"$0", {std::string(why.message())}};
  auto failures = co_await outbox_.FilingFailed(id, pause, std::move(error));
  if (!failures.ok()) co_return;
  if (!IsForGood(why)) {
    log::Debug("a sent mail is not filed yet", {{"mail", id}, {"error", why.message()}});
  } else if (*failures >= kTriesForGood) {
    log::Warn("a sent mail could not be filed; it is let go",
              {{"mail", id}, {"error", why.message()}});
    (void)co_await outbox_.Filed(id);
  } else if (*failures == 1) {
    log::Warn("a sent mail can't be filed; it is tried a few times more",
              {{"mail", id}, {"error", why.message()}});
  }
}

std::optional<SentFolder> Filer::PlaceFor(const Filing& filing) const {
  if (fetcher_ == nullptr) return std::nullopt;
  const Account* account = accounts_.Find(filing.account_id);
  if (account != nullptr) return ChooseSentFolder(*account, mailboxes_.Of(filing.owner));
  // It had a place when the mail was taken, and its owner may still look there.
  auto place = SentFolderAfterwards(filing.from, mailboxes_.Of(filing.owner));
  if (!place) {
    log::Warn("a sent mail is not filed: its account is gone, and with it the place for it",
              {{"mail", filing.queue_id}, {"account", filing.account_id}});
  }
  return place;
}

net::Task<absl::StatusOr<bool>> Filer::TryToFile(Filing filing) {
  std::optional<SentFolder> place = PlaceFor(filing);
  if (!place) co_return true;  // nowhere, by now
  if (place->folder.empty()) {
    FilingVisit visit(executor_, *fetcher_);
    auto folder = co_await visit.FindFolder(place->account_id);
    if (!folder.ok()) co_return folder.status();
    if (folder->empty()) {
      log::Info("a sent mail is not filed: the mailbox has no folder for sent mail",
                {{"mail", filing.queue_id}, {"account", place->account_id}});
      co_return true;
    }
    place->folder = *std::move(folder);
  }
  co_return co_await FileAt(*std::move(place), std::move(filing));
}

net::Task<absl::StatusOr<bool>> Filer::FileAt(SentFolder place, Filing filing) {
  auto beginning = co_await outbox_.Content(filing.queue_id, 0, kPieceBytes);
  if (absl::IsNotFound(beginning.status())) co_return true;
  if (!beginning.ok()) co_return beginning.status();
  CopyMarks marks = MarksOf(*beginning);
  marks.message_id = filing.message_id;
  const int64_t date_unix = marks.date_unix;
  FilingVisit visit(executor_, *fetcher_);
  auto there = co_await visit.IsThere(place, std::move(marks));
  if (!there.ok()) co_return there.status();
  if (*there) {
    found_total.Increment();
    co_return true;
  }
  std::string id = filing.queue_id;
  absl::Status filed = co_await visit.Append(place, outbox_, std::move(filing), date_unix);
  if (!filed.ok()) co_return filed;
  filed_total.Increment();
  log::Info("sent mail filed", {{"mail", id}, {"account", place.account_id}});
  co_return true;
}

}  // namespace postern::sender
