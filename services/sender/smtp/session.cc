#include "services/sender/smtp/session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/dial_error.h"
#include "lib/words/wording.h"
#include "services/sender/smtp/authentication.h"
#include "services/sender/smtp/mail_commands.h"
#include "services/sender/smtp/offering.h"

namespace postern::sender::smtp {
namespace {

// Submission servers take the name from AUTH and ignore this one; an address
// literal says nothing about the machine. RFC 5321 section 4.1.4.
constexpr char kNobody[] = "[127.0.0.1]";

// A refusal of the session itself: nothing was said about any mail.
absl::Status Refusal(const words::Wording& wording, const Reply& reply) {
  return words::Error(reply.RefusedForGood() ? absl::StatusCode::kFailedPrecondition
                                             : absl::StatusCode::kUnavailable,
                      wording);
}

absl::Status NotEncrypted(const words::Wording& wording) {
  return net::DialError(absl::StatusCode::kFailedPrecondition, wording, net::Suspect::kSecurity);
}

bool MayTravelInTheClear(const Opening& opening) {
  return opening.allow_plaintext_auth &&
         opening.credentials.kind == sasl::Credentials::Kind::kPassword;
}

}  // namespace

net::Task<absl::Status> Session::Open(const Opening& opening) {
  faults_ = opening.faults;
  const std::string our_name = opening.our_name.empty() ? kNobody : opening.our_name;
  if (absl::Status s = co_await Greet(); !s.ok()) co_return s;
  if (absl::Status s = co_await Hello(our_name); !s.ok()) co_return s;
  if (opening.start_tls || (opening.start_tls_if_offered && offered_.start_tls)) {
    if (absl::Status s = co_await Encrypt(our_name); !s.ok()) co_return s;
  }
  open_ = opening.credentials.login.empty();
  if (open_) co_return absl::OkStatus();
  if (!server_.IsEncrypted() && !MayTravelInTheClear(opening)) {
    co_return NotEncrypted(
        words::Word("$0 would get the password unencrypted, which this gateway does not allow; "
                    "choose TLS or STARTTLS",
                    server_.host()));
  }
  absl::Status signed_in = co_await Authenticate(server_, offered_.auth, opening.credentials);
  open_ = signed_in.ok();
  co_return signed_in;
}

net::Task<absl::Status> Session::Greet() {
  auto greeting = co_await server_.ReadReply(server_.waits().greeting);
  if (!greeting.ok()) co_return greeting.status();
  if (greeting->Accepted()) co_return absl::OkStatus();
  const words::Wording wording =
      words::Word("$0 refused the connection: $1", server_.host(), greeting->Text());
  co_return Refusal(wording, *greeting);
}

net::Task<absl::Status> Session::Hello(const std::string& our_name) {
  offered_ = {};
  auto reply = co_await server_.Ask(absl::StrCat("EHLO ", our_name));
  if (!reply.ok()) co_return reply.status();
  if (reply->Accepted()) {
    offered_ = ParseCapabilities(*reply);
    co_return absl::OkStatus();
  }
  if (!reply->RefusedForGood()) co_return NoSession(*reply);
  // RFC 5321 section 3.2: a server from before 1995 gets its HELO.
  reply = co_await server_.Ask(absl::StrCat("HELO ", our_name));
  if (!reply.ok()) co_return reply.status();
  if (reply->Accepted()) co_return absl::OkStatus();
  co_return NoSession(*reply);
}

absl::Status Session::NoSession(const Reply& reply) const {
  return Refusal(words::Word("$0 refused to begin a session: $1", server_.host(), reply.Text()),
                 reply);
}

net::Task<absl::Status> Session::Encrypt(const std::string& our_name) {
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
  co_return co_await Hello(our_name);
}

bool Session::Reusable() const {
  const bool mails_left = limits().mails == 0 || mails_ < limits().mails;
  return CheckBetweenMails().ok() && mails_left;
}

absl::Status Session::CheckBetweenMails() const {
  if (open_ && server_.IsAtRest() && !content_due_) return absl::OkStatus();
  return absl::InternalError("smtp: the session is over, or in the midst of a mail");
}

net::Task<absl::Status> Session::Reset() {
  if (absl::Status s = CheckBetweenMails(); !s.ok()) co_return s;
  auto reply = co_await server_.Ask("RSET");
  if (!reply.ok()) co_return reply.status();
  begun_ = false;
  if (reply->Accepted()) co_return absl::OkStatus();
  open_ = false;
  co_return NoSession(*reply);
}

net::Task<absl::Status> Session::TrySender(const std::string& from) {
  if (!IsAscii(from) && !offered_.utf8) {
    co_return words::Error(absl::StatusCode::kPermissionDenied,
                           words::Word("the server can't carry a sender's address with letters "
                                       "beyond ASCII"));
  }
  const absl::string_view parameter = IsAscii(from) ? "" : " SMTPUTF8";
  auto reply = co_await server_.Ask(absl::StrCat("MAIL FROM:<", from, ">", parameter));
  if (!reply.ok()) co_return reply.status();
  if (WantsAuth(*reply)) co_return AuthWanted(server_.host(), *reply);
  if (reply->RefusedForGood()) {
    co_return words::Error(
        absl::StatusCode::kPermissionDenied,
        words::Word("$0 does not take mail from $1: $2", server_.host(), from, reply->Text()));
  }
  auto reset = co_await server_.Ask("RSET");
  co_return reset.status();
}

net::Task<void> Session::Quit() {
  if (!CheckBetweenMails().ok()) co_return;
  open_ = false;
  auto reply = co_await server_.Ask("QUIT", server_.waits().farewell);
  (void)reply;
}

}  // namespace postern::sender::smtp
