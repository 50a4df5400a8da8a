#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "lib/net/task.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// Holds the waiting mail of whole accounts back, and lets it go.
class MailPause {
 public:
  // `mail_due` is called when mail may go again, `author_due` when there is something to
  // tell authors.
  MailPause(Outbox& outbox, HeldPasswords& passwords, std::function<void()> mail_due,
            std::function<void()> author_due)
      : outbox_(outbox),
        passwords_(passwords),
        mail_due_(std::move(mail_due)),
        author_due_(std::move(author_due)) {}

  // The account needs its password, or its owner's consent (OAuth2): its mail waits, untried
  // and uncounted, until the owner gives it. Authors are told so once, at once; what is five
  // days old is given up as any other mail. `lease` is of a mail that is given back; it runs
  // out when Redis is away. A password that comes meanwhile is not overlooked; consent comes
  // as new settings.
  net::Task<void> UntilOwner(Account account, std::optional<Lease> lease);
  net::Task<void> UntilPassword(Account account, std::optional<Lease> lease) {
    return UntilOwner(std::move(account), std::move(lease));
  }
  // Answers how many mails wait. Goes on trying while Redis is away.
  net::Task<int64_t> End(std::string account_id);

 private:
  Outbox& outbox_;
  HeldPasswords& passwords_;
  const std::function<void()> mail_due_;
  const std::function<void()> author_due_;
};

}  // namespace postern::sender
