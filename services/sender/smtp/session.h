#pragma once

#include <string>
#include <utility>

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
  bool start_tls = false;  // required: a server without it gets nothing from us
  bool allow_plaintext_auth = false;
  Credentials credentials;
};

// One SMTP submission session (RFC 5321, RFC 6409) over a stream that is
// connected, and encrypted where the account says TLS from the first byte.
class Session {
 public:
  // `host` is the server's name: in sentences, and on the certificate behind STARTTLS.
  Session(net::ByteStream& stream, std::string host) : server_(stream, std::move(host)) {}

  // Greeting, EHLO, STARTTLS, AUTH. Errors beside those of the connection:
  // kUnauthenticated: login or password refused; kFailedPrecondition: the server
  // refuses us for good, or lacks what we insist on; kUnavailable: not now.
  // Each is a sentence for the user (lib/words), with the setting to look at where
  // the server's answer tells (lib/net/dial_error.h).
  net::Task<absl::Status> Open(const Opening& opening);

  // MAIL, RCPT for each recipient, DATA. True: the server waits for the content.
  // False: no recipient is left for it; the transaction says why. An error means
  // that the session is over, or (kUnauthenticated) of no use to this account.
  net::Task<absl::StatusOr<bool>> Offer(const Envelope& envelope, Transaction& transaction);

  // The content, the final dot and the server's answer. After an error the
  // session is over: a mail without its dot is never taken.
  net::Task<absl::Status> Transfer(ContentReader& content, Transaction& transaction);

  // Asks whether the server takes mail from `from`, and sends none. kPermissionDenied:
  // not from this address; kUnauthenticated: not without signing in. A server may keep
  // its refusal for later, so OK promises nothing.
  net::Task<absl::Status> TrySender(const std::string& from);

  // Says good-bye; how the server takes it does not matter.
  net::Task<void> Quit();

 private:
  net::Task<absl::Status> Greet();
  net::Task<absl::Status> Hello();
  net::Task<absl::Status> Encrypt();
  net::Task<absl::StatusOr<bool>> OfferSender(const Envelope& envelope, Transaction& transaction);
  net::Task<absl::Status> OfferRecipient(Recipient& recipient, bool others_accepted);
  net::Task<absl::StatusOr<bool>> OfferContent(Transaction& transaction);
  net::Task<absl::Status> Stream(ContentReader& content, Transaction& transaction);
  absl::Status NoSession(const Reply& reply) const;
  absl::Status AuthWanted(const Reply& reply) const;
  // False when the server lacks what this mail can't go without.
  bool CanCarry(const Envelope& envelope, Transaction& transaction) const;

  Conversation server_;
  Capabilities offered_;
};

}  // namespace postern::sender::smtp
