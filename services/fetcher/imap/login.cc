// The first half of Session: from the greeting to the login, in the order of the RFC.

#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_words.h"
#include "lib/net/deadline.h"
#include "lib/net/dial_error.h"
#include "lib/words/wording.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/login_problem.h"

namespace postern::fetcher::imap {

namespace {

constexpr std::chrono::seconds kTlsLimit{30};

// Whether a refused login means that user name or password are wrong: then a
// person has to act. Any other code, known or not, speaks of something else
// ("too many connections", "over quota"), which passes; RFC 5530 section 3.
bool MeansWrongLogin(const Response& answer) {
  return answer.code.empty() || answer.code == "AUTHENTICATIONFAILED" ||
         answer.code == "AUTHORIZATIONFAILED" || answer.code == "EXPIRED" ||
         answer.code == "CAPABILITY";  // says nothing about the refusal
}

}  // namespace

net::Task<absl::Status> Session::Greet(bool tls_to_come) {
  auto greeting = co_await ReadResponse(Patience::kLimited);
  if (!greeting.ok()) co_return greeting.status();
  if (greeting->kind != Response::Kind::kUntagged || !greeting->IsStatus()) {
    co_return absl::DataLossError("imap: this is no IMAP server");
  }
  preauthenticated_ = greeting->name == "PREAUTH";
  if (preauthenticated_ && tls_to_come) {
    const words::Wording wording = words::Word(
        "the mail server lets anybody in before the connection is encrypted, which may "
        "be an attack; choose TLS");
    co_return net::DialError(absl::StatusCode::kFailedPrecondition, wording,
                             net::Suspect::kSecurity);
  }
  co_return Absorb(*std::move(greeting));
}

net::Task<absl::Status> Session::AskCapabilities() {
  if (knows_capabilities_) co_return absl::OkStatus();
  if (absl::Status s = co_await Perform("CAPABILITY"); !s.ok()) co_return s;
  if (!knows_capabilities_) co_return absl::DataLossError("imap: CAPABILITY without an answer");
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::StartTls(const std::string& host) {
  if (absl::Status s = co_await AskCapabilities(); !s.ok()) co_return s;
  if (!capabilities_.contains("STARTTLS")) {
    co_return login_problem::NoStartTls(host);
  }
  if (absl::Status s = co_await Perform("STARTTLS"); !s.ok()) co_return s;
  if (absl::Status s = co_await net::WithDeadline(kTlsLimit, stream_.StartTls(host)); !s.ok()) {
    co_return s;
  }
  // What was said in the clear may be anybody's words (RFC 3501 section 6.2.1).
  capabilities_.clear();
  knows_capabilities_ = false;
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::Login(const std::string& login, const std::string& password,
                                       PasswordRule rule) {
  if (preauthenticated_) co_return co_await AskCapabilities();
  if (!stream_.IsEncrypted() && rule == PasswordRule::kEncryptedOnly) {
    co_return absl::PermissionDeniedError("imap: the connection is not encrypted");
  }
  mask_ = crypto::PasswordMask(login, password);
  absl::Status signed_in = co_await SignIn(login, password);
  mask_ = crypto::PasswordMask();
  co_return signed_in;
}

net::Task<absl::Status> Session::SignIn(const std::string& login, const std::string& password) {
  if (absl::Status s = co_await AskCapabilities(); !s.ok()) co_return s;
  absl::StatusOr<Response> answer = absl::UnknownError("");
  if (capabilities_.contains("AUTH=PLAIN")) {
    answer = co_await AuthenticatePlain(login, password);
  } else if (capabilities_.contains("LOGINDISABLED")) {
    const words::Wording wording = words::Word(
        "the mail server takes no password on such a connection (LOGINDISABLED); choose TLS or "
        "STARTTLS");
    co_return net::DialError(absl::StatusCode::kFailedPrecondition, wording,
                             net::Suspect::kSecurity);
  } else {
    answer = co_await LoginCommand(login, password);
  }
  if (!answer.ok()) co_return answer.status();
  co_return co_await AfterLogin(*answer);
}

// RFC 4616; the initial response saves a round trip where SASL-IR (RFC 4959) is offered.
net::Task<absl::StatusOr<Response>> Session::AuthenticatePlain(const std::string& login,
                                                               const std::string& password) {
  constexpr char kNul = '\0';
  if (login.find(kNul) != std::string::npos || password.find(kNul) != std::string::npos) {
    co_return login_problem::Unsendable();
  }
  const crypto::Secret response = crypto::SaslPlain(login, password);
  if (capabilities_.contains("SASL-IR")) {
    const crypto::Secret words = crypto::Join({"AUTHENTICATE PLAIN ", response.Reveal()});
    const Command command(words.Reveal());
    co_return co_await Execute(command);
  }
  const std::string tag = absl::StrCat("A", next_tag_++);
  std::string begin = absl::StrCat(tag, " AUTHENTICATE PLAIN\r\n");
  if (absl::Status s = co_await Send(begin); !s.ok()) co_return s;
  auto answer = co_await ReadTagged(tag);
  if (!answer.ok() || answer->kind != Response::Kind::kContinuation) co_return answer;
  const crypto::Secret line = crypto::Join({response.Reveal(), "\r\n"});
  if (absl::Status s = co_await Send(line.Reveal()); !s.ok()) co_return s;
  co_return co_await ReadTagged(tag);
}

net::Task<absl::StatusOr<Response>> Session::LoginCommand(const std::string& login,
                                                          const std::string& password) {
  Command command("LOGIN");
  if (!command.AddString(login, "user name").ok()) co_return login_problem::Unsendable();
  if (!command.AddString(password, "password").ok()) co_return login_problem::Unsendable();
  co_return co_await Execute(command);
}

net::Task<absl::Status> Session::AfterLogin(const Response& answer) {
  absl::Status status = Refusal("login", answer);
  if (!status.ok()) {
    co_return MeansWrongLogin(answer) ? absl::UnauthenticatedError(status.message())
                                      : absl::UnavailableError(status.message());
  }
  // A server offers more to whom it knows; most say so in the OK itself.
  if (answer.code != "CAPABILITY") {
    knows_capabilities_ = false;
    if (absl::Status s = co_await AskCapabilities(); !s.ok()) co_return s;
  }
  if (!capabilities_.contains("ID")) co_return absl::OkStatus();
  // RFC 2971; some providers serve nobody who doesn't introduce himself. A refusal is no harm.
  absl::Status introduced = co_await Perform("ID (\"name\" \"Postern\")");
  co_return absl::IsFailedPrecondition(introduced) ? absl::OkStatus() : introduced;
}

}  // namespace postern::fetcher::imap
