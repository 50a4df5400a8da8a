#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// A mail that its user has asked for, to be shown as a message of the account's contact.
struct BroughtMail {
  AccountDirectory::Account account;  // of that user
  fetcher::v1::ReadMailsResponse::ReadMail read;
  std::string stanza_id;  // the same for the same wish: what comes twice is seen once
};

// Shows it, and remembers how to answer it. An error: Redis or the link is away.
net::Task<absl::Status> BringMail(FeatureContext context, BroughtMail brought, const Words& words);

}  // namespace postern::xmpp_edge
