#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/spool/spooled_message.h"

namespace postern::xmpp_edge {

// Whose spooled messages are told to whom.
struct SpoolRules {
  std::string folder;  // empty: there is none
  bool any_sender = false;
  // Domains whose addresses may be senders: domain -> the Jabber domain of its users; empty:
  // they have the same.
  std::map<std::string, std::string> domains;
  bool pass_stale_locks = false;
};
// "example.org", "example.org=jabber.example.org", "*". kInvalidArgument.
absl::Status ReadSpoolDomains(const std::vector<std::string>& values, SpoolRules& rules);

// What each receiver of a message is told; kInvalidArgument: its sender may not send.
absl::StatusOr<std::vector<edge::v1::NotifyRequest>> RequestsOf(const SpooledMessage& message,
                                                                const std::string& key,
                                                                const SpoolRules& rules);

}  // namespace postern::xmpp_edge
