#include "services/sender/smtp/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/dial_error.h"
#include "lib/words/wording.h"
#include "services/sender/smtp/dot_stuffing.h"

namespace postern::sender::smtp {
namespace {

// Submission servers take the name from AUTH and ignore this one; an address
// literal says nothing about the machine. RFC 5321 section 4.1.4.
constexpr char kOurName[] = "[127.0.0.1]";

// A refusal of the session itself: nothing was said about any mail.
absl::Status Refusal(const words::Wording& wording, const Reply& reply) {
  return words::Error(reply.RefusedForGood() ? absl::StatusCode::kFailedPrecondition
                                             : absl::StatusCode::kUnavailable,
                      wording);
}

absl::Status NotEncrypted(const words::Wording& wording) {
  return net::DialError(absl::StatusCode::kFailedPrecondition, wording, net::Suspect::kSecurity);
}

// 530 and 535 after a good start: the session must sign in first. RFC 4954 section 6.
bool WantsAuth(const Reply& reply) { return reply.code == 530 || reply.code == 535; }

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

uint64_t Megabytes(uint64_t bytes) { return (bytes + 999'999) / 1'000'000; }

}  // namespace

net::Task<absl::Status> Session::Open(const Opening& opening) {
  if (absl::Status s = co_await Greet(); !s.ok()) co_return s;
  if (absl::Status s = co_await Hello(); !s.ok()) co_return s;
  if (opening.start_tls) {
    if (absl::Status s = co_await Encrypt(); !s.ok()) co_return s;
  }
  if (opening.credentials.login.empty()) co_return absl::OkStatus();
  if (!server_.IsEncrypted() && !opening.allow_plaintext_auth) {
    co_return NotEncrypted(
        words::Word("$0 would get the password unencrypted, which this gateway does not allow; "
                    "choose TLS or STARTTLS",
                    server_.host()));
  }
  co_return co_await Authenticate(server_, offered_.auth, opening.credentials);
}

net::Task<absl::Status> Session::Greet() {
  auto greeting = co_await server_.ReadReply(kGreetingLimit);
  if (!greeting.ok()) co_return greeting.status();
  if (greeting->Accepted()) co_return absl::OkStatus();
  const words::Wording wording =
      words::Word("$0 refused the connection: $1", server_.host(), greeting->Text());
  co_return Refusal(wording, *greeting);
}

net::Task<absl::Status> Session::Hello() {
  offered_ = {};
  auto reply = co_await server_.Ask(absl::StrCat("EHLO ", kOurName));
  if (!reply.ok()) co_return reply.status();
  if (reply->Accepted()) {
    offered_ = ParseCapabilities(*reply);
    co_return absl::OkStatus();
  }
  if (!reply->RefusedForGood()) co_return NoSession(*reply);
  // RFC 5321 section 3.2: a server from before 1995 gets its HELO.
  reply = co_await server_.Ask(absl::StrCat("HELO ", kOurName));
  if (!reply.ok()) co_return reply.status();
  if (reply->Accepted()) co_return absl::OkStatus();
  co_return NoSession(*reply);
}

absl::Status Session::NoSession(const Reply& reply) const {
  return Refusal(words::Word("$0 refused to begin a session: $1", server_.host(), reply.Text()),
                 reply);
}

absl::Status Session::AuthWanted(const Reply& reply) const {
  return words::Error(absl::StatusCode::kUnauthenticated,
                      words::Word("$0 takes mail only after signing in ($1); enter login and "
                                  "password in the account's settings",
                                  server_.host(), reply.Text()));
}

net::Task<absl::Status> Session::Encrypt() {
  if (!offered_.start_tls) {
    co_return NotEncrypted(words::Word(
        "$0 does not offer STARTTLS, so nothing was sent to it; choose TLS", server_.host()));
  }
  auto reply = co_await server_.Ask("STARTTLS");
  if (!reply.ok()) co_return reply.status();
  if (reply->code != 220) {
    const words::Wording wording =
        words::Word("$0 refused STARTTLS: $1", server_.host(), reply->Text());
    co_return Refusal(wording, *reply);
  }
  if (absl::Status s = co_await server_.StartTls(); !s.ok()) co_return s;
  // What was offered in the clear may be an attacker's word. RFC 3207 section 4.2.
  co_return co_await Hello();
}

bool Session::CanCarry(const Envelope& envelope, Transaction& transaction) const {
  if (offered_.max_size > 0 && envelope.size > offered_.max_size) {
    transaction.Settle(Fate::kFailed,
                       words::Word("the mail has $0 MB, the server takes at most $1 MB",
                                   Megabytes(envelope.size), Megabytes(offered_.max_size)));
  } else if (envelope.eight_bit && !offered_.eight_bit) {
    transaction.Settle(Fate::kFailed, words::Word("the server can't carry 8-bit content"));
  } else if (!offered_.utf8 && !IsAscii(envelope.from)) {
    transaction.Settle(Fate::kFailed,
                       words::Word("the server can't carry a sender's address with letters beyond "
                                   "ASCII"));
  } else if (!offered_.utf8) {
    for (Recipient& r : transaction.recipients) {
      if (r.fate != Fate::kPending || IsAscii(r.address)) continue;
      r.fate = Fate::kFailed;  // never downgraded silently: RFC 6531 section 3.2
      r.reason = words::Word("the server can't carry addresses with letters beyond ASCII");
    }
  }
  return transaction.AnyPending();
}

net::Task<absl::StatusOr<bool>> Session::Offer(const Envelope& envelope, Transaction& transaction) {
  if (!CanCarry(envelope, transaction)) co_return false;
  auto sender = co_await OfferSender(envelope, transaction);
  if (!sender.ok() || !*sender) co_return sender;
  for (Recipient& recipient : transaction.recipients) {
    if (recipient.fate != Fate::kPending) continue;
    absl::Status s = co_await OfferRecipient(recipient, transaction.AnyAccepted());
    if (!s.ok()) co_return s;
  }
  if (!transaction.AnyAccepted()) co_return false;
  co_return co_await OfferContent(transaction);
}

net::Task<absl::StatusOr<bool>> Session::OfferSender(const Envelope& envelope,
                                                     Transaction& transaction) {
  std::string command = absl::StrCat("MAIL FROM:<", envelope.from, ">");
  if (offered_.size) absl::StrAppend(&command, " SIZE=", envelope.size);
  if (envelope.eight_bit) absl::StrAppend(&command, " BODY=8BITMIME");
  bool ascii = IsAscii(envelope.from);
  for (const Recipient& r : transaction.recipients) {
    if (r.fate == Fate::kPending) ascii = ascii && IsAscii(r.address);
  }
  if (!ascii) absl::StrAppend(&command, " SMTPUTF8");

  auto reply = co_await server_.Ask(std::move(command));
  if (!reply.ok()) co_return reply.status();
  if (reply->Accepted()) co_return true;
  if (WantsAuth(*reply)) co_return AuthWanted(*reply);
  transaction.sender_refused = true;
  transaction.Settle(reply->RefusedForGood() ? Fate::kFailed : Fate::kPending, reply->InWords());
  co_return false;
}

net::Task<absl::Status> Session::OfferRecipient(Recipient& recipient, bool others_accepted) {
  auto reply = co_await server_.Ask(absl::StrCat("RCPT TO:<", recipient.address, ">"));
  if (!reply.ok()) co_return reply.status();
  if (WantsAuth(*reply)) co_return AuthWanted(*reply);
  recipient.accepted = reply->Accepted();
  recipient.reason = recipient.accepted ? words::Wording() : reply->InWords();
  // RFC 5321 section 4.5.3.1.10: 552 may be an old server's way to say "too many
  // recipients", and then the rest belongs into the next transaction.
  const bool too_many = reply->code == 552 && others_accepted;
  if (reply->RefusedForGood() && !too_many) recipient.fate = Fate::kFailed;
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<bool>> Session::OfferContent(Transaction& transaction) {
  auto reply = co_await server_.Ask("DATA", kDataStartLimit);
  if (!reply.ok()) co_return reply.status();
  if (reply->code == 354) co_return true;
  if (WantsAuth(*reply)) co_return AuthWanted(*reply);
  const Fate fate = reply->RefusedForGood() ? Fate::kFailed : Fate::kPending;
  transaction.Settle(fate, reply->InWords(), /*only_accepted=*/true);
  co_return false;
}

net::Task<absl::Status> Session::Stream(ContentReader& content, Transaction& transaction) {
  DotStuffer stuffer;
  for (;;) {
    auto piece = co_await content.Next();
    if (!piece.ok()) co_return piece.status();
    if (piece->empty()) break;
    absl::Status s = co_await server_.Send(stuffer.Add(*piece), kDataBlockLimit);
    if (!s.ok()) co_return s;
  }
  transaction.dot_sent = transaction.dot_began = true;
  co_return co_await server_.Send(stuffer.End(), kDataEndLimit);
}

net::Task<absl::Status> Session::Transfer(ContentReader& content, Transaction& transaction) {
  absl::Status streamed = co_await Stream(content, transaction);
  if (!streamed.ok()) co_return streamed;
  // RFC 5321 section 4.5.3.2.6: ten minutes, for giving up early makes duplicates.
  auto reply = co_await server_.ReadReply(kDataEndLimit);
  if (!reply.ok()) co_return reply.status();
  const Fate fate = reply->Accepted()         ? Fate::kSent
                    : reply->RefusedForGood() ? Fate::kFailed
                                              : Fate::kPending;
  transaction.Settle(fate, reply->InWords(), /*only_accepted=*/true);
  transaction.dot_sent = false;  // the answer is known
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::TrySender(const std::string& from) {
  auto reply = co_await server_.Ask(absl::StrCat("MAIL FROM:<", from, ">"));
  if (!reply.ok()) co_return reply.status();
  if (WantsAuth(*reply)) co_return AuthWanted(*reply);
  if (reply->RefusedForGood()) {
    co_return words::Error(
        absl::StatusCode::kPermissionDenied,
        words::Word("$0 does not take mail from $1: $2", server_.host(), from, reply->Text()));
  }
  auto reset = co_await server_.Ask("RSET");
  co_return reset.status();
}

net::Task<void> Session::Quit() {
  auto reply = co_await server_.Ask("QUIT", std::chrono::seconds(5));
  (void)reply;
}

}  // namespace postern::sender::smtp
