#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/jid.h"

namespace postern::xmpp_edge {

// The better of two counts: chat > online > dnd > away > xa > offline.
edge::v1::Show BestShow(edge::v1::Show a, edge::v1::Show b);

// One user's presence over all resources.
struct PresenceSession {
  struct Resource {
    edge::v1::Show show = edge::v1::SHOW_OFFLINE;
    bool confirmed = true;  // false: known from before, not heard of on this link
    // Who of us was told of it on this link: localparts of contacts, "" for the root.
    std::set<std::string> told = {};
  };
  std::map<std::string, Resource> resources;  // the available ones
  int64_t since_unix_ms = 0;                  // came from offline then; 0 while offline

  edge::v1::Show Show() const;  // the best of all resources
};

// Who is available, and how. Lookups are in memory; each change is also kept in
// Redis (postern:session:{bare-jid}), so that a restart knows it. Only users who
// own an account are tracked, so strangers fill no memory.
class PresenceSessions {
 public:
  // Called after a user's best show or since_unix_ms has changed.
  using Listener = std::function<void(const std::string& user, const PresenceSession& session)>;

  explicit PresenceSessions(store::RedisClient& redis);

  // Reads what a former process knew of a user. What this process has heard
  // meanwhile wins. Resources come in unconfirmed.
  net::Task<absl::Status> Load(std::string user);

  // `contact` (its localpart, "" for the root) was told that a resource is available.
  // True when it was not known to be, or not on this link. Over 32 resources of one
  // user the newest are ignored.
  net::Task<bool> SetAvailable(Jid full, edge::v1::Show show, std::string contact = "");
  // `contact` was told that a resource went, or all of them when `jid` has no resource,
  // or will be told nothing more. A server says so to one contact also when only that
  // one left the roster or has just asked for subscription, so the root's word counts
  // for what the root was told of; another's only for what nobody else was told of.
  net::Task<void> SetUnavailable(Jid jid, std::string contact = "");
  // Begins a fresh look (a new link, a probe sent): what no presence confirms
  // before DropUnconfirmed() is taken for gone.
  void Doubt(const std::string& user);
  net::Task<void> DropUnconfirmed(std::string user);
  // The user has no account any more.
  net::Task<void> Forget(std::string user);

  edge::v1::Show ShowOf(absl::string_view user) const;  // SHOW_OFFLINE when unknown
  bool IsAvailable(absl::string_view user) const;
  PresenceSession Of(absl::string_view user) const;  // an empty one when unknown
  // Full JIDs of the available resources.
  std::vector<std::string> FullJids(absl::string_view user) const;
  const absl::flat_hash_map<std::string, PresenceSession>& all() const { return sessions_; }

  void Listen(Listener listener);

 private:
  // Tells the listeners when `user` is not what it was, then writes Redis.
  net::Task<void> Changed(std::string user, edge::v1::Show show_before, int64_t since_before);
  net::Task<absl::Status> Store(std::string user);

  store::RedisClient& redis_;
  absl::flat_hash_map<std::string, PresenceSession> sessions_;
  std::vector<Listener> listeners_;
};

}  // namespace postern::xmpp_edge
