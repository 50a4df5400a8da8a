#include "lib/crypto/password_keeper.h"

#include <utility>

namespace postern::crypto {

PasswordKeeper::PasswordKeeper(std::function<Clock::time_point()> now)
    : now_(std::move(now)), heard_(now_()) {}

void PasswordKeeper::Hold(const std::string& account_id, const std::string& owner,
                          Secret password) {
  WipeUntrusted();
  // Who gives a password is there: nothing older is kept alive by that, for all older
  // ones would be gone by now.
  if (by_account_.empty()) heard_ = now_();
  by_account_[account_id] = Held{owner, std::move(password)};
}

Secret PasswordKeeper::Find(absl::string_view account_id) {
  WipeUntrusted();
  const auto found = by_account_.find(account_id);
  return found == by_account_.end() ? Secret() : found->second.password;
}

bool PasswordKeeper::Holds(absl::string_view account_id) {
  WipeUntrusted();
  return by_account_.contains(account_id);
}

void PasswordKeeper::Forget(absl::string_view account_id) { by_account_.erase(account_id); }

void PasswordKeeper::Retain(const absl::flat_hash_set<std::string>& users) {
  WipeUntrusted();
  heard_ = now_();
  absl::erase_if(by_account_, [&](const auto& item) { return !users.contains(item.second.owner); });
}

void PasswordKeeper::WipeUntrusted() {
  if (now_() - heard_ > kTrust) by_account_.clear();
}

}  // namespace postern::crypto
