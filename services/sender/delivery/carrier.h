#pragma once

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender {

// What a carrier is given: a mail for the recipients that are pending in `transaction`.
struct Freight {
  const smtp::Envelope& envelope;
  smtp::ContentReader& content;
  smtp::Transaction& transaction;
};

// The moment from which on nobody can know whether a mail was taken (RFC 1047).
class BeforeDot {
 public:
  virtual ~BeforeDot() = default;
  // Mark() is wanted soon: a carrier whose session is open says so with MAIL, and Mark() then
  // takes no time of its own.
  virtual void Begin() {}
  // Puts it on record, once, however often it is asked. Any error: the final dot, or the last
  // chunk, is not to be sent. kAborted: somebody else has the mail.
  virtual net::Task<absl::Status> Mark() = 0;
};

// A way to the servers of a mail's recipients. Each recipient's fate is in the transaction,
// true after every step; an error tells why those still pending were not delivered
// (retry_policy.h), as a sentence for the author.
class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual net::Task<absl::Status> Carry(Freight freight, BeforeDot& before_dot) = 0;
};

}  // namespace postern::sender
