#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/deadline.h"
#include "lib/net/task.h"
#include "services/fetcher/mailbox_visit.h"
#include "services/fetcher/visit_limits.h"

namespace postern::fetcher {

// The mails of a mailbox, to be picked, read and changed by hand; each answer is a visit of its
// own, beside what the watcher does. kFailedPrecondition and kResourceExhausted have a
// wording. Long streams have limits of their own: they hold up nobody's short questions.
class MailDesk {
 public:
  static constexpr size_t kStreamsOfOne = 2;  // of a user
  static constexpr size_t kStreamsInAll = 16;
  static constexpr size_t kPop3StreamsInAll = 2;  // each holds a mail in memory

  MailDesk(const VisitParts& parts, VisitLimits& limits) : parts_(parts), limits_(limits) {}

  using Owner = std::shared_ptr<const Account>;
  net::Task<absl::StatusOr<MailPage>> List(Owner account, MailQuery query);
  net::Task<absl::StatusOr<MailPage>> Search(Owner account, MailQuery query);
  // In the order of `ids`; without those that are gone. One that can't be read comes with a
  // note of that, as long as any other could be.
  net::Task<absl::StatusOr<std::vector<FoundMail>>> Read(Owner account,
                                                         std::vector<std::string> ids);
  // As MailboxVisit. kCancelled is the sink's.
  net::Task<absl::Status> ReadPart(Owner account, std::string id, uint64_t attachment,
                                   MailPartSink sink);
  net::Task<absl::Status> ChangeFlags(Owner account, std::vector<std::string> ids,
                                      std::vector<std::string> add,
                                      std::vector<std::string> remove);
  net::Task<absl::StatusOr<std::string>> Move(Owner account, std::vector<std::string> ids,
                                              std::string to);
  net::Task<absl::Status> Delete(Owner account, std::vector<std::string> ids);
  // kInvalidArgument: the pieces are more or less than was said. Their own errors are passed on.
  net::Task<absl::StatusOr<Filed>> Append(Owner account, Filing filing);
  net::Task<absl::StatusOr<std::vector<imap::QuotaResource>>> Quota(Owner account);

  // What is to be done in one visit, by a named coroutine; what it refers to lives until then.
  using Work = std::function<net::Task<absl::Status>(MailboxVisit&)>;
  net::Task<absl::Status> Visit(Owner account, net::Duration limit, Work work);

 private:
  net::Task<absl::Status> VisitWithin(VisitLimits& limits, Owner account, net::Duration limit,
                                      Work work);
  net::Task<absl::Status> VisitNow(Owner account, Work work, std::optional<Failure>& failure);
  net::Task<absl::Status> ReadNow(Owner account, Reading& reading, std::optional<Failure>& failure);

  const VisitParts parts_;
  VisitLimits& limits_;
  VisitLimits streams_{kStreamsOfOne, kStreamsInAll};
  VisitLimits pop3_streams_{1, kPop3StreamsInAll};
};

}  // namespace postern::fetcher
