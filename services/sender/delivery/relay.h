#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/deadline.h"
#include "lib/net/dialer.h"
#include "lib/net/task.h"
#include "lib/oauth2/access_tokens.h"
#include "lib/sasl/credentials.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/delivery/session_pool.h"
#include "services/sender/delivery/site_relay.h"
#include "services/sender/delivery/ways.h"
#include "services/sender/smtp/session.h"

namespace postern::sender {

// The operator's relay, and the way to it: no policy for users' hosts applies there.
// Both outlive the Relay.
struct SiteRelayAccess {
  const SiteRelay* relay = nullptr;  // none: the operator offers no relay
  net::Dialer* dialer = nullptr;
};

// An account of a provider that gives access tokens in place of a password.
inline bool UsesTokens(const Account& account) {
  return !account.by_site_relay && !account.oauth2_provider.empty();
}

// Opens sessions with the SMTP servers of accounts, or with the operator's own.
// Errors are sentences for the account's owner (lib/words); the codes are those of
// net::Dialer and smtp::Session::Open, and kUnauthenticated when a password is needed
// that nobody has given, or consent.
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

  // Before the first session; without them there is no way out but servers.
  void Use(WaysOut ways) { ways_ = std::move(ways); }
  // Without them no account signs in by OAuth2. They outlive the Relay.
  void Use(oauth2::AccessTokens& tokens) { tokens_ = &tokens; }
  const WaysOut& ways() const { return ways_; }
  Route* RouteOf(const Account& account) const {
    return ways_.route_of ? ways_.route_of(account) : nullptr;
  }
  // False: its mail goes to the recipients' own servers, which want no login.
  bool SignsIn(const Account& account) const {
    const Route* route = RouteOf(account);
    if (route != nullptr && route->direct()) return false;
    return ways_.direct == nullptr || !account.by_site_relay || OperatorsServer(account) != nullptr;
  }
  // The operator's server that stands in for the account's own; null: none does.
  const SiteRelay* OperatorsServer(const Account& account) const;
  // The route that a session opened now takes; null: none.
  const Route* WayOf(const Account& account) const { return WhereTo(account).route; }
  // The host that its sessions lead to; empty: several (direct delivery), or none.
  std::string HostOf(const Account& account) const;

  // Connects and signs in, within `limit`. A held password that the server refuses is
  // forgotten, and for an access token another one is asked for once.
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
    Route* route = nullptr;
    std::string host;
    uint16_t port = 0;
    Security security = Security::kTls;
  };

  Destination WhereTo(const Account& account) const;
  // An empty `given`: the stored one, the held one, an access token.
  net::Task<absl::StatusOr<sasl::Credentials>> CredentialsOf(const Account& account,
                                                             crypto::Secret given);
  absl::StatusOr<crypto::Secret> PasswordOf(const Account& account);
  net::Task<Opened> SignIn(const Account& account, crypto::Secret given, bool in_force);
  // True: it was refused, and another token is worth a try at once.
  bool NoteSignIn(const Account& account, const sasl::Credentials& used,
                  const absl::Status& outcome, bool in_force);
  net::Task<Opened> Open(Destination destination, sasl::Credentials credentials);

  net::Dialer& dialer_;
  const crypto::SecretBox& secrets_;
  HeldPasswords& passwords_;
  const bool allow_plaintext_auth_;
  const SiteRelayAccess site_;
  WaysOut ways_;
  oauth2::AccessTokens* tokens_ = nullptr;
  smtp::KnownFaults faults_;
};

}  // namespace postern::sender
