#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/compose/draft_reader.h"
#include "services/sender/compose/intake_steps.h"
#include "services/sender/compose/mail_composer.h"
#include "services/sender/delivery/mail_pause.h"
#include "services/sender/delivery/relay.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// Takes drafts and copies in: checks them, composes the mail, puts it into the queue. Refusals
// are sentences for the author (lib/words).
class MailIntake {
 public:
  // `catch_up` learns of accounts that are brand-new; `mail_due`: there is something to send.
  MailIntake(Outbox& outbox, const AccountDirectory& accounts, const Relay& relay,
             HeldPasswords& passwords, MailPause& pause,
             std::function<net::Task<absl::Status>()> catch_up, std::function<void()> mail_due)
      : outbox_(outbox),
        accounts_(accounts),
        relay_(relay),
        passwords_(passwords),
        pause_(pause),
        catch_up_(std::move(catch_up)),
        mail_due_(std::move(mail_due)) {}
  // Before the first call.
  void Use(IntakeSteps steps) { steps_ = std::move(steps); }

  net::Task<absl::Status> Submit(const v1::SubmitRequest& request, v1::SubmitResponse& response);
  net::Task<absl::Status> SubmitCopy(const v1::SubmitCopyRequest& request,
                                     v1::SubmitResponse& response);

 private:
  net::Task<absl::StatusOr<Account>> AccountFor(const std::string& id, const std::string& owner);
  absl::StatusOr<Submission> Prepare(const v1::SubmitRequest& request, const Account& account);
  net::Task<absl::Status> Take(const Account& account, Submission submission,
                               v1::SubmitResponse& response);
  net::Task<absl::StatusOr<Receipt>> Queue(const Account& account, Submission submission);
  absl::StatusOr<std::vector<AliasCopy>> Expand(ComposedMail& mail) const;
  absl::Status Sign(const Account& account, ComposedMail& mail) const;
  absl::StatusOr<Submission> CopyFor(const Account& account, const Submission& original,
                                     const AliasCopy& copy) const;
  std::vector<Submission> CopiesFor(const Account& account, const Submission& original,
                                    const std::vector<AliasCopy>& aliases) const;
  net::Task<absl::Status> QueueCopies(const Account& account,
                                      const std::vector<Submission>& copies);

  Outbox& outbox_;
  const AccountDirectory& accounts_;
  const Relay& relay_;
  HeldPasswords& passwords_;
  MailPause& pause_;
  const std::function<net::Task<absl::Status>()> catch_up_;
  const std::function<void()> mail_due_;
  IntakeSteps steps_;
  DraftReader drafts_;
};

// How long a mail waits before it goes: for its time, and until its author can't take it back any
// more. What is late goes at once, for the edge may hand it over again for a day. kInvalidArgument,
// in words: later than that, or more than a year ahead.
absl::StatusOr<milliseconds> WaitOf(const Account& account, int64_t send_at_unix, int64_t now_unix);

}  // namespace postern::sender
