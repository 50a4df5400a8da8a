#include "services/sender/delivery/relay.h"

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"
#include "services/sender/outcomes/sentences.h"

namespace postern::sender {
namespace {

absl::Status NoPassword() {
  return words::Error(absl::StatusCode::kUnauthenticated,
                      words::Word("the password is missing; enter it"));
}

// How the operator's relay fares is not its users' business in detail.
words::Wording SiteRelayTrouble(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kDataLoss:
      return words::Word(
          "this gateway's own mail server does not answer at the moment; try again later");
    default:
      return words::Word(
          "this gateway's own mail server does not work until its operator has seen to it");
  }
}

// A route is in use until the session over it ends, or none came about.
class UseOfRoute {
 public:
  explicit UseOfRoute(Route* route) : route_(route) {}
  ~UseOfRoute() {
    if (route_ != nullptr) route_->Close();
  }
  UseOfRoute(const UseOfRoute&) = delete;
  UseOfRoute& operator=(const UseOfRoute&) = delete;
  Route* HandOver() { return std::exchange(route_, nullptr); }

 private:
  Route* route_;
};

}  // namespace

absl::Status Relay::CheckServes(const Account& account) const {
  constexpr auto kCode = absl::StatusCode::kFailedPrecondition;
  const bool led_out = OperatorsServer(account) != nullptr || !SignsIn(account);
  if (account.by_site_relay && !led_out) {
    return words::Error(kCode, words::Word("this gateway has no mail server of its own any more; "
                                           "register an SMTP account of your own"));
  }
  if (!IsLet(account)) {
    return words::Error(kCode, words::Word("the operator of this gateway does not let this account "
                                           "send any more; see its settings"));
  }
  return absl::OkStatus();
}

absl::Status Relay::InWords(const Account& account, const absl::Status& status) const {
  const SiteRelay* server = OperatorsServer(account);
  if (server == nullptr) return OfHost(account.host, status);
  // What is wrong with the mail itself its author has to know.
  if (status.ok() || absl::IsAborted(status)) return status;
  if (absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status)) return status;
  log::Warn("the relay can't be used",
            {{"relay", server->host}, {"account", account.id}, {"error", status.message()}});
  return words::Error(status.code(), SiteRelayTrouble(status));
}

absl::StatusOr<crypto::Secret> Relay::PasswordOf(const Account& account) {
  if (account.sealed_password.empty()) {
    crypto::Secret held = passwords_.Find(account.id);
    if (held.empty()) return NoPassword();
    return held;
  }
  auto password = secrets_.Open(account.sealed_password, account.id);
  if (password.ok()) return password;
  log::Error("a stored password can't be opened",
             {{"account", account.id}, {"error", password.status().message()}});
  return words::Error(
      absl::StatusCode::kFailedPrecondition,
      words::Word(
          "the stored password can't be read any more; enter it again in the account's settings"));
}

const SiteRelay* Relay::OperatorsServer(const Account& account) const {
  const Route* route = RouteOf(account);
  if (route != nullptr && route->relay() != nullptr) return route->relay();
  return account.by_site_relay ? site_.relay : nullptr;
}

std::string Relay::HostOf(const Account& account) const {
  const SiteRelay* server = OperatorsServer(account);
  return server != nullptr ? server->host : account.host;
}

Relay::Destination Relay::WhereTo(const Account& account) const {
  Destination to;
  to.route = RouteOf(account);
  if (const SiteRelay* server = OperatorsServer(account); server != nullptr) {
    if (server == site_.relay) to.route = nullptr;
    to.dialer = to.route != nullptr ? &to.route->dialer() : site_.dialer;
    to.host = server->host;
    to.port = server->port;
    to.security = server->security;
    return to;
  }
  to.dialer = to.route != nullptr ? &to.route->dialer() : &dialer_;
  to.host = account.host;
  to.port = account.port;
  to.security = account.security;
  return to;
}

net::Task<absl::StatusOr<sasl::Credentials>> Relay::CredentialsOf(const Account& account,
                                                                  crypto::Secret given) {
  sasl::Credentials credentials;
  if (const SiteRelay* server = OperatorsServer(account); server != nullptr) {
    credentials.host = server->host;
    credentials.port = server->port;
    credentials.login = server->login;
    credentials.secret = server->password;
    co_return credentials;
  }
  credentials.host = account.host;
  credentials.port = account.port;
  credentials.login = account.login;
  credentials.secret = std::move(given);
  if (account.login.empty() || !credentials.secret.empty()) co_return credentials;
  absl::StatusOr<crypto::Secret> known = crypto::Secret();
  if (UsesTokens(account) && tokens_ != nullptr) {
    known = co_await tokens_->Of(account.id);
    credentials.kind = sasl::Credentials::Kind::kAccessToken;
  } else {
    known = PasswordOf(account);
  }
  if (!known.ok()) co_return known.status();
  credentials.secret = *std::move(known);
  co_return credentials;
}

net::Task<Relay::Opened> Relay::Open(Destination to, sasl::Credentials credentials) {
  if (to.route != nullptr) {
    absl::Status up = co_await to.route->Open();
    if (!up.ok()) co_return up;
  }
  UseOfRoute use(to.route);
  net::Endpoint endpoint;
  endpoint.host = to.host;
  endpoint.port = to.port;
  endpoint.tls = to.security == Security::kTls;
  auto stream = co_await to.dialer->Dial(std::move(endpoint));
  if (!stream.ok()) co_return stream.status();

  auto connection = std::make_unique<RelaySession>(*std::move(stream), to.host);
  connection->route = use.HandOver();
  smtp::Opening opening;
  opening.start_tls = to.security == Security::kStartTls;
  opening.allow_plaintext_auth = allow_plaintext_auth_;
  opening.credentials = std::move(credentials);
  opening.faults = &faults_;
  absl::Status opened = co_await connection->session.Open(opening);
  if (!opened.ok()) co_return opened;
  if (ways_.on_connected) ways_.on_connected(to.host);
  co_return connection;
}

bool Relay::NoteSignIn(const Account& account, const sasl::Credentials& used,
                       const absl::Status& outcome, bool in_force) {
  if (used.kind == sasl::Credentials::Kind::kAccessToken) {
    if (outcome.ok()) tokens_->Accepted(account.id);
    return absl::IsUnauthenticated(outcome) && tokens_->Refused(account.id, used.secret);
  }
  const bool own_refused =
      absl::IsUnauthenticated(outcome) && OperatorsServer(account) == nullptr && in_force;
  if (own_refused) passwords_.Refused(account.id, used.secret);
  return false;
}

net::Task<Relay::Opened> Relay::SignIn(const Account& account, crypto::Secret given,
                                       bool in_force) {
  for (bool again = true; again;) {
    if (absl::Status s = CheckServes(account); !s.ok()) co_return s;
    auto credentials = co_await CredentialsOf(account, given);
    if (!credentials.ok()) co_return credentials.status();
    Destination to = WhereTo(account);
    auto connection = co_await Open(std::move(to), *credentials);
    again = NoteSignIn(account, *credentials, connection.status(), in_force);
    if (!again) co_return connection;
  }
  co_return absl::InternalError("a token was refused without end");
}

net::Task<Relay::Opened> Relay::Connect(Account account, net::Duration limit) {
  crypto::Secret known;
  auto connection = co_await net::WithDeadline(limit, SignIn(account, std::move(known), true));
  if (connection.ok()) co_return connection;
  co_return InWords(account, connection.status());
}

net::Task<Relay::Opened> Relay::Try(Account account, crypto::Secret password, net::Duration limit) {
  auto connection = co_await net::WithDeadline(limit, SignIn(account, std::move(password), false));
  if (connection.ok()) co_return connection;
  co_return InWords(account, connection.status());
}

}  // namespace postern::sender
