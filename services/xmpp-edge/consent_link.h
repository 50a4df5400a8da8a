#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// True for an account whose mailbox is opened by its owner's consent (OAuth2).
inline bool NeedsConsent(const admin::v1::Account& account) {
  return !account.oauth2_provider().empty();
}
// True while it has none, or none of use.
inline bool AwaitsConsent(const admin::v1::Account& account) {
  return NeedsConsent(account) && account.enabled() &&
         account.health().state() == admin::v1::HEALTH_STATE_ASKING;
}

// Whether the site has a provider for this host that takes consent in place of a password, and
// the labels of all of them: "Google, Microsoft"; "" when there are none. Pure.
bool TakesConsent(const admin::v1::GetSiteResponse& site, absl::string_view host);
std::string ConsentProviders(const admin::v1::GetSiteResponse& site);

// Asks admin for a link. kFailedPrecondition with a wording: there is none to be had.
net::Task<absl::StatusOr<admin::v1::BeginConsentResponse>> AskForConsent(FeatureContext context,
                                                                         std::string account_id);

// The message with it. Pure.
std::string ConsentText(const admin::v1::Account& account,
                        const admin::v1::BeginConsentResponse& consent, const Words& words);

}  // namespace postern::xmpp_edge
