#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/byte_stream.h"
#include "lib/net/deadline.h"
#include "lib/net/dialer.h"
#include "lib/net/task.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/delivery/site_relay.h"
#include "services/sender/smtp/session.h"

namespace postern::sender {

// A session and the connection under it.
struct RelaySession {
  RelaySession(std::unique_ptr<net::ByteStream> connected, std::string host)
      : stream(std::move(connected)), session(*stream, std::move(host)) {}

  std::unique_ptr<net::ByteStream> stream;
  smtp::Session session;
};

// The operator's relay, and the way to it: no policy for users' hosts applies there.
// Both outlive the Relay.
struct SiteRelayAccess {
  const SiteRelay* relay = nullptr;  // none: the operator offers no relay
  net::Dialer* dialer = nullptr;
};

// Opens sessions with the SMTP servers of accounts, or with the operator's own.
// Errors are sentences for the account's owner (lib/words); the codes are those of
// net::Dialer and smtp::Session::Open, and kUnauthenticated when a password is needed
// that nobody has given.
class Relay {
 public:
  using Opened = absl::StatusOr<std::unique_ptr<RelaySession>>;

  Relay(net::Dialer& dialer, const crypto::SecretBox& secrets, HeldPasswords& passwords,
        bool allow_plaintext_auth, SiteRelayAccess site = {})
      : dialer_(dialer),
        secrets_(secrets),
        passwords_(passwords),
        allow_plaintext_auth_(allow_plaintext_auth),
        site_(site) {}

  // Connects and signs in, within `limit`. A held password that the server refuses is
  // forgotten.
  net::Task<Opened> Connect(Account account, net::Duration limit);
  // The same with settings that are not in force yet; an empty password means the
  // stored or the held one. Nothing is forgotten.
  net::Task<Opened> Try(Account account, crypto::Secret password, net::Duration limit);

  // kFailedPrecondition: the account's mail can't leave, and waiting does not help.
  absl::Status CheckServes(const Account& account) const;
  // False: the operator's rules for the relay refuse the account, which admin tells by
  // leaving its From out; the account's health is admin's to tell then, too.
  static bool IsLet(const Account& account) {
    return !account.by_site_relay || !account.default_from.empty();
  }

  // What went wrong in a session, as a sentence for the account's owner.
  absl::Status InWords(const Account& account, const absl::Status& status) const;

 private:
  // Where a session goes, and as whom.
  struct Destination {
    net::Dialer* dialer = nullptr;
    std::string host;
    uint16_t port = 0;
    Security security = Security::kTls;
    smtp::Credentials credentials;
  };

  absl::StatusOr<Destination> DestinationOf(const Account& account, crypto::Secret password);
  absl::StatusOr<crypto::Secret> PasswordOf(const Account& account);
  net::Task<Opened> Open(Destination destination);

  net::Dialer& dialer_;
  const crypto::SecretBox& secrets_;
  HeldPasswords& passwords_;
  const bool allow_plaintext_auth_;
  const SiteRelayAccess site_;
};

}  // namespace postern::sender
