#pragma once

#include "absl/strings/string_view.h"
#include "services/admin/oauth2/provider.h"

// Whether consent stands in for an account's password. Pure.
namespace postern::admin {

// True for an account that needs the consent of its owner, and has none.
bool WaitsForConsent(const v1::Account& account);

// Sets or clears `oauth2_provider` of an account whose connection has been checked; what was
// stored for another way to log in, or for another mailbox, goes. `before`: nullptr for a new
// account. A password that is stored stays while it serves the same host.
void ChooseProvider(const v1::Account* before, absl::string_view password,
                    const OAuth2Providers& oauth2, v1::Account& account);

}  // namespace postern::admin
