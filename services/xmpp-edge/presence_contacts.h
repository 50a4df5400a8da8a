#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::xmpp_edge {

// The contacts that users have been asked to add to their rosters, one for each
// account, with the last error that each user was told. In memory, and in the Redis
// hash postern:session:contacts, so that a restart asks nobody again, and still
// knows whom to take leave of when an account went while it was away. Memory goes
// first: what was said to a user is not said again because Redis is away.
class PresenceContacts {
 public:
  struct Contact {
    std::string owner;       // bare JID
    std::string jid;         // that its presence comes from: NAME@domain/IMAP
    std::string told_error;  // a hash of it; empty for none
    int64_t told_unix = 0;

    std::string Bare() const { return jid.substr(0, jid.find('/')); }
  };

  explicit PresenceContacts(store::RedisClient& redis);

  net::Task<absl::Status> Load();
  const Contact* Find(absl::string_view account_id) const;  // nullptr: not introduced
  // How many contacts of this user were introduced; the root goes with the first.
  size_t CountOf(absl::string_view owner) const;
  std::vector<std::string> AccountIds() const;

  // Both take effect at once; an error only means that Redis does not know it yet,
  // and Keep() is to be called again.
  net::Task<absl::Status> Put(std::string account_id, Contact contact);
  net::Task<absl::Status> Remove(std::string account_id);
  // Writes to Redis what it does not know of this account.
  net::Task<absl::Status> Keep(std::string account_id);

 private:
  void Take(const store::Reply& page);

  store::RedisClient& redis_;
  absl::flat_hash_map<std::string, Contact> by_account_;
  absl::flat_hash_map<std::string, size_t> count_by_owner_;
  absl::flat_hash_set<std::string> unkept_;  // account ids that Redis has otherwise
};

}  // namespace postern::xmpp_edge
