// The part of Pop3Source that removes from the server what was handed on long ago.

#include <ctime>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/fetcher/pop3_source.h"

namespace postern::fetcher {

namespace {

auto& removed = metrics::Counter("postern_fetcher_mails_removed_total",
                                 "Mails removed from POP3 servers, some days after delivery");

}  // namespace

net::Task<absl::Status> Pop3Source::NoteDelivered(const std::vector<MailFacts>& mails) {
  std::vector<DeliveredMail> delivered;
  for (const MailFacts& facts : mails) {
    if (facts.handed_on) delivered.push_back(DeliveredMail{facts.key, std::time(nullptr)});
  }
  if (delivered.empty()) co_return absl::OkStatus();
  co_return co_await vigil_.cursors.AddDelivered(vigil_.progress.lease, std::move(delivered));
}

// Only from a mailbox that was recognised, and of which all is listed: what is missing
// from a listing may be what the numbers of the rest depend on.
net::Task<absl::Status> Pop3Source::ChooseWhatToRemove(std::vector<ListedMail> listing) {
  const uint32_t days = vigil_.account.remove_after_days;
  if (days == 0 || listing.empty() || listing.size() != session_.counted()) {
    co_return absl::OkStatus();
  }
  auto delivered = co_await vigil_.cursors.ReadDelivered(vigil_.account.id);
  if (!delivered.ok()) co_return delivered.status();
  to_remove_ = MailsToRemove(listing, memory_.waiting, *delivered, days, std::time(nullptr));
  if (to_remove_.empty()) co_return absl::OkStatus();
  listing_ = std::move(listing);
  co_return absl::OkStatus();
}

// The server removes at QUIT, and only then (RFC 1939 section 6): a connection that ends in
// any other way leaves everything. So the last look at the lease is right before it.
net::Task<absl::Status> Pop3Source::RemoveAndQuit() {
  std::vector<uint32_t> numbers;
  for (const ListedMail& mail : to_remove_) numbers.push_back(mail.number);
  auto taken = co_await session_.Delete(std::move(numbers));
  if (!taken.ok()) co_return taken.status();
  const Lease lease = vigil_.progress.lease;
  if (absl::Status s = co_await vigil_.cursors.Check(lease); !s.ok()) co_return s;
  if (absl::Status s = co_await session_.Quit(); !s.ok()) co_return s;
  const absl::flat_hash_set<uint32_t> gone(taken->begin(), taken->end());
  std::erase_if(to_remove_, [&](const ListedMail& mail) { return !gone.contains(mail.number); });
  removed.Increment(static_cast<double>(to_remove_.size()));
  log::Info("mails removed from the server that were handed on long ago",
            {{"account", vigil_.account.id}, {"mails", to_remove_.size()}});
  // In the meantime others may have been recorded: they are read anew.
  auto delivered = co_await vigil_.cursors.ReadDelivered(vigil_.account.id);
  if (!delivered.ok()) co_return delivered.status();
  std::vector<DeliveredMail> rest = StillThere(*delivered, listing_, to_remove_);
  co_return co_await vigil_.cursors.SetDelivered(lease, std::move(rest));
}

}  // namespace postern::fetcher
