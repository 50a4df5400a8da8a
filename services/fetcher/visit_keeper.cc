#include "services/fetcher/visit_keeper.h"

#include <algorithm>
#include <utility>

#include "lib/net/deadline.h"
#include "services/fetcher/account_password.h"

namespace postern::fetcher {

namespace {

// A server that doesn't say so much at once is asked anew.
constexpr std::chrono::seconds kSignOfLife{5};

}  // namespace

VisitKeeper::VisitKeeper(std::function<Clock::time_point()> now) : now_(std::move(now)) {}

std::optional<OpenVisit> VisitKeeper::Take(const Account& account) {
  const auto found = kept_.find(account.id);
  if (found == kept_.end()) return std::nullopt;
  Kept kept = std::move(found->second);
  kept_.erase(found);
  const bool fresh = now_() - kept.at < kKeep;
  const bool same = kept.open.account->settings_revision == account.settings_revision;
  if (!fresh || !same) return std::nullopt;
  return std::move(kept.open);
}

void VisitKeeper::Put(OpenVisit visit) {
  const std::string id = visit.account->id;
  kept_.erase(id);
  CloseOld();
  if (kept_.size() >= kMost) {
    kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return a.second.at < b.second.at;
    }));
  }
  Kept kept{std::move(visit), now_()};
  kept_.emplace(id, std::move(kept));
}

void VisitKeeper::Forget(const std::string& account_id) { kept_.erase(account_id); }

void VisitKeeper::PasswordsWiped(crypto::PasswordKeeper& passwords) {
  absl::erase_if(kept_, [&passwords](const auto& item) {
    const Account& account = *item.second.open.account;
    return account.sealed_password.empty() && !UsesTokens(account) && !passwords.Holds(account.id);
  });
}

void VisitKeeper::CloseOld() {
  absl::erase_if(kept_, [this](const auto& item) { return now_() - item.second.at >= kKeep; });
}

net::Task<absl::StatusOr<OpenVisit>> Enter(const VisitParts& parts,
                                           std::shared_ptr<const Account> account,
                                           std::optional<Failure>& failure) {
  // First: without them nobody may, though a connection is kept.
  auto credentials = co_await CredentialsOf(*account, parts.secrets, parts.passwords, parts.tokens);
  if (!credentials.ok()) co_return credentials.status();
  std::optional<OpenVisit> kept;
  if (parts.kept != nullptr) kept = parts.kept->Take(*account);
  if (kept) {
    absl::Status alive = co_await net::WithDeadline(kSignOfLife, kept->visit->CheckConnection());
    if (alive.ok()) co_return *std::move(kept);
  }
  auto visit = co_await BeginVisit(parts, *account, *std::move(credentials), failure);
  if (!visit.ok()) co_return visit.status();
  OpenVisit open{std::move(account), *std::move(visit)};
  co_return std::move(open);
}

net::Task<void> Leave(const VisitParts& parts, OpenVisit open) {
  if (open.account->type == AccountType::kImap && parts.kept != nullptr) {
    parts.kept->Put(std::move(open));
    co_return;
  }
  co_await open.visit->Leave();
}

}  // namespace postern::fetcher
