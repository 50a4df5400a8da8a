#include "services/sender/delivery/mail_pause.h"

#include <chrono>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"

namespace postern::sender {
namespace {

// Now and then somebody has to look whether a mail became too old.
constexpr std::chrono::hours kPause{1};
constexpr std::chrono::seconds kRedisPause{1};

}  // namespace

net::Task<void> MailPause::UntilOwner(Account account, std::optional<Lease> lease) {
  const bool by_consent = !account.oauth2_provider.empty();
  words::Wording why =
      by_consent ? words::Word(
                       "this gateway has no access to the mailbox any more; sign in at its "
                       "provider again")
                 : words::Word("the password of the account is needed first; enter it");
  absl::Status s = co_await outbox_.Suspend(account.id, kPause, std::move(why), std::move(lease));
  log::Info("mail waits for its account's owner",
            {{"account", account.id}, {"error", s.message()}});
  if (!s.ok()) co_return;
  author_due_();
  if (!by_consent && !passwords_.NeededBy(account)) co_await End(account.id);
}

net::Task<int64_t> MailPause::End(std::string account_id) {
  for (;;) {
    auto resumed = co_await outbox_.ResumeAccount(account_id);
    if (resumed.ok() && *resumed > 0) mail_due_();
    if (resumed.ok()) co_return *resumed;
    if (!absl::IsUnavailable(resumed.status())) co_return 0;
    co_await net::Sleep(kRedisPause);
  }
}

}  // namespace postern::sender
