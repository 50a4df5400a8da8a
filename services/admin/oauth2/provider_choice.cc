#include "services/admin/oauth2/provider_choice.h"

#include "lib/crypto/password_use.h"
#include "services/admin/account_settings.h"

namespace postern::admin {

bool WaitsForConsent(const v1::Account& account) {
  return !account.oauth2_provider().empty() && account.sealed_password().empty();
}

void ChooseProvider(const v1::Account* before, absl::string_view password,
                    const OAuth2Providers& oauth2, v1::Account& account) {
  account.clear_oauth2_provider();
  const bool had_token = before != nullptr && !before->oauth2_provider().empty();
  const OAuth2Provider* provider = password.empty() ? ProviderFor(oauth2, account) : nullptr;
  if (provider == nullptr) {
    if (had_token) account.clear_sealed_password();
    return;
  }
  const bool same_use =
      before != nullptr && crypto::CheckPasswordUse(UseOf(*before), UseOf(account)).ok();
  const bool same_host = before != nullptr && before->host() == account.host();
  const bool has_password = before != nullptr && !had_token && !before->sealed_password().empty();
  if (has_password && (same_use || same_host)) return;  // an app password, say: it stays
  if (!same_use || !had_token || before->oauth2_provider() != provider->name) {
    account.clear_sealed_password();
  }
  account.set_oauth2_provider(provider->name);
}

}  // namespace postern::admin
