#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/password_use.h"

namespace postern::sender {

enum class Security { kTls, kStartTls, kNone };

enum class BodyForm { kPlain, kHtml };

// One face of an account's owner.
struct Identity {
  std::string from;  // as default_from
  std::string signature;
};

// How an account sends; account.proto, Sending.
struct Sending {
  std::vector<Identity> identities;  // default_from's is the first, and may have no signature
  BodyForm form = BodyForm::kPlain;
  uint32_t undo_seconds = 0;
  std::string schedule, time_zone;
  std::string sent_folder;
  bool hide_jabber_id = false;
};

// What admin knows of an account, as far as we look at it.
enum class KnownHealth { kOther, kOk, kAsking };

// A way out: a user's account on an SMTP server.
struct Account {
  std::string id;
  std::string owner;  // bare JID
  bool enabled = false;
  bool by_site_relay = false;  // the operator's own (site_relay.h): no host and no login here
  std::string host;
  uint16_t port = 0;
  Security security = Security::kTls;
  std::string login;            // empty: the server asks for none
  std::string sealed_password;  // bound to `id`; empty: held_passwords.h
  std::string default_from;
  std::string oauth2_provider;  // not empty: an access token stands in for the password
  Sending sending;
  std::string route;  // an egress route; empty: none
  uint64_t settings_revision = 0;
  KnownHealth known_health = KnownHealth::kOther;
};

// What the account's password is for.
inline crypto::PasswordUse UseOf(const Account& account) {
  return {account.host, account.login, account.security != Security::kNone};
}

// The SMTP accounts of all users, as admin tells them.
class AccountDirectory {
 public:
  // What an update did: accounts that are new or have other settings, and those that are gone.
  struct Changes {
    std::vector<std::string> changed, removed;
    std::vector<std::string> elsewhere;  // of those changed: a password serves them no more
    bool first = false;  // the first update since we started: new to us, old to their owners
  };

  // With `snapshot`, accounts that are not in `changed` are forgotten.
  Changes Apply(std::vector<Account> changed, const std::vector<std::string>& removed_ids,
                bool snapshot);

  // Valid until the next Apply: copy it before waiting for anything.
  const Account* Find(absl::string_view id) const;
  std::vector<std::string> AccountsOf(absl::string_view owner) const;
  void ForEach(absl::FunctionRef<void(const Account&)> look) const;
  bool loaded() const { return loaded_; }

 private:
  void Remove(const std::string& id, Changes& changes);

  absl::flat_hash_map<std::string, Account> accounts_;
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> by_owner_;
  bool loaded_ = false;
};

}  // namespace postern::sender
