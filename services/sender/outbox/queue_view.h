#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "lib/words/wording.h"

namespace postern::sender {

struct QueuedMail {
  std::string queue_id, account_id, owner, message_id, from;
  std::vector<std::string> pending;
  uint64_t size = 0;
  std::string state;  // "waiting", "held", "sending", "reporting", "filing"
  uint32_t attempts = 0;
  int64_t submitted_ms = 0, next_attempt_ms = 0;
  std::string error;  // in English
  bool uncertain = false;
  bool dated = false;  // waits for its date, or until its author can't take it back any more
  bool gated = false;  // waits for a schedule or a route, for which next_attempt_ms does not count
};

// Behind which gate an account's mail waits, in words ("its schedule", "route NIGHT"; empty: that
// is not known), and when that opens (0: no clock says).
struct GateWait {
  std::string what;
  int64_t opens_ms = 0;
};

// What is not empty has to fit.
struct QueueFilter {
  std::string account_id, owner;
  std::string domain;  // of a pending recipient
  std::string state;
  bool empty() const {
    return account_id.empty() && owner.empty() && domain.empty() && state.empty();
  }
};

struct QueuePage {
  std::vector<QueuedMail> mails;
  uint64_t total = 0;  // in the queue, whatever the filter
  std::string next;    // where the next page begins; empty: this was the last
};

// How many mails were made due, and how many were left, for they are dated.
struct Retried {
  int64_t now = 0, left = 0;
};

// The outbox as operators and authors see it, and what they may do with it. Errors as Outbox.
class QueueView {
 public:
  explicit QueueView(store::RedisClient& redis) : redis_(redis) {}

  // The oldest first, behind `after` (a `next`; empty: from the beginning). At most `limit`
  // mails, and fewer when the look for them takes long: `next` tells. Redis is asked in small
  // steps. kInvalidArgument: `after` is no `next`.
  net::Task<absl::StatusOr<QueuePage>> List(QueueFilter filter, std::string after, size_t limit);
  // That mail, or none.
  net::Task<absl::StatusOr<QueuePage>> Find(std::string queue_id);
  // What of an owner's has not left yet, the soonest first: of these accounts, and what is being
  // sent. At most `limit`; `next` is not empty when there is more, and leads nowhere.
  net::Task<absl::StatusOr<QueuePage>> Waiting(std::string owner, std::vector<std::string> accounts,
                                               size_t limit);
  // The id of the mail whose id that is, or begins so. kNotFound; kInvalidArgument: several do, or
  // it is too short.
  net::Task<absl::StatusOr<std::string>> Resolve(std::string beginning);
  // RFC 5322, with the empty line behind it; at most 64 KiB. Empty when the content is gone.
  net::Task<absl::StatusOr<std::string>> Header(std::string queue_id);

  // Makes waiting mails due now, whatever they wait for: another try, a date, a pause or a gate
  // of their account, which end. Not those that are held; those that are dated when told so.
  net::Task<absl::StatusOr<Retried>> Retry(std::vector<std::string> queue_ids, bool dated);
  // Lets mails wait until they are released, or releases them; answers how many changed.
  net::Task<absl::StatusOr<int64_t>> Hold(std::vector<std::string> queue_ids, bool release);
  // One mail: kNotFound; kFailedPrecondition when it is being sent or settled already.
  net::Task<absl::Status> HoldOne(std::string queue_id, bool release);
  // Gives a mail up; its author is told. kNotFound, kFailedPrecondition as above.
  net::Task<absl::Status> Cancel(std::string queue_id, words::Wording reason);
  // The author takes a mail back, by its id or else by the key of its submission, and nobody is
  // told. OK again when it was taken back before. kNotFound: they have no such mail.
  // kFailedPrecondition, in words: somebody got it, or may have.
  net::Task<absl::Status> TakeBack(std::string owner, std::string queue_id, std::string key);

 private:
  net::Task<absl::StatusOr<store::Reply>> Run(const store::Script& script,
                                              std::vector<std::string> args);
  net::Task<absl::StatusOr<std::vector<std::string>>> RunHold(std::vector<std::string> queue_ids,
                                                              bool release);

  store::RedisClient& redis_;
};

}  // namespace postern::sender
