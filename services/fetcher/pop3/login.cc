// The first half of Session: from the greeting to the login, in the order of the RFC.

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/password_digest.h"
#include "lib/crypto/secret_words.h"
#include "lib/net/deadline.h"
#include "lib/net/dial_error.h"
#include "lib/words/wording.h"
#include "services/fetcher/login_problem.h"
#include "services/fetcher/pop3/session.h"

namespace postern::fetcher::pop3 {

namespace {

constexpr std::chrono::seconds kTlsLimit{30};
constexpr size_t kMaxCapabilityLines = 200;
constexpr size_t kMaxCommandLine = 255;  // RFC 2449 section 4

// The only use of these would be to smuggle in a command of its own.
bool FitsALine(absl::string_view text) {
  return text.find_first_of(absl::string_view("\r\n\0", 3)) == absl::string_view::npos;
}

}  // namespace

net::Task<absl::Status> Session::Greet() {
  auto greeting = co_await ReadStatusLine();
  if (!greeting.ok()) {
    const bool nonsense = absl::IsDataLoss(greeting.status());
    co_return nonsense ? absl::DataLossError("pop3: this is no POP3 server") : greeting.status();
  }
  if (greeting->kind == StatusLine::Kind::kOk) {
    timestamp_ = TimestampOf(greeting->text);
    co_return absl::OkStatus();
  }
  co_return absl::UnavailableError("pop3: the server greets with a refusal");
}

net::Task<absl::Status> Session::AskCapabilities() {
  if (asked_capabilities_) co_return absl::OkStatus();
  auto answer = co_await Ask("CAPA");
  if (!answer.ok()) co_return answer.status();
  asked_capabilities_ = true;
  // Servers older than RFC 2449 don't know the command.
  if (answer->kind != StatusLine::Kind::kOk) co_return absl::OkStatus();
  size_t lines = 0;
  LineSink sink = [&](std::string line) {
    if (++lines > kMaxCapabilityLines) return absl::DataLossError("pop3: CAPA never ends");
    capabilities_.Learn(line);
    return absl::OkStatus();
  };
  if (absl::Status s = co_await ReadText(0, std::move(sink)); !s.ok()) co_return s;
  knows_capabilities_ = true;
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::StartTls(const std::string& host) {
  if (absl::Status s = co_await AskCapabilities(); !s.ok()) co_return s;
  if (knows_capabilities_ && !capabilities_.stls) {
    co_return login_problem::NoStartTls(host);
  }
  auto answer = co_await Ask("STLS");
  if (!answer.ok()) co_return answer.status();
  if (absl::Status s = Refused("STLS", *answer); !s.ok()) co_return s;
  if (absl::Status s = co_await net::WithDeadline(kTlsLimit, stream_.StartTls(host)); !s.ok()) {
    co_return s;
  }
  // What was said in the clear may be anybody's words (RFC 2595 section 4).
  capabilities_ = Capabilities();
  asked_capabilities_ = knows_capabilities_ = false;
  timestamp_.reset();
  last_refusal_.clear();
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::Login(const sasl::Credentials& credentials, PasswordRule rule) {
  if (!stream_.IsEncrypted() && rule == PasswordRule::kEncryptedOnly) {
    co_return absl::PermissionDeniedError("pop3: the connection is not encrypted");
  }
  mask_ = crypto::PasswordMask(credentials.login, credentials.secret.Reveal());
  absl::Status signed_in = co_await SignIn(credentials);
  mask_ = crypto::PasswordMask();
  co_return signed_in;
}

bool Session::CanSendPassword(sasl::Credentials::Kind kind) const {
  return kind == sasl::Credentials::Kind::kPassword && (!knows_capabilities_ || capabilities_.user);
}

// Of what hides the password, it is better than none.
bool Session::PrefersApop(sasl::Mechanisms left, const sasl::Credentials& credentials) const {
  if (stream_.IsEncrypted() || !timestamp_) return false;
  if (credentials.kind != sasl::Credentials::Kind::kPassword) return false;
  const auto best = sasl::Choose(left, credentials.kind, false);
  return !best || *best == sasl::Mechanism::kPlain || *best == sasl::Mechanism::kLogin;
}

net::Task<absl::Status> Session::SignIn(const sasl::Credentials& credentials) {
  if (absl::Status s = co_await AskCapabilities(); !s.ok()) co_return s;
  sasl::Mechanisms left = capabilities_.mechanisms;
  left.Remove(unfit_);
  const bool by_password = CanSendPassword(credentials.kind);
  // Beneath TLS it hides nothing that PASS would show.
  if (stream_.IsEncrypted() && by_password) left.Remove(sasl::Mechanism::kCramMd5);
  absl::Status refused = NoWayToLogIn(credentials.kind);
  while (!PrefersApop(left, credentials)) {
    const auto mechanism = sasl::Choose(left, credentials.kind, stream_.IsEncrypted());
    if (!mechanism) break;
    left.Remove(*mechanism);
    auto exchange = sasl::Exchange::Begin(*mechanism, credentials);
    if (absl::IsUnimplemented(exchange.status())) continue;
    if (!exchange.ok()) co_return login_problem::Unsendable();
    auto answer = co_await Authenticate(*mechanism, **exchange);
    if (!answer.ok()) co_return answer.status();
    if (answer->kind == StatusLine::Kind::kOk) co_return (*exchange)->Finish();
    refused = LoginRefusal(*answer, capabilities_);
    if ((*exchange)->spent() || absl::IsUnavailable(refused)) co_return refused;
    unfit_.Add(*mechanism);
  }
  const bool apop = PrefersApop(left, credentials);
  if (!apop && !by_password) co_return refused;
  absl::StatusOr<StatusLine> answer = absl::UnknownError("");
  if (apop) {
    answer = co_await Apop(credentials);
  } else {
    answer = co_await UserAndPass(credentials);
  }
  if (!answer.ok()) co_return answer.status();
  if (answer->kind == StatusLine::Kind::kError) co_return LoginRefusal(*answer, capabilities_);
  co_return Refused("login", *answer);
}

absl::Status Session::NoWayToLogIn(sasl::Credentials::Kind kind) const {
  if (kind == sasl::Credentials::Kind::kAccessToken) return login_problem::TakesNoToken();
  if (login_problem::WantsToken(capabilities_.mechanisms)) return login_problem::TakesOnlyToken();
  const words::Wording wording =
      words::Word("the mail server takes no password on such a connection; choose TLS or STARTTLS");
  return net::DialError(absl::StatusCode::kFailedPrecondition, wording, net::Suspect::kSecurity);
}

// RFC 5034. An initial response goes out only with mechanisms that are younger than the RFC,
// for older servers know none, and only where the line stays within 255 octets.
net::Task<absl::StatusOr<StatusLine>> Session::Authenticate(sasl::Mechanism mechanism,
                                                            sasl::Exchange& exchange) {
  const std::string words = absl::StrCat("AUTH ", sasl::NameOf(mechanism));
  crypto::Secret line = crypto::Join({words, "\r\n"});
  // What the exchange would say at once, when it was too long for that.
  std::optional<crypto::Secret> first;
  const bool old = mechanism == sasl::Mechanism::kPlain;
  if (exchange.SpeaksFirst() && !old) {
    auto response = exchange.Respond("");
    if (!response.ok()) co_return response.status();
    if (exchange.spent()) mask_.AlsoMask(response->Reveal());
    if (words.size() + response->Reveal().size() + 3 <= kMaxCommandLine) {
      line = crypto::Join({words, " ", response->Reveal(), "\r\n"});
    } else {
      first = *std::move(response);
    }
  }
  for (;;) {
    auto answer = co_await AskSecretly(line.Reveal());
    if (!answer.ok() || answer->kind != StatusLine::Kind::kGoOn) co_return answer;
    absl::StatusOr<crypto::Secret> response = absl::UnknownError("");
    if (first) {
      response = *std::exchange(first, std::nullopt);
    } else {
      response = exchange.Respond(answer->text);
    }
    const bool unusable = absl::IsUnimplemented(response.status());
    if (!response.ok() && !unusable) co_return response.status();
    if (response.ok() && exchange.spent()) mask_.AlsoMask(response->Reveal());
    line = unusable ? crypto::Secret("*\r\n") : crypto::Join({response->Reveal(), "\r\n"});
  }
}

net::Task<absl::StatusOr<StatusLine>> Session::Apop(const sasl::Credentials& credentials) {
  if (!FitsALine(credentials.login)) co_return login_problem::Unsendable();
  const std::string digest = crypto::Md5Hex(*timestamp_, credentials.secret);
  std::string line = absl::StrCat("APOP ", credentials.login, " ", digest);
  co_return co_await Ask(std::move(line));
}

net::Task<absl::StatusOr<StatusLine>> Session::UserAndPass(const sasl::Credentials& credentials) {
  const std::string& password = credentials.secret.Reveal();
  if (!FitsALine(credentials.login) || !FitsALine(password)) co_return login_problem::Unsendable();
  std::string user = absl::StrCat("USER ", credentials.login);
  auto answer = co_await Ask(std::move(user));
  if (!answer.ok() || answer->kind != StatusLine::Kind::kOk) co_return answer;
  const crypto::Secret pass = crypto::Join({"PASS ", password, "\r\n"});
  co_return co_await AskSecretly(pass.Reveal());
}

}  // namespace postern::fetcher::pop3
