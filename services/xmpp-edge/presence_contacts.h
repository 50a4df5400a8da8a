#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::xmpp_edge {

// The contacts that users have been asked to add to their rosters, one for each
// account, with the last error that each user was told. In memory, and in the Redis
// hash postern:session:contacts, so that a restart asks nobody again, and still
// knows whom to take leave of when an account went while it was away.
class PresenceContacts {
 public:
  struct Contact {
    std::string owner;       // bare JID
    std::string jid;         // NAME@domain
    std::string told_error;  // a hash of it; empty for none
    int64_t told_unix = 0;
  };

  explicit PresenceContacts(store::RedisClient& redis);

  net::Task<absl::Status> Load();
  const Contact* Find(absl::string_view account_id) const;  // nullptr: not introduced
  // How many contacts of this user were introduced; the root goes with the first.
  size_t CountOf(absl::string_view owner) const;
  std::vector<std::string> AccountIds() const;

  net::Task<absl::Status> Put(std::string account_id, Contact contact);
  net::Task<absl::Status> Remove(std::string account_id);

 private:
  store::RedisClient& redis_;
  absl::flat_hash_map<std::string, Contact> by_account_;
  absl::flat_hash_map<std::string, size_t> count_by_owner_;
};

}  // namespace postern::xmpp_edge
