#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "services/sender/outbox/gathered_script.h"
#include "services/sender/outbox/outbox_values.h"

namespace postern::sender {

// The durable outbound queue in Redis; outbox_scripts.h says how it is laid out. What an
// operator or an author does with it is in queue_view.h.
// Every answer that is OK is on disk (given appendfsync always). kUnavailable:
// Redis is away; the change may or may not have been made, repeat it.
// Calls of one kind that come together go to Redis together (gathered_script.h).
class Outbox {
 public:
  Outbox(boost::asio::any_io_executor executor, store::RedisClient& redis, OutboxLimits limits);

  // kResourceExhausted: the queue of the account or of the site is full. Of two calls with one
  // key at the same time one is queued, and both are answered with that one.
  net::Task<absl::StatusOr<Receipt>> Put(Submission submission);

  // At most 64 mails, and about 1 MiB of contents.
  net::Task<absl::StatusOr<TakeResult>> Take(TakeRequest request);
  // More due mails of one account, for a session that is open.
  net::Task<absl::StatusOr<TakeResult>> TakeMore(std::string account_id, size_t count);
  // Answers the ids of the leases that are lost.
  net::Task<absl::StatusOr<std::vector<std::string>>> Renew(std::vector<Lease> leases);
  // Makes mails due again whose lease ran out; answers their ids.
  net::Task<absl::StatusOr<std::vector<std::string>>> Recover();
  // Notes that the final dot is about to be sent. kAborted: the lease is lost.
  net::Task<absl::Status> MarkDot(Lease lease);
  // Puts on record who of a mail's recipients is done while others are still to come: a crash does
  // not send it to them again. They are told of when the mail is settled, with all `outcomes` once
  // more. kAborted: the lease is lost.
  net::Task<absl::Status> Pass(Lease lease, Settlement so_far);
  // kAborted: the lease is lost, somebody else has the mail. May be repeated.
  net::Task<absl::Status> Settle(Lease lease, Settlement settlement);
  // Gives a mail back untried.
  net::Task<absl::Status> Release(Lease lease);

  // Lets all waiting mail of an account wait for `pause`, untried; its authors are told
  // `why` now, if they were not told of a delay before. `lease`: one that is given back too.
  // kAborted: that one is lost, and nothing was done. Costs the same however many mails wait.
  net::Task<absl::Status> Suspend(std::string account_id, milliseconds pause, words::Wording why,
                                  std::optional<Lease> lease = std::nullopt);
  // Ends a pause. What waits for another try is due now; what was never due yet (an undo
  // window, a date) waits on. Answers how many mails wait.
  net::Task<absl::StatusOr<int64_t>> ResumeAccount(std::string account_id);
  net::Task<absl::StatusOr<std::vector<std::string>>> PausedAccounts();
  // Until when none of an account's mail goes, whatever becomes due (schedules, routes);
  // nothing: no more. Costs the same however many mails wait. Behind a closed gate nothing
  // is late, and nothing is given up.
  net::Task<absl::Status> SetGate(std::string account_id, std::optional<milliseconds> for_so_long);
  // How many mails of each of these accounts are due, gate or not.
  net::Task<absl::StatusOr<std::vector<uint64_t>>> CountWaiting(std::vector<std::string> accounts);

  // A piece of the content, not always as much as asked for; empty behind its end.
  // kNotFound when the mail is gone.
  net::Task<absl::StatusOr<std::string>> Content(std::string queue_id, size_t offset, size_t count);

  // Outcomes to report now; nobody else gets them for the next minute.
  net::Task<absl::StatusOr<std::vector<Report>>> TakeReports(size_t limit);
  // Strikes a report off; the mail goes with its last one. kAborted: it was struck off before.
  net::Task<absl::Status> Reported(const Report& report);
  // At most 64, at once; those that were struck off before are passed over.
  net::Task<absl::Status> Reported(const std::vector<Report>& reports);
  net::Task<absl::Status> ReportLater(std::string queue_id, milliseconds delay);
  // Adds a report of the delay for mails that became late, and gives up what waited for five
  // days, held or not; answers how many. In bounded steps: not 0 means that there may be more.
  net::Task<absl::StatusOr<int64_t>> SweepLate();

  // Mails to file now; nobody else gets them for the next minute. Their content is there
  // until Filed. What can't be filed for two days is let go.
  net::Task<absl::StatusOr<std::vector<Filing>>> TakeFilings(size_t limit);
  net::Task<absl::Status> Filed(std::string queue_id);
  net::Task<absl::Status> FileLater(std::string queue_id, milliseconds delay);
  // The same after a try that failed, which operators read of; answers how many of them did.
  net::Task<absl::StatusOr<int64_t>> FilingFailed(std::string queue_id, milliseconds delay,
                                                  words::Wording error);

 private:
  using Args = std::vector<std::string>;

  net::Task<absl::StatusOr<store::Reply>> Run(const store::Script& script, Args args);
  net::Task<absl::Status> RunFenced(const store::Script& script, Args args);
  net::Task<absl::StatusOr<int64_t>> RunForCount(const store::Script& script, Args args);
  net::Task<absl::StatusOr<std::string>> StorePieces(const Submission& submission,
                                                     const std::string& queue_id);
  net::Task<void> DropPieces(const std::string& queue_id, size_t pieces);

  store::RedisClient& redis_;
  const OutboxLimits limits_;
  GatheredScript puts_, dots_, settlements_, reported_;  // last: they run by themselves
};

}  // namespace postern::sender
