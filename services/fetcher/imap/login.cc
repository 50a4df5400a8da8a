// The first half of Session: from the greeting to the login, in the order of the RFC.

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
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
bool SpeaksOfTheLogin(const Response& answer) {
  return answer.code.empty() || answer.code == "AUTHENTICATIONFAILED" ||
         answer.code == "AUTHORIZATIONFAILED" || answer.code == "EXPIRED" ||
         answer.code == "CAPABILITY";  // says nothing about the refusal
}

}  // namespace

net::Task<absl::Status> Session::Greet(bool tls_to_come) {
  auto greeting = co_await ReadGreeting();
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
  server_name_ = greeting->text;
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
  if (!capabilities_.Has(Capability::kStartTls)) {
    co_return login_problem::NoStartTls(host);
  }
  if (absl::Status s = co_await Perform("STARTTLS"); !s.ok()) co_return s;
  if (absl::Status s = co_await net::WithDeadline(kTlsLimit, stream_.StartTls(host)); !s.ok()) {
    co_return s;
  }
  // What was said in the clear may be anybody's words (RFC 3501 section 6.2.1): not only
  // what is offered. The greeting stays, for there is no other: a quirk makes us slower at most.
  capabilities_ = Capabilities();
  knows_capabilities_ = false;
  enabled_ = Enabled();
  mailbox_ = Mailbox();
  has_news_ = false;
  last_refusal_.clear();
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::Login(const sasl::Credentials& credentials, PasswordRule rule) {
  if (!stream_.IsEncrypted() && rule == PasswordRule::kEncryptedOnly) {
    co_return absl::PermissionDeniedError("imap: the connection is not encrypted");
  }
  if (preauthenticated_) {
    if (absl::Status s = co_await AskCapabilities(); !s.ok()) co_return s;
    co_return co_await Introduce(credentials.host);
  }
  mask_ = crypto::PasswordMask(credentials.login, credentials.secret.Reveal());
  absl::Status signed_in = co_await SignIn(credentials);
  mask_ = crypto::PasswordMask();
  co_return signed_in;
}

bool Session::CanLoginByCommand(sasl::Credentials::Kind kind) const {
  return kind == sasl::Credentials::Kind::kPassword &&
         !capabilities_.Has(Capability::kLoginDisabled);
}

net::Task<absl::Status> Session::SignIn(const sasl::Credentials& credentials) {
  if (absl::Status s = co_await AskCapabilities(); !s.ok()) co_return s;
  const bool by_command = CanLoginByCommand(credentials.kind);
  sasl::Mechanisms left = capabilities_.mechanisms();
  left.Remove(unfit_);
  // Beneath TLS it hides nothing that LOGIN would show.
  if (stream_.IsEncrypted() && by_command) left.Remove(sasl::Mechanism::kCramMd5);
  std::optional<Response> refused;  // before the secret was of any account
  while (const auto mechanism = sasl::Choose(left, credentials.kind, stream_.IsEncrypted())) {
    left.Remove(*mechanism);
    auto exchange = sasl::Exchange::Begin(*mechanism, credentials);
    if (absl::IsUnimplemented(exchange.status())) continue;
    if (!exchange.ok()) co_return login_problem::Unsendable();
    auto answer = co_await Authenticate(*mechanism, **exchange);
    if (!answer.ok()) co_return answer.status();
    if (answer->name == "OK") {
      if (absl::Status s = (*exchange)->Finish(); !s.ok()) co_return s;
      co_return co_await AfterLogin(*answer, credentials.host);
    }
    const bool conclusive = (*exchange)->spent() || !SpeaksOfTheLogin(*answer);
    if (conclusive) co_return LoginRefusal(*answer, credentials.kind);
    refused = *std::move(answer);
    unfit_.Add(*mechanism);
  }
  if (by_command) {
    auto answer = co_await LoginCommand(credentials);
    if (!answer.ok()) co_return answer.status();
    if (answer->name != "OK") co_return LoginRefusal(*answer, credentials.kind);
    co_return co_await AfterLogin(*answer, credentials.host);
  }
  co_return refused ? LoginRefusal(*refused, credentials.kind) : NoWayToLogIn(credentials.kind);
}

absl::Status Session::NoWayToLogIn(sasl::Credentials::Kind kind) const {
  if (kind == sasl::Credentials::Kind::kAccessToken) return login_problem::TakesNoToken();
  if (login_problem::WantsToken(capabilities_.mechanisms())) return login_problem::TakesOnlyToken();
  const words::Wording wording = words::Word(
      "the mail server takes no password on such a connection (LOGINDISABLED); choose TLS or "
      "STARTTLS");
  return net::DialError(absl::StatusCode::kFailedPrecondition, wording, net::Suspect::kSecurity);
}

// RFC 3501 section 6.2.2; the initial response saves a round trip where SASL-IR (RFC 4959) is
// offered. What can't be answered is cancelled by "*".
net::Task<absl::StatusOr<Response>> Session::Authenticate(sasl::Mechanism mechanism,
                                                          sasl::Exchange& exchange) {
  const std::string tag = absl::StrCat("A", next_tag_++);
  const std::string words = absl::StrCat(tag, " AUTHENTICATE ", sasl::NameOf(mechanism));
  crypto::Secret line = crypto::Join({words, "\r\n"});
  if (exchange.SpeaksFirst() && capabilities_.Has(Capability::kSaslIr)) {
    auto response = exchange.Respond("");
    if (!response.ok()) co_return response.status();
    if (exchange.spent()) mask_.AlsoMask(response->Reveal());
    line = crypto::Join({words, " ", response->Reveal(), "\r\n"});
  }
  for (;;) {
    if (absl::Status s = co_await Send(line.Reveal()); !s.ok()) co_return s;
    auto answer = co_await ReadTagged(tag);
    if (!answer.ok() || answer->kind == Response::Kind::kTagged) co_return answer;
    auto response = exchange.Respond(answer->text);
    const bool unusable = absl::IsUnimplemented(response.status());
    if (!response.ok() && !unusable) co_return response.status();
    if (response.ok() && exchange.spent()) mask_.AlsoMask(response->Reveal());
    line = unusable ? crypto::Secret("*\r\n") : crypto::Join({response->Reveal(), "\r\n"});
  }
}

net::Task<absl::StatusOr<Response>> Session::LoginCommand(const sasl::Credentials& credentials) {
  Command command("LOGIN", wire_form());
  if (!command.AddString(credentials.login, "user name").ok()) {
    co_return login_problem::Unsendable();
  }
  if (!command.AddString(credentials.secret.Reveal(), "password").ok()) {
    co_return login_problem::Unsendable();
  }
  co_return co_await Execute(command);
}

absl::Status Session::LoginRefusal(const Response& answer, sasl::Credentials::Kind kind) {
  const absl::Status status = Refusal("login", answer);
  // Exchange says "BAD User is authenticated but not connected" when it is in trouble.
  const bool token = kind == sasl::Credentials::Kind::kAccessToken;
  if (token && answer.name == "BAD") return absl::UnavailableError(status.message());
  return SpeaksOfTheLogin(answer) ? absl::UnauthenticatedError(status.message())
                                  : absl::UnavailableError(status.message());
}

// --- behind the login -----------------------------------------------------------

net::Task<absl::Status> Session::AfterLogin(const Response& answer, const std::string& host) {
  // A server offers more to whom it knows; most say so in the OK itself.
  if (answer.code != "CAPABILITY") {
    knows_capabilities_ = false;
    if (absl::Status s = co_await AskCapabilities(); !s.ok()) co_return s;
  }
  co_return co_await Introduce(host);
}

net::Task<absl::Status> Session::Introduce(const std::string& host) {
  if (capabilities_.Has(Capability::kId)) {
    // RFC 2971; some providers serve nobody who doesn't introduce himself. A refusal is no harm.
    absl::Status introduced = co_await Perform("ID (\"name\" \"Postern\")");
    if (!introduced.ok() && !absl::IsFailedPrecondition(introduced)) co_return introduced;
  }
  quirks_ = &QuirksOf(host, capabilities_, server_name_);
  server_name_ = std::string();
  if (quirks_->no_rev2 && capabilities_.Has(Capability::kImap4Rev1)) {
    capabilities_.Remove(Capability::kImap4Rev2);
  }
  co_return co_await Enable();
}

net::Task<absl::Status> Session::Enable() {
  const bool alone = !capabilities_.Has(Capability::kImap4Rev1);
  if (capabilities_.Has(Capability::kImap4Rev2) && alone) LearnEnabled("IMAP4rev2");
  if (!capabilities_.Has(Capability::kEnable)) co_return absl::OkStatus();
  std::string words;
  const bool rev2 = capabilities_.Has(Capability::kImap4Rev2);
  if (rev2 && !enabled_.rev2) words += " IMAP4rev2";
  if (capabilities_.Has(Capability::kUtf8Accept)) words += " UTF8=ACCEPT";
  if (capabilities_.Has(Capability::kQresync)) {
    words += " QRESYNC";
  } else if (capabilities_.Has(Capability::kCondstore)) {
    words += " CONDSTORE";
  }
  if (words.empty()) co_return absl::OkStatus();
  // Refused, it is as if it had not been offered.
  absl::Status enabled = co_await Perform(absl::StrCat("ENABLE", words));
  co_return absl::IsFailedPrecondition(enabled) ? absl::OkStatus() : enabled;
}

void Session::LearnEnabled(absl::string_view words) {
  for (absl::string_view word : absl::StrSplit(words, ' ', absl::SkipEmpty())) {
    if (absl::EqualsIgnoreCase(word, "IMAP4rev2")) {
      enabled_.rev2 = enabled_.utf8 = true;  // RFC 9051 section 5.1
      capabilities_.AddThoseOfRev2();
    }
    if (absl::EqualsIgnoreCase(word, "UTF8=ACCEPT")) enabled_.utf8 = true;
    if (absl::EqualsIgnoreCase(word, "QRESYNC")) enabled_.qresync = enabled_.condstore = true;
    if (absl::EqualsIgnoreCase(word, "CONDSTORE")) enabled_.condstore = true;
  }
}

}  // namespace postern::fetcher::imap
