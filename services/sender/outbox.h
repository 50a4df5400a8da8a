#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "lib/words/wording.h"
#include "services/sender/mail_composer.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender {

using std::chrono::milliseconds;

struct OutboxLimits {
  uint64_t per_account = 1000;
  uint64_t total = 100'000;
  milliseconds lease = std::chrono::seconds(15);
  milliseconds late_after = std::chrono::minutes(15);
};

// What a caller asked to send. `key` is the same whenever the request is repeated.
struct Submission {
  std::string key;
  std::string account_id;
  std::string owner;
  std::string context;  // opaque, given back with each outcome
  ComposedMail mail;
};

struct Receipt {
  std::string queue_id;
  std::string message_id;
  bool duplicate = false;
};

// The right to send one mail, until it is settled or the lease runs out. `token`
// grows with each Take: who holds an older one can't change the mail any more.
struct Lease {
  std::string queue_id;
  std::string token;
};

struct TakenMail {
  Lease lease;
  std::string account_id;
  std::string owner;
  std::string message_id;
  smtp::Envelope envelope;  // to: who is still pending
  int attempts = 0;         // this one counted
  milliseconds age{0};
  bool uncertain = false;  // the attempt before ended between the final dot and its answer
};

// Nothing to take: the next mail is due in `next_due`, if there is one.
struct TakeResult {
  std::vector<TakenMail> mail;  // one or none
  std::optional<milliseconds> next_due;
};

struct Outcome {
  enum class Kind { kSent, kDelayed, kFailed } kind = Kind::kSent;
  std::string recipient;
  words::Wording reason;
};

// What came of an attempt.
struct Settlement {
  std::vector<std::string> pending;  // to be tried again
  std::vector<Outcome> outcomes;     // of those that are done
  milliseconds retry_in{0};
  milliseconds pause_account{0};
  words::Wording error;  // of those pending
};

struct Report {
  std::string queue_id;
  std::string context;
  std::string message_id;
  std::vector<Outcome> outcomes;
  milliseconds age{0};  // of the mail
  // Which report this is; nobody but Reported() looks at these.
  std::string sequence;
  size_t bytes = 0;
};

struct QueuedMail {
  std::string queue_id, account_id, owner, message_id;
  std::vector<std::string> pending;
  uint64_t size = 0;
  std::string state;  // "waiting", "sending", "reporting"
  uint32_t attempts = 0;
  int64_t submitted_ms = 0, next_attempt_ms = 0;
  std::string error;  // in English
};

struct QueuePage {
  std::vector<QueuedMail> mails;
  uint64_t total = 0;
};

// The durable outbound queue in Redis; outbox_scripts.h says how it is laid out.
// Every answer that is OK is on disk (given appendfsync always). kUnavailable:
// Redis is away; the change may or may not have been made, repeat it.
class Outbox {
 public:
  Outbox(store::RedisClient& redis, OutboxLimits limits);

  // kResourceExhausted: the queue of the account or of the site is full.
  net::Task<absl::StatusOr<Receipt>> Put(Submission submission);

  // The first due mail of the account that waits longest, of those not `busy`.
  net::Task<absl::StatusOr<TakeResult>> Take(std::vector<std::string> busy_accounts);
  // Answers the ids of the leases that are lost.
  net::Task<absl::StatusOr<std::vector<std::string>>> Renew(std::vector<Lease> leases);
  // Makes mails due again whose lease ran out; answers their ids.
  net::Task<absl::StatusOr<std::vector<std::string>>> Recover();
  // Notes that the final dot is about to be sent. kAborted: the lease is lost.
  net::Task<absl::Status> MarkDot(Lease lease);
  // kAborted: the lease is lost, somebody else has the mail.
  net::Task<absl::Status> Settle(Lease lease, Settlement settlement);
  // Gives a mail back untried.
  net::Task<absl::Status> Release(Lease lease);
  // Lets all waiting mail of an account wait for `pause`, untried and from the oldest
  // on; its authors are told `why` now, if they were not told of a delay before. `lease`:
  // one that is given back too. kAborted: that one is lost, and nothing was done.
  net::Task<absl::Status> Suspend(std::string account_id, milliseconds pause, words::Wording why,
                                  std::optional<Lease> lease = std::nullopt);
  // A piece of the content; empty behind its end. kNotFound when the mail is gone.
  net::Task<absl::StatusOr<std::string>> Content(std::string queue_id, size_t offset, size_t count);

  // Outcomes to report now; nobody else gets them for the next minute.
  net::Task<absl::StatusOr<std::vector<Report>>> TakeReports(size_t limit);
  // Strikes a report off; the mail goes with its last one.
  net::Task<absl::Status> Reported(const Report& report);
  net::Task<absl::Status> ReportLater(std::string queue_id, milliseconds delay);
  // Adds a report of the delay for mails that became late; answers how many.
  net::Task<absl::StatusOr<int64_t>> SweepLate();

  net::Task<absl::StatusOr<QueuePage>> List(size_t first, size_t count);
  net::Task<absl::StatusOr<QueuePage>> Find(std::string queue_id);
  // Makes waiting mails due now; answers how many.
  net::Task<absl::StatusOr<int64_t>> Retry(std::vector<std::string> queue_ids);
  net::Task<absl::StatusOr<int64_t>> ResumeAccount(std::string account_id);
  net::Task<absl::StatusOr<std::vector<std::string>>> PausedAccounts();
  // kNotFound; kFailedPrecondition when it is being sent or settled already.
  net::Task<absl::Status> Cancel(std::string queue_id, words::Wording reason);

 private:
  net::Task<absl::StatusOr<store::Reply>> Run(const store::Script& script,
                                              std::vector<std::string> args);
  net::Task<absl::Status> RunFenced(const store::Script& script, std::vector<std::string> args);
  net::Task<absl::StatusOr<std::vector<std::string>>> RunForIds(const store::Script& script,
                                                                std::vector<std::string> args);
  net::Task<absl::StatusOr<int64_t>> RunForCount(const store::Script& script,
                                                 std::vector<std::string> args);

  store::RedisClient& redis_;
  OutboxLimits limits_;
};

}  // namespace postern::sender
