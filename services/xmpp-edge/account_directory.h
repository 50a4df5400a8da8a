#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "postern/admin/v1/admin.grpc.pb.h"

namespace postern::xmpp_edge {

// The bare JID of an account's contact: NAME@domain.
std::string ContactJid(const admin::v1::Account& account, absl::string_view domain);

// IMAP and POP3; the others send.
bool IsReceiving(admin::v1::AccountType type);

// Every account, as admin tells it, kept current by ListAccountChanges. Lookups
// are in memory. One user sees only what is theirs: every lookup names the owner.
class AccountDirectory {
 public:
  using Account = std::shared_ptr<const admin::v1::Account>;
  // before is null for a new account, after is null for a removed one.
  using Listener = std::function<void(Account before, Account after)>;

  explicit AccountDirectory(admin::v1::AdminService::StubInterface& admin);

  // Follows the changes until cancelled; mends itself while admin is away.
  net::Task<void> Follow();
  // True once all accounts are here.
  bool ready() const { return ready_; }

  Account Find(absl::string_view owner, absl::string_view name) const;  // null: none
  Account FindById(absl::string_view id) const;
  std::vector<Account> Of(absl::string_view owner) const;  // by name
  bool Has(absl::string_view owner) const { return ids_by_owner_.contains(owner); }
  // The account that sends for this user when none is named: the default one, else the only one.
  Account DefaultSmtp(absl::string_view owner) const;
  std::vector<std::string> Owners() const;

  // Called for each change after it is applied.
  void Listen(Listener listener);
  // Applies a change that this process itself has just made, ahead of the news of it.
  void Apply(admin::v1::Account account);
  void Forget(absl::string_view id);

 private:
  void Take(const admin::v1::ListAccountChangesResponse& changes);
  // Which accounts the listing that has just ended does not name.
  std::vector<std::string> Unlisted() const;
  void Tell(const Account& before, const Account& after);
  // False when nothing has changed; else what the listeners are to be told.
  bool Put(admin::v1::Account account, Account& before, Account& after);
  Account Remove(absl::string_view id);

  admin::v1::AdminService::StubInterface& admin_;
  bool ready_ = false;
  uint64_t revision_ = 0;
  bool listing_ = false;
  absl::flat_hash_set<std::string> listed_;  // by the pages of a listing so far
  // What this process has changed while admin was asked: the answer may be older.
  absl::flat_hash_set<std::string> own_news_;
  absl::flat_hash_map<std::string, Account> by_id_;
  absl::flat_hash_map<std::string, std::vector<std::string>> ids_by_owner_;
  std::vector<Listener> listeners_;
};

}  // namespace postern::xmpp_edge
