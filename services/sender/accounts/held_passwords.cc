#include "services/sender/accounts/held_passwords.h"

#include <utility>

namespace postern::sender {

namespace {

bool StoresNone(const Account& account) {
  return !account.by_site_relay && account.oauth2_provider.empty() && !account.login.empty() &&
         account.sealed_password.empty();
}

}  // namespace

bool HeldPasswords::NeededBy(const Account& account) {
  return StoresNone(account) && !keeper_.Holds(account.id);
}

bool HeldPasswords::Holds(const Account& account) {
  return StoresNone(account) && keeper_.Holds(account.id);
}

void HeldPasswords::Hold(const Account& account, crypto::Secret password) {
  keeper_.Hold(account.id, account.owner, std::move(password));
  held_.insert(account.id);
}

void HeldPasswords::Refused(const std::string& account_id, const crypto::Secret& password) {
  if (keeper_.Find(account_id).Reveal() == password.Reveal()) Forget(account_id);
}

void HeldPasswords::Forget(const std::string& account_id) {
  keeper_.Forget(account_id);
  held_.erase(account_id);
}

std::vector<std::string> HeldPasswords::Retain(const absl::flat_hash_set<std::string>& users) {
  keeper_.Retain(users);
  return Gone();
}

std::vector<std::string> HeldPasswords::WipeUntrusted() {
  keeper_.WipeUntrusted();
  return Gone();
}

std::vector<std::string> HeldPasswords::Gone() {
  std::vector<std::string> gone;
  for (const std::string& id : held_) {
    if (!keeper_.Holds(id)) gone.push_back(id);
  }
  for (const std::string& id : gone) held_.erase(id);
  return gone;
}

}  // namespace postern::sender
