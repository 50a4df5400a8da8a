#include "services/xmpp-edge/account_directory.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/jid_escaping.h"

namespace postern::xmpp_edge {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint32_t kPollMs = 25'000;
constexpr seconds kPollDeadline(35);
constexpr milliseconds kFirstPause(200);
constexpr milliseconds kLongestPause(5'000);

bool Same(const admin::v1::Account& a, const admin::v1::Account& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

}  // namespace

std::string ContactJid(const admin::v1::Account& account, absl::string_view domain) {
  return absl::StrCat(EscapeLocalpart(absl::AsciiStrToLower(account.name())), "@", domain);
}

bool IsReceiving(admin::v1::AccountType type) {
  return type == admin::v1::ACCOUNT_TYPE_IMAP || type == admin::v1::ACCOUNT_TYPE_POP3;
}

AccountDirectory::AccountDirectory(admin::v1::AdminService::StubInterface& admin) : admin_(admin) {}

net::Task<void> AccountDirectory::Follow() {
  milliseconds pause = kFirstPause;
  while (true) {
    admin::v1::ListAccountChangesRequest request;
    request.set_since_revision(revision_);
    request.set_wait_ms(ready_ ? kPollMs : 0);
    if (!listing_) own_news_.clear();
    auto changes = co_await rpc::Call(
        admin_.async(),
        &admin::v1::AdminService::StubInterface::async_interface::ListAccountChanges,
        std::move(request), kPollDeadline);
    if (changes.ok()) {
      Take(*changes);
      pause = kFirstPause;
      continue;
    }
    log::Warn("accounts can't be read from admin; will ask again",
              {{"error", changes.status().message()}});
    co_await net::Sleep(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

void AccountDirectory::Take(const admin::v1::ListAccountChangesResponse& changes) {
  if (changes.snapshot()) {
    listing_ = true;
    listed_.clear();
  }
  std::vector<std::string> gone(changes.removed_ids().begin(), changes.removed_ids().end());
  for (const std::string& id : gone) listed_.erase(id);
  // All of it is applied before anyone is told: a listener sees the new state.
  std::vector<std::pair<Account, Account>> news;
  for (const admin::v1::Account& account : changes.changed()) {
    if (listing_) listed_.insert(account.id());
    const bool forgotten = own_news_.contains(account.id()) && !by_id_.contains(account.id());
    if (forgotten) continue;
    Account before, after;
    if (Put(account, before, after)) news.emplace_back(before, after);
  }
  // An account that is on no page yet may be on the next; to take leave of it
  // would be told to a real user.
  if (listing_ && !changes.more()) {
    for (std::string& id : Unlisted()) gone.push_back(std::move(id));
    listing_ = false;
    listed_ = {};
  }
  for (const std::string& id : gone) {
    if (Account before = Remove(id)) news.emplace_back(before, nullptr);
  }
  revision_ = changes.revision();
  if (!listing_) ready_ = true;
  for (const auto& [before, after] : news) Tell(before, after);
}

std::vector<std::string> AccountDirectory::Unlisted() const {
  std::vector<std::string> ids;
  for (const auto& [id, account] : by_id_) {
    if (!listed_.contains(id) && !own_news_.contains(id)) ids.push_back(id);
  }
  return ids;
}

AccountDirectory::Account AccountDirectory::Find(absl::string_view owner,
                                                 absl::string_view name) const {
  // Servers send localparts in lower case, whatever the user typed into the form.
  for (const Account& account : Of(owner)) {
    if (absl::EqualsIgnoreCase(account->name(), name)) return account;
  }
  return nullptr;
}

AccountDirectory::Account AccountDirectory::FindById(absl::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<AccountDirectory::Account> AccountDirectory::Of(absl::string_view owner) const {
  std::vector<Account> accounts;
  const auto ids = ids_by_owner_.find(owner);
  if (ids == ids_by_owner_.end()) return accounts;
  for (const std::string& id : ids->second) accounts.push_back(by_id_.at(id));
  std::sort(accounts.begin(), accounts.end(),
            [](const Account& a, const Account& b) { return a->name() < b->name(); });
  return accounts;
}

AccountDirectory::Account AccountDirectory::DefaultSmtp(absl::string_view owner) const {
  std::vector<Account> senders;
  for (Account& account : Of(owner)) {
    if (!IsReceiving(account->type())) senders.push_back(std::move(account));
  }
  for (const Account& account : senders) {
    if (account->default_account()) return account;
  }
  return senders.size() == 1 ? senders.front() : nullptr;
}

std::vector<std::string> AccountDirectory::Owners() const {
  std::vector<std::string> owners;
  for (const auto& [owner, ids] : ids_by_owner_) owners.push_back(owner);
  return owners;
}

void AccountDirectory::Listen(Listener listener) { listeners_.push_back(std::move(listener)); }

void AccountDirectory::Apply(admin::v1::Account account) {
  std::vector<admin::v1::Account> changed;
  // Of two defaults, the news of which has not come yet, the older one would be taken.
  if (account.default_account()) {
    for (const Account& other : Of(account.owner())) {
      if (other->id() == account.id() || !other->default_account()) continue;
      changed.push_back(*other);
      changed.back().set_default_account(false);
    }
  }
  changed.push_back(std::move(account));
  for (admin::v1::Account& one : changed) {
    own_news_.insert(one.id());
    Account before, after;
    if (Put(std::move(one), before, after)) Tell(before, after);
  }
}

void AccountDirectory::Forget(absl::string_view id) {
  own_news_.insert(std::string(id));
  if (Account before = Remove(id)) Tell(before, nullptr);
}

bool AccountDirectory::Put(admin::v1::Account account, Account& before, Account& after) {
  account.clear_sealed_password();  // the edge has no use for it
  const std::string id = account.id();
  before = FindById(id);
  if (before != nullptr && Same(*before, account)) return false;
  if (before != nullptr && before->owner() != account.owner()) Remove(id);
  if (!by_id_.contains(id)) ids_by_owner_[account.owner()].push_back(id);
  after = std::make_shared<const admin::v1::Account>(std::move(account));
  by_id_[id] = after;
  return true;
}

AccountDirectory::Account AccountDirectory::Remove(absl::string_view id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  Account account = found->second;
  std::vector<std::string>& ids = ids_by_owner_[account->owner()];
  ids.erase(std::remove(ids.begin(), ids.end(), account->id()), ids.end());
  if (ids.empty()) ids_by_owner_.erase(account->owner());
  by_id_.erase(found);
  return account;
}

void AccountDirectory::Tell(const Account& before, const Account& after) {
  for (const Listener& listener : listeners_) listener(before, after);
}

}  // namespace postern::xmpp_edge
