#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/admin/audit_log.h"
#include "services/admin/feed_cursor.h"

namespace postern::admin {

// All accounts of one user, as they stood at one moment.
struct OwnerAccounts {
  std::string owner;
  std::string revision;               // changes whenever an account of theirs does
  std::vector<v1::Account> accounts;  // by name
};

// A change of one user's accounts; done wholly, or not at all.
struct OwnerEdit {
  std::string owner;
  std::string seen_revision;     // of the OwnerAccounts that it was planned on
  bool creates = false;          // counts against the site's quota
  std::vector<v1::Account> put;  // without health: that stays as it is
  std::vector<v1::Account> removed;
  AuditEntry audit;  // without an action: nothing worth an entry
};

struct ChangesPage {
  FeedCursor next;
  bool snapshot = false;  // a listing begins with this page
  bool more = false;      // it did not all fit
  std::vector<v1::Account> changed;
  std::vector<std::string> removed_ids;
};

// The accounts in Redis; account_scripts.h says how they lie there. Several
// replicas may use them at once: a change is planned on what was read, and
// committed only if that is still so.
class AccountStore {
 public:
  struct Limits {
    int accounts = 100'000;
    int removals_kept = 20'000;
    int page_accounts = 4'000;
    size_t page_bytes = 6 * 1024 * 1024;  // below rpc::kMaxMessageBytes
  };

  AccountStore(store::RedisClient& redis, Limits limits) : redis_(redis), limits_(limits) {}

  net::Task<absl::StatusOr<OwnerAccounts>> ReadOwner(std::string owner);
  // kNotFound.
  net::Task<absl::StatusOr<v1::Account>> Read(std::string id);
  // Answers the feed's new revision. kAborted: the owner's accounts are not what
  // was read, plan anew. kResourceExhausted, with a wording: the site is full. An edit that
  // leaves the owner without accounts makes a note of it (DepartureNotes); kFailedPrecondition:
  // it creates one while there is a note.
  net::Task<absl::StatusOr<uint64_t>> Commit(OwnerEdit edit);
  // Answers the feed's revision, a new one when it is news. kAborted as above.
  net::Task<absl::StatusOr<uint64_t>> WriteHealth(std::string id, v1::Health before,
                                                  v1::Health after);

  net::Task<absl::StatusOr<ChangesPage>> ReadChanges(FeedCursor since);
  net::Task<absl::StatusOr<uint64_t>> ReadRevision();
  // Every user, with the time of their first account.
  net::Task<absl::StatusOr<absl::flat_hash_map<std::string, int64_t>>> ReadUsers();

 private:
  ChangesPage MakePage(FeedCursor since, const store::Reply& reply) const;

  store::RedisClient& redis_;
  Limits limits_;
};

}  // namespace postern::admin
