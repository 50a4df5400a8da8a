#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/effects/held_mails.h"
#include "services/fetcher/effects/judged_mail.h"
#include "services/fetcher/mail_handoff.h"
#include "services/fetcher/mail_source.h"
#include "services/fetcher/progress.h"

namespace postern::fetcher {

// Of one pass through a mailbox: mails that were read are judged, what the rules say is carried
// out, and they are handed to the edge, now or later. A Status is an obstacle; the mails come
// again, and nothing is done twice.
//
// In this order: sending; delivering; filing, for a mail that has moved is not seen again; what is
// delivered later is noted; the rules remember. The caller then moves the cursor.
class RuledDelivery {
 public:
  struct Place {
    const Account& account;
    Mailbox& mailbox;
    Progress& progress;
    MailHandoff& handoff;
    HeldMails* held = nullptr;           // null: nothing can be held
    const HeldMailbox* again = nullptr;  // not null: these are its mails, judged before
  };
  explicit RuledDelivery(const Place& place) : place_(place) {}

  struct Result {
    MailHandoff::Answer answer = MailHandoff::Answer::kDone;
    absl::flat_hash_set<std::string> handed_on;  // delivery ids
  };
  // Each mail by itself, now. At most kMaxFull.
  net::Task<absl::StatusOr<Result>> HandOn(std::vector<JudgedMail> mails);
  // The same, though their user wants none now: what is to be shown is held, unless it is urgent.
  net::Task<absl::StatusOr<Result>> JudgeAhead(std::vector<JudgedMail> mails);
  // Leaves those that belong into the digest that is made now.
  net::Task<absl::StatusOr<std::vector<IncomingMail>>> LeaveForDigest(
      std::vector<JudgedMail> mails);

  // Whether mails that have to wait are judged at once: rules are in force for their user, and
  // there is room to hold so many.
  net::Task<bool> JudgesAhead(size_t mails);

 private:
  // Where mails go by their plans.
  struct Sorted {
    std::vector<IncomingMail> full, digest;
    std::vector<HeldMail> later;
  };
  net::Task<absl::Status> Decide(std::vector<JudgedMail>& mails, bool lets_wait = false);
  net::Task<absl::Status> Recall(std::vector<JudgedMail>& mails);
  net::Task<MaybeBytes> ReadBytes(const JudgedMail& mail, size_t most);
  net::Task<absl::StatusOr<Result>> CarryOut(std::vector<JudgedMail> mails, bool now);
  net::Task<absl::Status> CarryOutJudged(std::vector<JudgedMail>& mails, bool now, Result& result);
  net::Task<absl::Status> Deliver(Sorted& sorted, Result& result);
  net::Task<absl::Status> DeliverFull(std::vector<IncomingMail> mails, Result& result);
  // True: some are to be delivered that were not before.
  net::Task<absl::StatusOr<std::vector<JudgedMail>>> File(std::vector<JudgedMail>& mails);
  net::Task<absl::Status> Hold(std::vector<HeldMail> mails);
  void Sort(JudgedMail& mail, bool now, Sorted& sorted) const;
  static void AddCopies(const JudgedMail& mail, Sorted& sorted);
  // Its owner's, now.
  static void AddOwners(const JudgedMail& mail, Sorted& sorted);
  HeldMail HeldOf(const JudgedMail& mail, int64_t due_unix, bool with_others) const;
  int64_t DueOf(const Plan& plan, bool now, int64_t now_unix) const;

  const Place place_;
};

// The id under which somebody else gets a mail.
std::string IdForOther(const std::string& delivery_id, const std::string& jid);

}  // namespace postern::fetcher
