#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/words/wording.h"
#include "services/fetcher/mailbox_visit.h"
#include "services/fetcher/visit_limits.h"

namespace postern::fetcher {

struct TrialResult {
  words::Wording problem;  // empty: it works
  std::string field;       // of the registration form, to look at; may be empty
};

// Tries settings that are not stored yet: dials, logs in, opens the mailbox. At most
// 20 s, and so many at once of one user and in all.
class AccountTrial {
 public:
  explicit AccountTrial(const VisitParts& parts) : parts_(parts) {}

  // An empty `password` stands for the stored or the held one, or an access token.
  // kResourceExhausted, with a wording: too many at once. Whatever else goes wrong is a problem.
  net::Task<absl::StatusOr<TrialResult>> Try(Account account, crypto::Secret password);

 private:
  static constexpr size_t kOfOneUser = 2, kInAll = 32;

  net::Task<absl::StatusOr<sasl::Credentials>> CredentialsFor(const Account& account,
                                                              crypto::Secret password);
  net::Task<absl::Status> TryNow(const Account& account, sasl::Credentials credentials,
                                 std::unique_ptr<MailboxVisit>& visit,
                                 std::optional<Failure>& failure);
  net::Task<absl::Status> OpenMailbox(const Account& account, MailboxVisit& visit,
                                      std::optional<Failure>& failure);

  const VisitParts parts_;
  VisitLimits limits_{kOfOneUser, kInAll};
};

}  // namespace postern::fetcher
