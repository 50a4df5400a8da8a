#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/words/wording.h"
#include "services/sender/compose/mail_composer.h"
#include "services/sender/smtp/transaction.h"

// What goes into the outbox, and what comes out of it.
namespace postern::sender {

using std::chrono::milliseconds;

struct OutboxLimits {
  uint64_t per_account = 1000;
  uint64_t total = 100'000;
  uint64_t bytes = 8ull << 30;  // of all contents
  milliseconds lease = std::chrono::seconds(15);
  milliseconds late_after = std::chrono::minutes(15);
};

// Up to this size a mail's content comes along when it is taken; a larger one lies in Redis
// in pieces of kPieceBytes.
inline constexpr size_t kInlineBytes = 64 * 1024;
inline constexpr size_t kPieceBytes = 256 * 1024;

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
  milliseconds age{0};      // since it was first due
  bool uncertain = false;   // an attempt before ended between the final dot and its answer
  std::string content;  // the whole of it when it is small (kInlineBytes), else empty: Content()
};

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

// A mail that is sent and is to be filed with its author's sent mail.
struct Filing {
  std::string queue_id, account_id, owner, message_id;
  std::string from;                 // of the envelope
  std::vector<std::string> hidden;  // recipients that its header doesn't name
  uint64_t size = 0;
  int attempts = 0;     // this one counted
  milliseconds age{0};  // since it was sent
};

}  // namespace postern::sender
