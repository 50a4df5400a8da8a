#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <map>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/presence_sessions.h"

namespace postern::xmpp_edge {

// The users' presence as a list of changes, for Edge.ListAvailability. Only the
// newest change of a user is kept, so it is as long as there are users. A new
// process is a new epoch: who asks with another's revision gets all of it.
class AvailabilityFeed {
 public:
  explicit AvailabilityFeed(boost::asio::any_io_executor executor);

  void Update(const std::string& user, const PresenceSession& session);
  // The user has no account any more, and nobody need know.
  void Forget(const std::string& user);

  // What changed; waits up to request.wait_ms when nothing has.
  net::Task<edge::v1::ListAvailabilityResponse> Changes(edge::v1::ListAvailabilityRequest request);

 private:
  struct Entry {
    edge::v1::UserAvailability availability;
    uint64_t revision = 0;
  };

  const std::string epoch_;
  uint64_t revision_ = 1;
  absl::flat_hash_map<std::string, Entry> users_;
  std::map<uint64_t, std::string> by_revision_;
  net::Event changed_;
};

// Keeps the feed true: each change of a session, for users who have accounts.
void FeedAvailability(PresenceSessions& sessions, AccountDirectory& directory,
                      AvailabilityFeed& feed);

}  // namespace postern::xmpp_edge
