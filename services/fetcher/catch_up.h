#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/mail_handoff.h"
#include "services/fetcher/mail_source.h"
#include "services/fetcher/mailbox_sync.h"
#include "services/fetcher/progress.h"

namespace postern::fetcher {

// Deals with all new mail, as far as the user's presence lets it. Lives for one pass;
// a Status means that the connection, or (kAborted) the lease, is gone.
class CatchUp {
 public:
  CatchUp(const Account& account, MailSource& source, Progress& progress,
          const AvailabilityFeed& availability, MailHandoff& handoff);

  // Sends a digest now, due or not.
  void ForceDigest() { digest_now_ = true; }

  // When to look again at the latest, as Unix time, though nothing happens; 0: no need.
  net::Task<absl::StatusOr<int64_t>> Run();
  // When the first of the mails was received that were left in the mailbox.
  const std::optional<int64_t>& waiting_since() const { return waiting_since_; }

 private:
  // What a step came to: kGoOn; kLookAgain at `look_again_`; kStay until the presence changes.
  enum class Next { kGoOn, kLookAgain, kStay };

  net::Task<absl::StatusOr<Next>> Pass(const std::vector<MailFacts>& mails);
  net::Task<absl::StatusOr<Next>> PassOver(const std::vector<MailFacts>& mails, size_t& at);
  net::Task<absl::StatusOr<Next>> HandOnFull(const std::vector<MailFacts>& mails, size_t& at);
  net::Task<absl::StatusOr<Next>> HandOnDigest(const std::vector<MailFacts>& mails, size_t& at);
  // Mails in a row that go the same way, in one call to the edge.
  struct Batch {
    std::vector<IncomingMail> mails;  // those that the rules let through
    std::vector<MailFacts> looked_at;
    std::optional<Next> obstacle;
  };
  net::Task<absl::StatusOr<Batch>> Collect(Disposition way, const std::vector<MailFacts>& mails,
                                           size_t& at);
  net::Task<absl::StatusOr<std::optional<IncomingMail>>> Read(MailFacts facts);
  // `handed_on` of the mails were delivered; the rules left out the others.
  net::Task<absl::StatusOr<Next>> Settle(std::vector<MailFacts> mails,
                                         absl::StatusOr<MailHandoff::Answer> answer,
                                         size_t handed_on);
  bool HasTroubled(const std::vector<MailFacts>& mails, size_t from) const;
  Disposition DispositionOf(const MailFacts& facts) const;
  Next Obstacle(const MailFacts& facts, const absl::Status& status);

  const Account& account_;
  MailSource& source_;
  Progress& progress_;
  const AvailabilityFeed& availability_;
  MailHandoff& handoff_;
  bool digest_now_ = false;
  int64_t look_again_ = 0;
  std::optional<int64_t> waiting_since_;
};

}  // namespace postern::fetcher
