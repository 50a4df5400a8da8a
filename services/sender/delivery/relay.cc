#include "services/sender/delivery/relay.h"

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

}  // namespace

absl::Status Relay::CheckServes(const Account& account) const {
  constexpr auto kCode = absl::StatusCode::kFailedPrecondition;
  if (account.by_site_relay && !site_.relay) {
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
  if (!account.by_site_relay) return OfHost(account.host, status);
  // What is wrong with the mail itself its author has to know.
  if (status.ok() || absl::IsAborted(status) || !site_.relay) return status;
  if (absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status)) return status;
  log::Warn("the relay can't be used",
            {{"relay", site_.relay->host}, {"account", account.id}, {"error", status.message()}});
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

absl::StatusOr<Relay::Destination> Relay::DestinationOf(const Account& account,
                                                        crypto::Secret password) {
  Destination to;
  if (account.by_site_relay) {
    if (absl::Status s = CheckServes(account); !s.ok()) return s;
    to.dialer = site_.dialer;
    to.host = site_.relay->host;
    to.port = site_.relay->port;
    to.security = site_.relay->security;
    to.credentials.login = site_.relay->login;
    to.credentials.password = site_.relay->password;
    return to;
  }
  to.dialer = &dialer_;
  to.host = account.host;
  to.port = account.port;
  to.security = account.security;
  to.credentials.login = account.login;
  if (account.login.empty()) return to;
  to.credentials.password = std::move(password);
  if (to.credentials.password.empty()) {
    auto known = PasswordOf(account);
    if (!known.ok()) return known.status();
    to.credentials.password = *std::move(known);
  }
  return to;
}

net::Task<Relay::Opened> Relay::Open(Destination to) {
  net::Endpoint endpoint;
  endpoint.host = to.host;
  endpoint.port = to.port;
  endpoint.tls = to.security == Security::kTls;
  auto stream = co_await to.dialer->Dial(std::move(endpoint));
  if (!stream.ok()) co_return stream.status();

  auto connection = std::make_unique<RelaySession>(*std::move(stream), to.host);
  smtp::Opening opening;
  opening.start_tls = to.security == Security::kStartTls;
  opening.allow_plaintext_auth = allow_plaintext_auth_;
  opening.credentials = std::move(to.credentials);
  absl::Status opened = co_await connection->session.Open(opening);
  if (!opened.ok()) co_return opened;
  co_return connection;
}

net::Task<Relay::Opened> Relay::Connect(Account account, net::Duration limit) {
  auto destination = DestinationOf(account, crypto::Secret());
  if (!destination.ok()) co_return destination.status();
  const crypto::Secret used = destination->credentials.password;
  auto connection = co_await net::WithDeadline(limit, Open(*std::move(destination)));
  if (connection.ok()) co_return connection;
  const bool own_refused = absl::IsUnauthenticated(connection.status()) && !account.by_site_relay;
  if (own_refused) passwords_.Refused(account.id, used);
  co_return InWords(account, connection.status());
}

net::Task<Relay::Opened> Relay::Try(Account account, crypto::Secret password, net::Duration limit) {
  auto destination = DestinationOf(account, std::move(password));
  if (!destination.ok()) co_return destination.status();
  auto connection = co_await net::WithDeadline(limit, Open(*std::move(destination)));
  if (connection.ok()) co_return connection;
  co_return InWords(account, connection.status());
}

}  // namespace postern::sender
