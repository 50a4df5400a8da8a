#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/byte_stream.h"
#include "lib/net/task.h"
#include "lib/sasl/credentials.h"
#include "services/sender/smtp/capabilities.h"
#include "services/sender/smtp/conversation.h"
#include "services/sender/smtp/known_faults.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender::smtp {

struct Opening {
  bool start_tls = false;             // required: a server without it gets nothing from us
  bool start_tls_if_offered = false;  // RFC 7435: between servers, where nothing says more
  bool allow_plaintext_auth = false;  // never for access tokens
  sasl::Credentials credentials;      // without a login: no AUTH
  std::string our_name;               // for EHLO; empty: a literal that says nothing of the machine
  KnownFaults* faults = nullptr;      // outlives the session; null: nothing is learnt for the next
};

// One SMTP submission session (RFC 5321, RFC 6409) over a stream that is
// connected, and encrypted where the account says TLS from the first byte. It carries any
// number of mails, one after the other.
class Session {
 public:
  // `host` is the server's name: in sentences, and on the certificate behind STARTTLS.
  Session(net::ByteStream& stream, std::string host, Waits waits = {})
      : server_(stream, std::move(host), waits) {}

  // Greeting, EHLO, STARTTLS, AUTH. Errors beside those of the connection:
  // kUnauthenticated: login and password, or the token, refused; kFailedPrecondition: the server
  // refuses us for good, or lacks what we insist on; kUnavailable: not now.
  // Each is a sentence for the user (lib/words), with the setting to look at where
  // the server's answer tells (lib/net/dial_error.h).
  net::Task<absl::Status> Open(const Opening& opening);

  // MAIL, RCPT for each recipient, DATA where the content does not go in chunks; in one write
  // where the server bears it (RFC 2920). True: the server waits for the content; `envelope`
  // is needed until that was transferred. False: no recipient is left for it; the transaction
  // says why. Recipients over the server's limits (RFC 9422) are left over. An error means
  // that the session is over, or (kUnauthenticated) of no use to this account.
  net::Task<absl::StatusOr<bool>> Offer(const Envelope& envelope, Transaction& transaction);

  // The content (content_form.h), the final dot or the last chunk, and the server's answer.
  // `before_dot` is asked before the mail could be taken; null: that is on record already.
  // After an error the session is over: a mail without its end is never taken. Errors of
  // `content` and `before_dot` are handed on as they are.
  net::Task<absl::Status> Transfer(ContentReader& content, Transaction& transaction,
                                   BeforeDot* before_dot = nullptr);

  // Asks whether the server takes mail from `from`, and sends none. kPermissionDenied:
  // not from this address; kUnauthenticated: not without signing in. A server may keep
  // its refusal for later, so OK promises nothing.
  net::Task<absl::Status> TrySender(const std::string& from);

  // True between two mails, when another one may be offered: everything was answered, and the
  // server's MAILMAX is not used up. The server may have hung up all the same.
  bool Reusable() const;
  // Asks whether the server is still there (RSET), and makes it forget what it was offered.
  // Not needed between mails: Offer sees to that. After an error the session is over.
  net::Task<absl::Status> Reset();
  const Limits& limits() const { return offered_.limits; }
  const Capabilities& capabilities() const { return offered_; }

  // Says good-bye, where one can be said; how the server takes it does not matter.
  net::Task<void> Quit();

 private:
  class Lesson;

  net::Task<absl::Status> Greet();
  net::Task<absl::Status> Hello(const std::string& our_name);
  net::Task<absl::Status> Encrypt(const std::string& our_name);
  absl::Status NoSession(const Reply& reply) const;
  // kInternal: a command would be lost, or be taken for a line of the mail.
  absl::Status CheckBetweenMails() const;
  // `together`: in one write.
  net::Task<absl::StatusOr<bool>> OfferOnce(Transaction& transaction, bool together);
  // By DATA, when BDAT was not understood.
  net::Task<absl::StatusOr<bool>> OfferAgain(Transaction& transaction);
  absl::Status Conclude(const Reply& reply, Transaction& transaction);
  bool Bears(KnownFaults::Fault fault) const;
  void Learn(KnownFaults::Fault fault);

  Conversation server_;
  Capabilities offered_;
  KnownFaults* faults_ = nullptr;
  KnownFaults own_faults_;              // where nobody keeps them
  const Envelope* envelope_ = nullptr;  // of the mail that is being offered
  uint32_t mails_ = 0;                  // offered so far
  bool open_ = false;
  bool begun_ = false;          // the server may remember a MAIL
  bool content_due_ = false;    // between DATA and its end nothing else can be said
  bool in_chunks_ = false;      // this content goes by BDAT
  bool chunks_proven_ = false;  // BDAT was understood in this session
};

}  // namespace postern::sender::smtp
