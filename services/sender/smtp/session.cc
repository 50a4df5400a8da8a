#include "services/sender/smtp/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/sender/smtp/dot_stuffing.h"

namespace postern::sender::smtp {
namespace {

// Submission servers take the name from AUTH and ignore this one; an address
// literal says nothing about the machine. RFC 5321 section 4.1.4.
constexpr char kOurName[] = "[127.0.0.1]";

// A refusal of the session itself: nothing was said about any mail.
absl::Status Refusal(absl::string_view what, const Reply& reply) {
  const std::string message = absl::StrCat("refused ", what, ": ", reply.Text());
  return reply.RefusedForGood() ? absl::FailedPreconditionError(message)
                                : absl::UnavailableError(message);
}

// 530 and 535 after a good start: the session must sign in first. RFC 4954 section 6.
bool WantsAuth(const Reply& reply) { return reply.code == 530 || reply.code == 535; }

absl::Status AuthWanted(const Reply& reply) {
  return absl::UnauthenticatedError(
      absl::StrCat("takes mail only after signing in: ", reply.Text()));
}

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string Megabytes(uint64_t bytes) { return absl::StrCat((bytes + 999'999) / 1'000'000, " MB"); }

}  // namespace

net::Task<absl::Status> Session::Open(const Opening& opening) {
  if (absl::Status s = co_await Greet(); !s.ok()) co_return s;
  if (absl::Status s = co_await Hello(); !s.ok()) co_return s;
  if (opening.start_tls) {
    if (absl::Status s = co_await Encrypt(opening); !s.ok()) co_return s;
  }
  if (opening.credentials.login.empty()) co_return absl::OkStatus();
  if (!server_.IsEncrypted() && !opening.allow_plaintext_auth) {
    co_return absl::FailedPreconditionError(
        "would get the password unencrypted, which this gateway does not allow; "
        "choose TLS or STARTTLS for the account");
  }
  co_return co_await Authenticate(server_, offered_.auth, opening.credentials);
}

net::Task<absl::Status> Session::Greet() {
  auto greeting = co_await server_.ReadReply(kGreetingLimit);
  if (!greeting.ok()) co_return greeting.status();
  if (greeting->Accepted()) co_return absl::OkStatus();
  co_return Refusal("the connection", *greeting);
}

net::Task<absl::Status> Session::Hello() {
  offered_ = {};
  auto reply = co_await server_.Ask(absl::StrCat("EHLO ", kOurName));
  if (!reply.ok()) co_return reply.status();
  if (reply->Accepted()) {
    offered_ = ParseCapabilities(*reply);
    co_return absl::OkStatus();
  }
  if (!reply->RefusedForGood()) co_return Refusal("EHLO", *reply);
  // RFC 5321 section 3.2: a server from before 1995 gets its HELO.
  reply = co_await server_.Ask(absl::StrCat("HELO ", kOurName));
  if (!reply.ok()) co_return reply.status();
  if (reply->Accepted()) co_return absl::OkStatus();
  co_return Refusal("HELO", *reply);
}

net::Task<absl::Status> Session::Encrypt(const Opening& opening) {
  if (!offered_.start_tls) {
    co_return absl::FailedPreconditionError(
        "does not offer STARTTLS, so nothing was sent to it; choose TLS for the account");
  }
  auto reply = co_await server_.Ask("STARTTLS");
  if (!reply.ok()) co_return reply.status();
  if (reply->code != 220) co_return Refusal("STARTTLS", *reply);
  if (absl::Status s = co_await server_.StartTls(opening.host); !s.ok()) co_return s;
  // What was offered in the clear may be an attacker's word. RFC 3207 section 4.2.
  co_return co_await Hello();
}

bool Session::CanCarry(const Envelope& envelope, Transaction& transaction) const {
  if (offered_.max_size > 0 && envelope.size > offered_.max_size) {
    transaction.Settle(Fate::kFailed,
                       absl::StrCat("the mail has ", Megabytes(envelope.size),
                                    ", the server takes at most ", Megabytes(offered_.max_size)));
  } else if (envelope.eight_bit && !offered_.eight_bit) {
    transaction.Settle(Fate::kFailed, "the server can't carry 8-bit content");
  } else if (!offered_.utf8 && !IsAscii(envelope.from)) {
    transaction.Settle(Fate::kFailed,
                       "the server can't carry a sender's address with letters beyond ASCII");
  } else if (!offered_.utf8) {
    for (Recipient& r : transaction.recipients) {
      if (r.fate != Fate::kPending || IsAscii(r.address)) continue;
      r.fate = Fate::kFailed;  // never downgraded silently: RFC 6531 section 3.2
      r.reason = "the server can't carry addresses with letters beyond ASCII";
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
  transaction.Settle(reply->RefusedForGood() ? Fate::kFailed : Fate::kPending, reply->Text());
  co_return false;
}

net::Task<absl::Status> Session::OfferRecipient(Recipient& recipient, bool others_accepted) {
  auto reply = co_await server_.Ask(absl::StrCat("RCPT TO:<", recipient.address, ">"));
  if (!reply.ok()) co_return reply.status();
  if (WantsAuth(*reply)) co_return AuthWanted(*reply);
  recipient.accepted = reply->Accepted();
  recipient.reason = recipient.accepted ? "" : reply->Text();
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
  transaction.Settle(fate, reply->Text(), /*only_accepted=*/true);
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
  transaction.Settle(fate, reply->Text(), /*only_accepted=*/true);
  transaction.dot_sent = false;  // the answer is known
  co_return absl::OkStatus();
}

net::Task<void> Session::Quit() {
  auto reply = co_await server_.Ask("QUIT", std::chrono::seconds(5));
  (void)reply;
}

}  // namespace postern::sender::smtp
