#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/words/wording.h"

namespace postern::sender::smtp {

struct Envelope {
  std::string from;  // "ann@example.org", as Address::Spec() writes it; empty: "<>"
  std::vector<std::string> to;
  uint64_t size = 0;         // of the content, bytes
  bool eight_bit = false;    // the content has bytes over 127
  bool utf8 = false;         // a header field or an address has: SMTPUTF8 (RFC 6531) or not at all
  bool require_tls = false;  // RFC 8689: rather not delivered than in the clear
  // RFC 3461: reports of failures and delays are asked for, under this id; empty: none is.
  std::string envelope_id;
};

enum class Fate {
  kPending,  // not sent yet; may be tried again
  kSent,     // the server took responsibility
  kFailed,   // refused for good
};

struct Recipient {
  std::string address;
  Fate fate = Fate::kPending;
  words::Wording reason;  // the server's answer, or ours
  std::string status;     // RFC 3463, "5.1.1", as far as it is known
  bool accepted = false;  // by RCPT, in this transaction
  // Pending only because the server takes no more recipients at a time: another transaction
  // for them may follow at once. Never all of them, so this comes to an end.
  bool left_over = false;
};

// Where a mail stands with a server. It is true after every step, so it tells
// what to do next wherever the dialogue broke off.
struct Transaction {
  Transaction() = default;
  explicit Transaction(const std::vector<std::string>& to);

  // Gives all that are still pending (or only those that RCPT accepted) their fate.
  void Settle(Fate fate, const words::Wording& reason, bool only_accepted = false);
  // The same with a status code of RFC 3463.
  void SettleWith(Fate fate, const words::Wording& reason, const std::string& status,
                  bool only_accepted = false);
  bool AnyPending() const;
  bool AnyAccepted() const;
  // Some are worth another transaction in this session, at once.
  bool AnyLeftOver() const;
  // True when the server said nothing about any recipient, and saw nothing of the mail.
  bool IsUntouched() const;

  std::vector<Recipient> recipients;
  bool sender_refused = false;  // by MAIL: the reasons are of no recipient in particular
  bool dot_sent = false;   // from here until the answer nobody knows whether the mail was taken
  bool dot_began = false;  // and stays so behind the answer: what it says counts
};

// The content of a mail, piece by piece.
class ContentReader {
 public:
  virtual ~ContentReader() = default;
  // The next piece; empty at the end, and then the content was whole.
  virtual net::Task<absl::StatusOr<std::string>> Next() = 0;
  // To be read once more, for the next server.
  virtual void Rewind() = 0;
};

// The moment from which on nobody can know whether a mail was taken (RFC 1047).
class BeforeDot {
 public:
  virtual ~BeforeDot() = default;
  // Puts it on record, once, however often it is asked. Any error: the final dot, or the last
  // chunk, is not to be sent. kAborted: somebody else has the mail.
  virtual net::Task<absl::Status> Mark() = 0;
};

}  // namespace postern::sender::smtp
