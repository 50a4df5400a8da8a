#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

void InstallGatewayPrompt(StanzaRouter& router, FeatureContext context);

// The address in what a user typed or pasted: "ann@example.org", "mailto:…",
// "Ann <…>", or a JID of ours, escaped one way or the other, with or without the domain.
// kInvalidArgument carries a wording.
absl::StatusOr<mail::Address> AddressFromPrompt(absl::string_view prompt, absl::string_view domain);

}  // namespace postern::xmpp_edge
