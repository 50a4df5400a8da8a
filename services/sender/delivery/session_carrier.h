#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/sender/accounts/health_reporter.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/delivery/carrier.h"
#include "services/sender/delivery/providers.h"
#include "services/sender/delivery/relay.h"
#include "services/sender/delivery/session_pool.h"

namespace postern::sender {

// What carriers with sessions work with; all of it outlives them.
struct SessionParts {
  Relay& relay;
  SessionPool& pool;
  HeldPasswords& passwords;
  HealthReporter& health;
};

// Carries an account's mail over a session with its server, or the operator's: one that is kept
// from a mail before, or a new one. How the account fares is reported. Errors beside those of
// smtp::Session: kUnauthenticated means that nothing was tried with the mail, for the login
// failed, or nobody has given the password.
class SessionCarrier final : public Carrier {
 public:
  SessionCarrier(const SessionParts& parts, Account account, SessionPlace place, Budget budget)
      : parts_(parts),
        account_(std::move(account)),
        place_(std::move(place)),
        budget_(std::move(budget)) {}

  net::Task<absl::Status> Carry(Freight freight, BeforeDot& before_dot) override;

 private:
  using Lent = std::unique_ptr<SessionPool::Lent>;

  net::Task<absl::StatusOr<Lent>> Connect();
  // By a session that is open, in as many transactions as it takes.
  net::Task<absl::Status> CarryOver(smtp::Session& session, Freight freight, BeforeDot& before_dot);
  net::Task<absl::Status> CarryOnce(smtp::Session& session, Freight freight, BeforeDot& before_dot);
  size_t MostRecipients(const smtp::Session& session) const;
  size_t MostMails(const smtp::Session& session) const;
  // What ended a session, for the author; and for the account, where it concerns that.
  absl::Status Meaning(const absl::Status& ended);

  const SessionParts& parts_;
  const Account account_;
  const SessionPlace place_;
  const Budget budget_;
};

// True when an account can't go on before its owner has done something: given the password, or
// consent. `sign_in`: how the last try to sign in ended.
bool AsksOwner(const Account& account, HeldPasswords& passwords, const absl::Status& sign_in);

}  // namespace postern::sender
