#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/byte_stream.h"
#include "lib/net/task.h"
#include "services/sender/smtp/authentication.h"
#include "services/sender/smtp/capabilities.h"
#include "services/sender/smtp/conversation.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender::smtp {

struct Opening {
  std::string host;        // whose certificate STARTTLS must show
  bool start_tls = false;  // required: a server without it gets nothing from us
  bool allow_plaintext_auth = false;
  Credentials credentials;
};

// One SMTP submission session (RFC 5321, RFC 6409) over a stream that is
// connected, and encrypted where the account says TLS from the first byte.
class Session {
 public:
  explicit Session(net::ByteStream& stream) : server_(stream) {}

  // Greeting, EHLO, STARTTLS, AUTH. Errors beside those of the connection:
  // kUnauthenticated: login or password refused; kFailedPrecondition: the server
  // refuses us for good, or lacks what we insist on; kUnavailable: not now.
  // Messages read on from the host's name: "smtp.example.org " + "refused ...".
  net::Task<absl::Status> Open(const Opening& opening);

  // MAIL, RCPT for each recipient, DATA. True: the server waits for the content.
  // False: no recipient is left for it; the transaction says why. An error means
  // that the session is over, or (kUnauthenticated) of no use to this account.
  net::Task<absl::StatusOr<bool>> Offer(const Envelope& envelope, Transaction& transaction);

  // The content, the final dot and the server's answer. After an error the
  // session is over: a mail without its dot is never taken.
  net::Task<absl::Status> Transfer(ContentReader& content, Transaction& transaction);

  // Says good-bye; how the server takes it does not matter.
  net::Task<void> Quit();

 private:
  net::Task<absl::Status> Greet();
  net::Task<absl::Status> Hello();
  net::Task<absl::Status> Encrypt(const Opening& opening);
  net::Task<absl::StatusOr<bool>> OfferSender(const Envelope& envelope, Transaction& transaction);
  net::Task<absl::Status> OfferRecipient(Recipient& recipient, bool others_accepted);
  net::Task<absl::StatusOr<bool>> OfferContent(Transaction& transaction);
  net::Task<absl::Status> Stream(ContentReader& content, Transaction& transaction);
  // False when the server lacks what this mail can't go without.
  bool CanCarry(const Envelope& envelope, Transaction& transaction) const;

  Conversation server_;
  Capabilities offered_;
};

}  // namespace postern::sender::smtp
