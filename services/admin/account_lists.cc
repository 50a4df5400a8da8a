// What Accounts tells of all users and accounts, or of some.

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "services/admin/account_name.h"
#include "services/admin/accounts.h"
#include "services/admin/bare_jid.h"

namespace postern::admin {

net::Task<absl::StatusOr<std::vector<v1::Account>>> Accounts::List(
    v1::ListAccountsRequest request) {
  // OWNER/NAME: neither of them holds a slash.
  const size_t slash = request.account().rfind('/');
  const bool by_name = slash != std::string::npos;
  const bool by_id = !by_name && !request.account().empty();
  std::string owner = by_name ? request.account().substr(0, slash) : request.owner();
  std::vector<v1::Account> found;
  if (by_id) {
    auto account = co_await store_.Read(request.account());
    if (!account.ok() && !absl::IsNotFound(account.status())) co_return account.status();
    if (account.ok()) found.push_back(*std::move(account));
  } else if (!owner.empty()) {
    auto jid = NormalizeBareJid("owner", owner);
    if (!jid.ok()) co_return jid.status();
    auto accounts = co_await store_.ReadOwner(*jid);
    if (!accounts.ok()) co_return accounts.status();
    found = std::move(accounts->accounts);
  } else {
    auto all = co_await ReadAll();
    if (!all.ok()) co_return all.status();
    found = *std::move(all);
  }
  if (by_name) {
    auto name = NormalizeAccountName(request.account().substr(slash + 1));
    if (!name.ok()) co_return name.status();
    std::erase_if(found, [&](const auto& account) { return account.name() != *name; });
  }
  if (!request.owner().empty()) {
    const std::string asked = absl::AsciiStrToLower(request.owner());
    std::erase_if(found, [&](const auto& account) { return account.owner() != asked; });
  }
  if (!request.account().empty() && found.empty()) {
    co_return absl::NotFoundError("there is no such account");
  }
  for (v1::Account& account : found) account.clear_sealed_password();
  co_return found;
}

net::Task<absl::StatusOr<std::vector<v1::Account>>> Accounts::ReadAll() {
  absl::flat_hash_map<std::string, v1::Account> by_id;
  FeedCursor cursor;
  do {
    auto page = co_await store_.ReadChanges(cursor);
    if (!page.ok()) co_return page.status();
    if (page->snapshot) by_id.clear();
    for (v1::Account& account : page->changed) by_id[account.id()] = std::move(account);
    for (const std::string& id : page->removed_ids) by_id.erase(id);
    cursor = page->next;
  } while (cursor.listing);
  std::vector<v1::Account> all;
  all.reserve(by_id.size());
  for (auto& [id, account] : by_id) all.push_back(std::move(account));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.owner(), a.name()) < std::tie(b.owner(), b.name());
  });
  co_return all;
}

net::Task<absl::StatusOr<std::vector<v1::User>>> Accounts::ListUsers() {
  auto created = co_await store_.ReadUsers();
  if (!created.ok()) co_return created.status();
  auto accounts = co_await ReadAll();
  if (!accounts.ok()) co_return accounts.status();
  std::vector<v1::User> users;
  for (const v1::Account& account : *accounts) {  // sorted by owner
    if (users.empty() || users.back().jid() != account.owner()) {
      v1::User& user = users.emplace_back();
      user.set_jid(account.owner());
      const auto since = created->find(account.owner());
      user.set_created_unix(since != created->end() ? since->second : account.created_unix());
    }
    users.back().set_accounts(users.back().accounts() + 1);
    if (account.health().state() == v1::HEALTH_STATE_ERROR) {
      users.back().set_accounts_in_error(users.back().accounts_in_error() + 1);
    }
  }
  co_return users;
}

}  // namespace postern::admin
