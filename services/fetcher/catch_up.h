#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/effects/held_mails.h"
#include "services/fetcher/effects/one_at_a_time.h"
#include "services/fetcher/effects/ruled_delivery.h"
#include "services/fetcher/mail_batch.h"
#include "services/fetcher/mail_handoff.h"
#include "services/fetcher/mail_source.h"
#include "services/fetcher/mailbox_sync.h"
#include "services/fetcher/progress.h"

namespace postern::fetcher {

// Deals with all new mail, as far as the user's presence lets it. Lives for one pass;
// a Status means that the connection, or (kAborted) the lease, is gone.
//
// In batches: while one is judged and handed on, the next one is there and one more is being
// read, so three are in memory at most; the cursor follows what was handed on.
class CatchUp {
 public:
  // `held`: where mails wait that rules have judged; null: they don't. `again`: the mailbox is
  // that of those, of which they are told now.
  CatchUp(const Account& account, Mailbox& source, Progress& progress,
          const AvailabilityFeed& availability, MailHandoff& handoff, HeldMails* held = nullptr,
          const HeldMailbox* again = nullptr);

  // Sends a digest now, due or not.
  void ForceDigest() { digest_now_ = true; }

  // When to look again at the latest, as Unix time, though nothing happens; 0: no need.
  net::Task<absl::StatusOr<int64_t>> Run();
  // When the first of the mails was received that were left in the mailbox.
  const std::optional<int64_t>& waiting_since() const { return waiting_since_; }

 private:
  // What a step came to: kGoOn; kLookAgain at `look_again_`; kStay until the presence changes.
  enum class Next { kGoOn, kLookAgain, kStay };

  // What became of a batch.
  struct Outcome {
    Next next = Next::kGoOn;
    std::vector<MailFacts> dealt_with;  // to be settled
    size_t handed_on = 0;               // of them; the rules left out the others
    bool interrupted = false;           // the presence changed before its end
  };
  // The batches of a run of mails on their way.
  struct Flow {
    explicit Flow(boost::asio::any_io_executor executor)
        : read(executor), taken(executor), more(executor), fewer(executor) {}
    void Add(const Outcome& outcome);

    std::optional<MailBatch> batch;  // read, and next in turn
    bool last = false;               // there is none behind it
    bool stopped = false;            // nothing more will be handed on
    absl::Status broken;             // why no more could be read
    std::vector<MailFacts> unsettled;
    size_t handed_on = 0;  // of them
    absl::Status settled;
    net::Event read, taken;  // a batch
    net::Event more, fewer;  // unsettled mails
  };
  struct Digest {
    std::vector<IncomingMail> lines;
    std::vector<MailFacts> looked_at;  // those among them that the rules left out, too
  };

  net::Task<absl::StatusOr<Next>> Pass(const std::vector<MailFacts>& mails);
  net::Task<absl::StatusOr<Next>> PassOver(const std::vector<MailFacts>& mails, size_t& at);
  net::Task<absl::StatusOr<Next>> JudgeAhead(const std::vector<MailFacts>& mails, size_t& at,
                                             Disposition way);
  net::Task<absl::StatusOr<Next>> HandOnFull(const std::vector<MailFacts>& mails, size_t& at);
  net::Task<absl::StatusOr<Next>> HandOnDigest(const std::vector<MailFacts>& mails, size_t& at);

  net::Task<void> ReadAhead(const std::vector<MailFacts>& mails, size_t from, Flow& flow);
  net::Task<void> HandOnAll(Flow& flow, size_t& at, Next& next);
  net::Task<void> HandOn(MailBatch batch, Outcome& outcome);
  net::Task<void> SettleBehind(Flow& flow);
  net::Task<absl::StatusOr<Next>> CollectDigest(const std::vector<MailFacts>& mails, size_t at,
                                                Digest& digest);
  std::optional<Next> Stopped(const absl::StatusOr<MailHandoff::Answer>& answer,
                              const std::vector<MailFacts>& mails);

  void MarkHandedOn(const absl::flat_hash_set<std::string>& ids,
                    std::vector<MailFacts>& mails) const;
  Next Obstacle(const std::vector<MailFacts>& mails, const absl::Status& status);

  const Account& account_;
  OneAtATime source_;
  Progress& progress_;
  MailHandoff& handoff_;
  BatchReader reader_;
  RuledDelivery delivery_;
  bool digest_now_ = false;
  int64_t look_again_ = 0;
  std::optional<int64_t> waiting_since_;
};

}  // namespace postern::fetcher
