#include "services/fetcher/effects/sending_book.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace postern::fetcher {

namespace {

bool Sends(const Account& account) {
  return account.type == AccountType::kOther && account.enabled;
}

void AddAddress(const std::string& text, std::vector<std::string>& addresses) {
  const auto address = mail::ParseAddress(text);
  if (!address.ok()) return;
  std::string spec = address->Spec();
  const auto same = [&](const std::string& known) { return absl::EqualsIgnoreCase(known, spec); };
  if (absl::c_none_of(addresses, same)) addresses.push_back(std::move(spec));
}

SendingBook::Way WayBy(const Account& account) {
  SendingBook::Way way;
  way.account_id = account.id;
  if (auto from = mail::ParseAddress(account.default_from); from.ok()) way.from = *std::move(from);
  AddAddress(account.default_from, way.addresses);
  for (const std::string& identity : account.identities) AddAddress(identity, way.addresses);
  return way;
}

}  // namespace

void SendingBook::Put(const std::shared_ptr<const Account>& account) {
  Remove(account->id);
  by_id_.insert(account);
  by_owner_.insert(account);
}

void SendingBook::Remove(const std::string& account_id) {
  const auto known = by_id_.find(account_id);
  if (known == by_id_.end()) return;
  by_owner_.erase(*known);
  by_id_.erase(known);
}

std::optional<SendingBook::Way> SendingBook::For(const Account& mailbox) const {
  const Account* fallback = nullptr;
  for (const auto& account : OfOwner(mailbox.owner)) {
    if (!Sends(*account)) continue;
    // Only full addresses tell; "ann" may be somebody else elsewhere.
    const bool partner = absl::StrContains(mailbox.login, '@') &&
                         absl::EqualsIgnoreCase(account->login, mailbox.login);
    if (partner) return WayBy(*account);
    if (fallback == nullptr || account->default_account) fallback = account.get();
  }
  if (fallback == nullptr) return std::nullopt;
  return WayBy(*fallback);
}

std::vector<std::string> SendingBook::AddressesFor(const Account& mailbox) const {
  std::vector<std::string> addresses;
  if (absl::StrContains(mailbox.login, '@')) AddAddress(mailbox.login, addresses);
  if (const auto way = For(mailbox); way && !way->from.domain.empty()) {
    AddAddress(way->from.Spec(), addresses);
  }
  for (const auto& account : OfOwner(mailbox.owner)) {
    if (absl::StrContains(account->login, '@')) AddAddress(account->login, addresses);
    AddAddress(account->default_from, addresses);
    for (const std::string& identity : account->identities) AddAddress(identity, addresses);
  }
  return addresses;
}

}  // namespace postern::fetcher
