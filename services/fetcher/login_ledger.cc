#include "services/fetcher/login_ledger.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/fetcher/imap/quirks.h"

namespace postern::fetcher {

LoginLedger::Place& LoginLedger::Place::operator=(Place&& other) noexcept {
  if (this == &other) return *this;
  Leave();
  ledger_ = std::exchange(other.ledger_, nullptr);
  key_ = std::move(other.key_);
  return *this;
}

void LoginLedger::Place::Leave() {
  LoginLedger* const ledger = std::exchange(ledger_, nullptr);
  if (ledger == nullptr) return;
  const auto found = ledger->connected_.find(key_);
  if (--found->second == 0) ledger->connected_.erase(found);
}

std::optional<LoginLedger::Place> LoginLedger::Take(const Account& account) {
  if (account.type != AccountType::kImap) return Place();
  // By the host alone: nothing was said yet.
  const int most = imap::QuirksOf(account.host, {}, "").most_connections;
  if (most == 0) return Place();
  std::string key = absl::StrCat(absl::AsciiStrToLower(account.host), " ", account.login);
  size_t& connected = connected_[key];
  if (connected >= static_cast<size_t>(std::max(1, most / 2))) return std::nullopt;
  ++connected;
  return Place(this, std::move(key));
}

}  // namespace postern::fetcher
