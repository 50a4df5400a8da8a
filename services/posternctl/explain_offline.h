#pragma once

#include <string>

#include "services/posternctl/rules_offline.h"
#include "services/posternctl/session.h"

namespace postern::posternctl {

// Whether a file of allow and deny lines lets somebody in.
struct Connection {
  std::string service;  // "smtp", …; empty: each, and a mail comes by the first
  std::string address;  // empty: the one in the mail's topmost Received field
};

// `posternctl rules explain` with a file: what is done with the mail, and why.
absl::Status ExplainOffline(Session& session, const OfflineQuestion& question);
// The same for a connection; a mail may be named to take the address from.
absl::Status ExplainConnection(Session& session, const OfflineQuestion& question,
                               const Connection& connection);

}  // namespace postern::posternctl
