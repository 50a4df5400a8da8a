#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/compose/mail_composer.h"
#include "services/sender/delivery/mail_pause.h"
#include "services/sender/delivery/relay.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// Takes drafts in: checks them, composes the mail, puts it into the queue. Refusals
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

  net::Task<absl::Status> Submit(const v1::SubmitRequest& request, v1::SubmitResponse& response);

 private:
  net::Task<absl::StatusOr<Account>> AccountFor(const v1::SubmitRequest& request);
  net::Task<absl::StatusOr<Receipt>> Queue(const Account& account, Submission submission);

  Outbox& outbox_;
  const AccountDirectory& accounts_;
  const Relay& relay_;
  HeldPasswords& passwords_;
  MailPause& pause_;
  const std::function<net::Task<absl::Status>()> catch_up_;
  const std::function<void()> mail_due_;
};

}  // namespace postern::sender
