#include "services/fetcher/login_delays.h"

#include "services/fetcher/mailbox_sync.h"

namespace postern::fetcher {

void LoginDelays::Note(const Account& account, std::chrono::seconds delay, Clock::time_point now) {
  if (account.type != AccountType::kPop3 || delay <= std::chrono::seconds(0)) return;
  if (next_.size() >= kMost) {
    absl::erase_if(next_, [now](const auto& item) { return item.second <= now; });
  }
  if (next_.size() >= kMost) return;
  // The server began to count when it took the login, and in whole seconds.
  next_[Pop3MailboxIdentity(account.host, account.login)] = now + delay + std::chrono::seconds(1);
}

std::chrono::milliseconds LoginDelays::Left(const Account& account, Clock::time_point now) const {
  if (account.type != AccountType::kPop3 || next_.empty()) return {};
  const auto found = next_.find(Pop3MailboxIdentity(account.host, account.login));
  if (found == next_.end() || found->second <= now) return {};
  return std::chrono::ceil<std::chrono::milliseconds>(found->second - now);
}

}  // namespace postern::fetcher
