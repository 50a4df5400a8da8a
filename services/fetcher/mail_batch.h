#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/effects/judged_mail.h"
#include "services/fetcher/mail_budget.h"
#include "services/fetcher/mail_handoff.h"
#include "services/fetcher/mail_source.h"
#include "services/fetcher/mailbox_sync.h"
#include "services/fetcher/progress.h"

namespace postern::fetcher {

// What goes to the edge in one call. One mail more may come on top; the edge takes 4 MiB.
inline constexpr size_t kMaxBatchBytes = 2 * 1024 * 1024;

// Mails in a row that go the same way, as they were read.
struct MailBatch {
  struct Item {
    MailFacts facts;
    std::optional<IncomingMail> mail;  // nothing stands for one that is gone
  };
  std::vector<Item> items;
  MailBudget::Share share;
  absl::Status broken;  // why no more could be read: the connection is no longer good

  // The mails that are there; adds what was looked at.
  std::vector<JudgedMail> Unpack(std::vector<MailFacts>& looked_at);
};

// Reads new mails by the batch, as far as the user's presence lets them go one way.
class BatchReader {
 public:
  BatchReader(const Account& account, Mailbox& source, Progress& progress,
              const AvailabilityFeed& availability, MailBudget& budget);

  // These are new.
  void Begin(const std::vector<MailFacts>& mails);
  // Those of them that go this way, from one on; at most so many.
  net::Task<void> Read(Disposition way, const std::vector<MailFacts>& mails, size_t from,
                       size_t most, MailBatch& batch);
  // Of those that Begin was told: this one, and those before it, go one by one.
  bool GoesAlone(size_t index) const { return index < one_by_one_; }
  // The presence is looked up anew for each mail: it changes while we work.
  Disposition DispositionOf(const MailFacts& facts) const;
  // False when the presence has changed for some since they were read: those stay behind.
  bool LeaveThoseOfTheSameWay(Disposition way, MailBatch& batch) const;

 private:
  std::vector<WantedMail> Wanted(Disposition way, const std::vector<MailFacts>& mails, size_t from,
                                 size_t most) const;
  net::Task<size_t> Take(const std::vector<WantedMail>& wanted, ReadMails read, MailBatch& batch);

  const Account& account_;
  Mailbox& source_;
  Progress& progress_;
  const AvailabilityFeed& availability_;
  MailBudget& budget_;
  size_t one_by_one_ = 0;
};

}  // namespace postern::fetcher
