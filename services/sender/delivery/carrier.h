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

// As smtp::BeforeDot, for carriers whose session is open already.
class BeforeDot : public smtp::BeforeDot {
 public:
  // Mark() is wanted soon: said with MAIL, so that Mark() takes no time of its own.
  virtual void Begin() {}
  // Puts on record who has the mail, before it is offered for others: that may take long, and a
  // crash shall send it to nobody twice. kAborted: somebody else has the mail.
  virtual net::Task<absl::Status> Keep(const smtp::Transaction& transaction) {
    (void)transaction;
    co_return absl::OkStatus();
  }
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
