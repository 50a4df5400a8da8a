#include "services/sender/relay.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/process/log.h"

namespace postern::sender {

absl::Status OfHost(const std::string& host, const absl::Status& status) {
  if (status.ok() || absl::StartsWith(status.message(), host)) return status;
  return absl::Status(status.code(), absl::StrCat(host, ": ", status.message()));
}

absl::StatusOr<smtp::Credentials> Relay::CredentialsOf(const Account& account) const {
  smtp::Credentials credentials;
  credentials.login = account.login;
  if (account.login.empty()) return credentials;
  if (account.sealed_password.empty()) {
    return absl::FailedPreconditionError(
        "no password is stored for this account; enter it in the account's settings");
  }
  auto password = secrets_.Open(account.sealed_password, account.id);
  if (!password.ok()) {
    log::Error("a stored password can't be opened",
               {{"account", account.id}, {"error", password.status().message()}});
    return absl::FailedPreconditionError(
        "the stored password can't be read any more; enter it again in the account's settings");
  }
  credentials.password = *std::move(password);
  return credentials;
}

net::Task<absl::StatusOr<std::unique_ptr<RelaySession>>> Relay::Connect(Account account) {
  auto credentials = CredentialsOf(account);
  if (!credentials.ok()) co_return credentials.status();
  net::Endpoint endpoint;
  endpoint.host = account.host;
  endpoint.port = account.port;
  endpoint.tls = account.security == Security::kTls;
  auto stream = co_await dialer_.Dial(std::move(endpoint));
  if (!stream.ok()) co_return OfHost(account.host, stream.status());

  auto connection = std::make_unique<RelaySession>(*std::move(stream));
  smtp::Opening opening;
  opening.host = account.host;
  opening.start_tls = account.security == Security::kStartTls;
  opening.allow_plaintext_auth = allow_plaintext_auth_;
  opening.credentials = *std::move(credentials);
  absl::Status opened = co_await connection->session.Open(opening);
  if (!opened.ok()) co_return OfHost(account.host, opened);
  co_return connection;
}

}  // namespace postern::sender
