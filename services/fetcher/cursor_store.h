#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "services/fetcher/known_mails.h"
#include "services/fetcher/mailbox_sync.h"

namespace postern::fetcher {

// The right to watch an account, until it is lost or given back.
struct Lease {
  std::string account_id;
  uint64_t token = 0;            // higher with every holder: the fence
  std::optional<Cursor> cursor;  // as it stood when the lease was taken
};

// Who watches an account, and how far its mailbox is dealt with. In Redis:
//   postern:lease:{ID}   "TOKEN OWNER", gone after kLeaseMs without a renewal
//   postern:cursor:{ID}  hash: fence, mailbox; IMAP uid_validity, last_uid; POP3 newest
//   postern:cursor:{ID}:known  POP3: the keys of the mails dealt with, 8 bytes each
// The highest token ever given is kept beside the cursor and checked in the
// script that writes it: who lost the lease, paused or cut off, writes nothing.
class CursorStore {
 public:
  static constexpr int kLeaseMs = 15'000;

  // `owner` names this process; what it holds already it may take again.
  CursorStore(store::RedisClient& redis, std::string owner);

  // Nothing when another process holds the lease.
  net::Task<absl::StatusOr<std::optional<Lease>>> Take(std::string account_id);
  // False when the lease is lost.
  net::Task<absl::StatusOr<bool>> Renew(Lease lease);
  // kAborted when the lease is lost. The cursor never moves back under one UIDVALIDITY
  // of one mailbox.
  net::Task<absl::Status> Advance(Lease lease, Cursor cursor);
  // What is known of a POP3 mailbox; nothing before its first sight.
  net::Task<absl::StatusOr<std::optional<KnownMails>>> ReadKnown(std::string account_id);
  // This is known, and nothing else. kAborted when the lease is lost.
  net::Task<absl::Status> SetKnown(Lease lease, KnownMails known);
  // These mails of the same mailbox are known as well; repeating it is harmless. `newest_unix`
  // counts only when it is later than what is there. kAborted when the lease is lost.
  net::Task<absl::Status> AddKnown(Lease lease, KnownMails more);
  // Lets another process take it at once.
  net::Task<absl::Status> Release(Lease lease);
  // Removes all there is of an account that is gone.
  net::Task<absl::Status> Forget(std::string account_id);

 private:
  std::string Holder(const Lease& lease) const;
  net::Task<absl::Status> WriteKnown(const store::Script& script, Lease lease, KnownMails known);

  store::RedisClient& redis_;
  const std::string owner_;
};

}  // namespace postern::fetcher
