#include "services/admin/oauth2/provider.h"

#include "lib/net/host_pattern.h"

namespace postern::admin {
namespace {

// All that sign in at a server of their own.
bool TakesTokens(v1::AccountType type) {
  return type == v1::ACCOUNT_TYPE_IMAP || type == v1::ACCOUNT_TYPE_POP3 ||
         type == v1::ACCOUNT_TYPE_SMTP;
}

}  // namespace

const OAuth2Provider* FindProvider(const OAuth2Providers& providers, absl::string_view name) {
  for (const OAuth2Provider& provider : providers) {
    if (provider.name == name) return &provider;
  }
  return nullptr;
}

const OAuth2Provider* ProviderFor(const OAuth2Providers& providers, const v1::Account& account) {
  if (!TakesTokens(account.type()) || account.login().empty() || !account.store_password() ||
      account.security() == v1::SECURITY_NONE) {
    return nullptr;
  }
  for (const OAuth2Provider& provider : providers) {
    if (net::MatchesAnyHost(provider.hosts, account.host())) return &provider;
  }
  return nullptr;
}

void Describe(const OAuth2Providers& providers, v1::GetSiteResponse& site) {
  for (const OAuth2Provider& provider : providers) {
    v1::OAuth2Provider& told = *site.add_oauth2_providers();
    told.set_name(provider.name);
    told.set_label(provider.label);
    for (const std::string& host : provider.hosts) told.add_hosts(host);
  }
}

}  // namespace postern::admin
