#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"
#include "postern/admin/v1/admin.pb.h"

namespace postern::admin {

// A mail provider where users give consent (OAuth2, RFC 6749) instead of a password, and
// what this gateway is known by there.
struct OAuth2Provider {
  // How the client's secret is told to the token endpoint; RFC 6749 section 2.3.1.
  enum class ClientAuth { kBasic, kPost };

  std::string name;                // "google"
  std::string label;               // for people: "Google"
  std::vector<std::string> hosts;  // mail servers: a name, or "*.example.org"
  std::string client_id;
  crypto::Secret client_secret;  // empty: a public client
  ClientAuth client_auth = ClientAuth::kBasic;
  std::string authorization_url, token_url;
  std::string device_url;  // RFC 8628; empty: the provider has no such way
  std::string scope;
  // Further ones of the authorization request: {"access_type", "offline"}.
  std::vector<std::pair<std::string, std::string>> parameters;
};
using OAuth2Providers = std::vector<OAuth2Provider>;

// nullptr: there is none of that name.
const OAuth2Provider* FindProvider(const OAuth2Providers& providers, absl::string_view name);

// The provider whose tokens open the account's mailbox in place of a password; nullptr: none.
// Only where the connection is encrypted and what opens the mailbox may be stored. The sender
// logs in by passwords alone.
const OAuth2Provider* ProviderFor(const OAuth2Providers& providers, const v1::Account& account);

// What the edge and users hear of them.
void Describe(const OAuth2Providers& providers, v1::GetSiteResponse& site);

}  // namespace postern::admin
