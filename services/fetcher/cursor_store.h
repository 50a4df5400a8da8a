#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "services/fetcher/delivered_mails.h"
#include "services/fetcher/known_mails.h"
#include "services/fetcher/mailbox_sync.h"

namespace postern::fetcher {

// The right to watch an account, until a higher token is put down for it.
struct Lease {
  std::string account_id;
  uint64_t token = 0;            // that of the account's slot: the fence
  std::optional<Cursor> cursor;  // as it stood when the lease was taken
  bool has_further = false;      // cursors of mailboxes beside it are stored
  bool has_held = false;         // mails are held (effects/held_mails.h)
};

// The key of an account's cursor, and those of what ReadDelivered and TakeFurther read.
std::string CursorKey(absl::string_view account_id);
std::string DeliveredKey(absl::string_view account_id);
std::string FurtherKey(absl::string_view account_id);
std::string HeldKey(absl::string_view account_id);   // effects/held_mails.h
std::string BegunKey(absl::string_view account_id);  // effects/filing_log.h

// How far each account's mailbox is dealt with. In Redis:
//   postern:cursor:{ID}  hash: fence, mailbox; IMAP uid_validity, last_uid; POP3 newest
//   postern:cursor:{ID}:further  hash: of the mailboxes beside it, "UIDVALIDITY UID" by identity
//   postern:cursor:{ID}:known  POP3: the keys of the mails dealt with, 8 bytes each
//   postern:cursor:{ID}:held, :begun  what rules did: effects/held_mails.h, effects/filing_log.h
//   postern:cursor:{ID}:delivered  POP3: those that were handed on, and when, 12 bytes each
// The highest token ever taken with is kept beside the cursor and checked in the script
// that writes it: who lost the account's slot, paused or cut off, writes nothing.
class CursorStore {
 public:
  // `may_write` says whether this process may still take its slots for its own; without it,
  // it may always.
  explicit CursorStore(store::RedisClient& redis, std::function<bool()> may_write = {});

  // Puts `token` down as the fence. kAborted when a higher one was there; the same may be
  // taken with again by the fetcher that has the slot.
  net::Task<absl::StatusOr<Lease>> Take(std::string account_id, uint64_t token);
  // kAborted when the lease is lost. The cursor never moves back under one UIDVALIDITY
  // of one mailbox.
  net::Task<absl::Status> Advance(Lease lease, Cursor cursor);
  // The cursors of the mailboxes beside it; those of others than these identities are removed:
  // who is watched again later begins at its end. kAborted when the lease is lost. In
  // further_cursors.cc, as is the next.
  net::Task<absl::StatusOr<std::vector<Cursor>>> TakeFurther(Lease lease,
                                                             std::vector<std::string> identities);
  // As Advance, for one of them.
  net::Task<absl::Status> AdvanceFurther(Lease lease, Cursor cursor);
  // What is known of a POP3 mailbox; nothing before its first sight.
  net::Task<absl::StatusOr<std::optional<KnownMails>>> ReadKnown(std::string account_id);
  // This is known, and nothing else. kAborted when the lease is lost.
  net::Task<absl::Status> SetKnown(Lease lease, KnownMails known);
  // These mails of the same mailbox are known as well; repeating it is harmless. `newest_unix`
  // counts only when it is later than what is there. kAborted when the lease is lost.
  net::Task<absl::Status> AddKnown(Lease lease, KnownMails more);
  // Which mails of a POP3 mailbox were handed on, and when; in delivered_store.cc.
  net::Task<absl::StatusOr<std::vector<DeliveredMail>>> ReadDelivered(std::string account_id);
  // These as well. kAborted when the lease is lost.
  net::Task<absl::Status> AddDelivered(Lease lease, std::vector<DeliveredMail> mails);
  // These, and no others. kAborted when the lease is lost.
  net::Task<absl::Status> SetDelivered(Lease lease, std::vector<DeliveredMail> mails);
  // Before something that can't be undone. kAborted when the lease is lost.
  net::Task<absl::Status> Check(Lease lease);
  // Removes all there is of an account that is gone.
  net::Task<absl::Status> Forget(std::string account_id);

 private:
  net::Task<absl::Status> Write(const store::Script& script, std::vector<std::string> keys,
                                std::vector<std::string> args);
  net::Task<absl::Status> WriteKnown(const store::Script& script, Lease lease, KnownMails known);

  store::RedisClient& redis_;
  const std::function<bool()> may_write_;
};

}  // namespace postern::fetcher
