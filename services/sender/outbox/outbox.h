#pragma once

#include <boost/asio/any_io_executor.hpp>
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
#include "services/sender/compose/mail_composer.h"
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
  std::string context;       // opaque, given back with each outcome; empty: nobody is told
  milliseconds wait{0};      // not before so much later
  bool to_be_filed = false;  // once it is sent: TakeFilings
  ComposedMail mail;
};

struct Receipt {
  std::string queue_id;
  std::string message_id;
  bool duplicate = false;
  int64_t due_ms = 0;  // Redis's clock; of a duplicate: 0
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
  bool uncertain = false;  // an attempt before ended between the final dot and its answer
  std::string content;     // the whole of it when it is small (kInlineBytes), else empty: Content()
};

// Up to this size a mail's content comes along when it is taken; a larger one lies in Redis
// in pieces of kPieceBytes.
inline constexpr size_t kInlineBytes = 64 * 1024;
inline constexpr size_t kPieceBytes = 256 * 1024;

// What to take: of the accounts whose mail is due longest, but for those that are `busy`.
struct TakeRequest {
  std::vector<std::string> busy_accounts;
  size_t accounts = 1;
  size_t mails_each = 1;  // of one account: for a session that carries one after the other
};

// Nothing to take: the next mail is due in `next_due`, if there is one.
struct TakeResult {
  std::vector<TakenMail> mails;
  std::optional<milliseconds> next_due;
};

// A mail that is sent and is to be filed with its author's sent mail.
struct Filing {
  std::string queue_id, account_id, owner, message_id;
  uint64_t size = 0;
  int attempts = 0;     // this one counted
  milliseconds age{0};  // since it was sent
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
  words::Wording error;    // of those pending
  bool uncertain = false;  // those pending may have got it: the final dot has had no answer
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
  Outbox(boost::asio::any_io_executor executor, store::RedisClient& redis, OutboxLimits limits);

  // kResourceExhausted: the queue of the account or of the site is full.
  net::Task<absl::StatusOr<Receipt>> Put(Submission submission);

  net::Task<absl::StatusOr<TakeResult>> Take(TakeRequest request);
  // More due mails of one account, for a session that is open.
  net::Task<absl::StatusOr<TakeResult>> TakeMore(std::string account_id, size_t count);
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
  // Until when none of an account's mail goes, whatever becomes due (schedules, routes);
  // nothing: no more. Costs the same however many mails wait.
  net::Task<absl::Status> SetGate(std::string account_id, std::optional<milliseconds> for_so_long);
  // How many mails of each of these accounts wait.
  net::Task<absl::StatusOr<std::vector<uint64_t>>> CountWaiting(std::vector<std::string> accounts);

  // A piece of the content; empty behind its end. kNotFound when the mail is gone.
  net::Task<absl::StatusOr<std::string>> Content(std::string queue_id, size_t offset, size_t count);

  // Outcomes to report now; nobody else gets them for the next minute.
  net::Task<absl::StatusOr<std::vector<Report>>> TakeReports(size_t limit);
  // Strikes a report off; the mail goes with its last one.
  net::Task<absl::Status> Reported(const Report& report);
  net::Task<absl::Status> ReportLater(std::string queue_id, milliseconds delay);
  // Adds a report of the delay for mails that became late; answers how many.
  net::Task<absl::StatusOr<int64_t>> SweepLate();

  // Mails to file now; nobody else gets them for the next minute. Their content is there
  // until Filed.
  net::Task<absl::StatusOr<std::vector<Filing>>> TakeFilings(size_t limit);
  net::Task<absl::Status> Filed(std::string queue_id);
  net::Task<absl::Status> FileLater(std::string queue_id, milliseconds delay);

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

  boost::asio::any_io_executor executor_;
  store::RedisClient& redis_;
  OutboxLimits limits_;
};

}  // namespace postern::sender
