#pragma once

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/byte_stream.h"
#include "lib/net/dialer.h"
#include "lib/net/task.h"
#include "services/sender/account_directory.h"
#include "services/sender/smtp/session.h"

namespace postern::sender {

// A session and the connection under it.
struct RelaySession {
  explicit RelaySession(std::unique_ptr<net::ByteStream> connected)
      : stream(std::move(connected)), session(*stream) {}

  std::unique_ptr<net::ByteStream> stream;
  smtp::Session session;
};

// Opens sessions with the SMTP servers of accounts.
class Relay {
 public:
  Relay(net::Dialer& dialer, const crypto::SecretBox& secrets, bool allow_plaintext_auth)
      : dialer_(dialer), secrets_(secrets), allow_plaintext_auth_(allow_plaintext_auth) {}

  // Connects and signs in. Messages are sentences for the account's owner; the
  // codes are those of net::Dialer and smtp::Session::Open.
  net::Task<absl::StatusOr<std::unique_ptr<RelaySession>>> Connect(Account account);

 private:
  absl::StatusOr<smtp::Credentials> CredentialsOf(const Account& account) const;

  net::Dialer& dialer_;
  const crypto::SecretBox& secrets_;
  const bool allow_plaintext_auth_;
};

// The status with the host's name before its message.
absl::Status OfHost(const std::string& host, const absl::Status& status);

}  // namespace postern::sender
