#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/mailbox_visit.h"
#include "services/fetcher/visit_limits.h"

namespace postern::fetcher {

// The mails of a mailbox, to be picked and read by hand; each answer is a visit of its
// own, beside what the watcher does. kFailedPrecondition and kResourceExhausted have a
// wording.
class MailDesk {
 public:
  MailDesk(const VisitParts& parts, VisitLimits& limits) : parts_(parts), limits_(limits) {}

  net::Task<absl::StatusOr<MailPage>> List(std::shared_ptr<const Account> account,
                                           std::string before_id, size_t limit);
  // In the order of `ids`; without those that are gone. One that can't be read comes with a
  // note of that, as long as any other could be.
  net::Task<absl::StatusOr<std::vector<FoundMail>>> Read(std::shared_ptr<const Account> account,
                                                         std::vector<std::string> ids);

 private:
  using Begun = absl::StatusOr<std::unique_ptr<MailboxVisit>>;
  net::Task<Begun> Begin(const Account& account, std::optional<Failure>& failure);
  net::Task<absl::StatusOr<MailPage>> ListNow(const Account& account, std::string before_id,
                                              size_t limit, std::optional<Failure>& failure);
  net::Task<absl::Status> ReadNow(const Account& account, Reading& reading,
                                  std::optional<Failure>& failure);

  const VisitParts parts_;
  VisitLimits& limits_;
};

}  // namespace postern::fetcher
