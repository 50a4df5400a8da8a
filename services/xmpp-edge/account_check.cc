#include "services/xmpp-edge/account_check.h"

#include <chrono>
#include <utility>

#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/texts/commands.h"

namespace postern::xmpp_edge {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

std::string SentenceOf(const absl::Status& checked, const std::string& name, const Words& words) {
  if (checked.ok()) return texts::BeingChecked(words, name);
  if (words::WordingOf(checked)) return texts::OfAccount(words, name, words.Say(checked));
  if (absl::IsResourceExhausted(checked)) return texts::CheckedJustNow(words, name);
  if (absl::IsNotFound(checked)) return texts::NotWatched(words, name);
  log::Info("account not checked", {{"why", checked.message()}});
  return texts::NotChecked(words, name);
}

}  // namespace

std::vector<AccountDirectory::Account> MailboxesOf(const FeatureContext& context,
                                                   const std::string& user) {
  std::vector<AccountDirectory::Account> accounts;
  for (AccountDirectory::Account& account : context.directory.Of(user)) {
    if (account->type() == admin::v1::ACCOUNT_TYPE_IMAP ||
        account->type() == admin::v1::ACCOUNT_TYPE_POP3) {
      accounts.push_back(std::move(account));
    }
  }
  return accounts;
}

net::Task<std::vector<std::string>> CheckNow(FeatureContext context,
                                             std::vector<AccountDirectory::Account> accounts,
                                             const Words& words) {
  std::vector<std::string> sentences;
  bool away = false;  // the fetcher: one wait is enough
  for (const AccountDirectory::Account& account : accounts) {
    if (!account->enabled()) {
      sentences.push_back(texts::NotEnabled(words, account->name()));
      continue;
    }
    absl::Status checked = absl::UnavailableError("");
    if (!away) {
      fetcher::v1::CheckAccountRequest request;
      request.set_account_id(account->id());
      auto answer = co_await rpc::Call(
          context.fetcher.async(),
          &fetcher::v1::FetcherService::StubInterface::async_interface::CheckAccount,
          std::move(request), kPatience);
      checked = answer.status();
      away = absl::IsUnavailable(checked) || absl::IsDeadlineExceeded(checked);
    }
    sentences.push_back(SentenceOf(checked, account->name(), words));
  }
  co_return sentences;
}

}  // namespace postern::xmpp_edge
