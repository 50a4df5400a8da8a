#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/net/deadline.h"
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
  // The last resource went a moment ago, as those of mobile clients often do.
  struct Leave {
    edge::v1::Show counts_as = edge::v1::SHOW_OFFLINE;
    std::set<std::string> told;  // as that resource was
    std::chrono::steady_clock::time_point over;
  };
  std::map<std::string, Resource> resources;  // the available ones
  std::optional<Leave> leave;                 // only while there is no resource
  int64_t since_unix_ms = 0;                  // came from offline then; 0 while offline

  // The best of all resources; as before while the user may be back in a moment.
  edge::v1::Show Show() const;
};

// Who is available, and how. Lookups are in memory; each change is also kept in
// Redis (postern:session:{bare-jid}), so that a restart knows it. Only users who
// own an account are tracked, so strangers fill no memory.
//
// Who loses the last resource counts as before for `offline_after`, and comes from
// offline only when they were away for longer than that.
class PresenceSessions {
 public:
  // Called after a user's best show or since_unix_ms has changed.
  using Listener = std::function<void(const std::string& user, const PresenceSession& session)>;

  // How a user went: may they be back in a moment, or will nothing more be heard?
  enum class Going { kMayReturn, kForGood };

  explicit PresenceSessions(store::RedisClient& redis, net::Duration offline_after = {});

  // Background: ends leaves when their time is over, and writes again what Redis did
  // not take. Until cancelled.
  net::Task<void> KeepUp();

  // Reads what a former process knew of a user. What this process has heard
  // meanwhile wins. Resources come in unconfirmed, a leave begins anew.
  net::Task<absl::Status> Load(std::string user);

  // `contact` (its localpart, "" for the root) was told that a resource is available.
  // True when it was not known to be, or not on this link. Over 32 resources of one
  // user the newest are ignored.
  net::Task<bool> SetAvailable(Jid full, edge::v1::Show show, std::string contact = "");
  // `contact` was told that a resource went, or all of them when `jid` has no resource,
  // or will be told nothing more. A server says so to one contact also when only that
  // one left the roster or has just asked for subscription, so the root's word counts
  // for what the root was told of; another's only for what nobody else was told of.
  // Going for good counts from a contact that was told of the user on this link: one
  // that never was is told the same in answer to a probe.
  net::Task<void> SetUnavailable(Jid jid, std::string contact = "",
                                 Going going = Going::kMayReturn);
  // Begins a fresh look (a new link, a probe sent): what no presence confirms
  // before DropUnconfirmed() is taken for gone.
  void Doubt(const std::string& user);
  void DropUnconfirmed(const std::string& user);
  // The user has no account any more.
  net::Task<void> Forget(std::string user);

  edge::v1::Show ShowOf(absl::string_view user) const;  // SHOW_OFFLINE when unknown
  bool IsAvailable(absl::string_view user) const;
  PresenceSession Of(absl::string_view user) const;  // an empty one when unknown
  // Full JIDs of the available resources; of those heard of on this link.
  std::vector<std::string> FullJids(absl::string_view user) const;
  std::vector<std::string> ConfirmedJids(absl::string_view user) const;
  const absl::flat_hash_map<std::string, PresenceSession>& all() const { return sessions_; }

  void Listen(Listener listener);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  // What listeners are told of changes in.
  struct Look {
    edge::v1::Show show = edge::v1::SHOW_OFFLINE;
    int64_t since_unix_ms = 0;
  };
  static Look LookOf(const PresenceSession& session);

  void BeginLeave(const std::string& user, edge::v1::Show counts_as, std::set<std::string> told);
  void EndLeave(const std::string& user);
  void EndDueLeaves();
  // Tells the listeners when `user` is not what it was; who is offline is forgotten.
  void Tell(const std::string& user, Look before);
  // The same, then writes Redis.
  net::Task<void> Changed(std::string user, Look before);
  net::Task<absl::Status> Store(std::string user);

  store::RedisClient& redis_;
  const net::Duration offline_after_;
  absl::flat_hash_map<std::string, PresenceSession> sessions_;
  std::set<std::pair<TimePoint, std::string>> leaves_;  // one for each session with a leave
  absl::flat_hash_set<std::string> unkept_;             // users that Redis has otherwise
  std::vector<Listener> listeners_;
};

}  // namespace postern::xmpp_edge
