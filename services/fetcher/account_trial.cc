#include "services/fetcher/account_trial.h"

#include <chrono>
#include <memory>
#include <utility>

#include "lib/mail/utf8.h"
#include "lib/net/deadline.h"
#include "services/fetcher/account_password.h"
#include "services/fetcher/similar_mailbox.h"

namespace postern::fetcher {

namespace {

using words::Word;

constexpr std::chrono::seconds kLimit{18};  // 20 s with the good-bye, and the way there and back

TrialResult Problem(words::Wording wording, absl::string_view field) {
  return TrialResult{std::move(wording), std::string(field)};
}

}  // namespace

net::Task<absl::StatusOr<TrialResult>> AccountTrial::Try(Account account, crypto::Secret password) {
  if (account.host.empty() || mail::HasControls(account.host)) {
    co_return Problem(Word("this is no host name"), "host");
  }
  auto pass = limits_.Enter(account.owner);
  if (!pass.ok()) co_return pass.status();
  auto credentials = co_await CredentialsFor(account, std::move(password));
  if (!credentials.ok()) {
    const auto wording = words::WordingOf(credentials.status());
    co_return Problem(wording.value_or(words::Wording()), UsesTokens(account) ? "" : "password");
  }
  std::optional<Failure> failure;
  std::unique_ptr<MailboxVisit> visit;
  absl::Status status =
      co_await net::WithDeadline(kLimit, TryNow(account, *std::move(credentials), visit, failure));
  // The watcher comes next, and would find the mailbox locked.
  const bool answered = status.ok() || absl::IsFailedPrecondition(status);
  if (visit && answered) co_await visit->Leave();
  if (status.ok()) co_return TrialResult();
  if (!failure) {
    failure.emplace();
    failure->status = status;
  }
  co_return Problem(FailureWording(account, *failure), FieldToBlame(*failure));
}

net::Task<absl::StatusOr<sasl::Credentials>> AccountTrial::CredentialsFor(const Account& account,
                                                                          crypto::Secret password) {
  if (!password.empty()) co_return WithPassword(account, std::move(password));
  auto known = CredentialsOf(account, parts_.secrets, parts_.passwords, parts_.tokens);
  // The provider may have to be asked for a token.
  co_return co_await net::WithDeadline(kLimit, std::move(known));
}

net::Task<absl::Status> AccountTrial::TryNow(const Account& account, sasl::Credentials credentials,
                                             std::unique_ptr<MailboxVisit>& visit,
                                             std::optional<Failure>& failure) {
  auto begun = co_await BeginVisit(parts_, account, std::move(credentials), failure);
  if (!begun.ok()) co_return begun.status();
  visit = *std::move(begun);
  co_return co_await OpenMailbox(account, *visit, failure);
}

// A mailbox that is missing may only be spelt in another way.
net::Task<absl::Status> AccountTrial::OpenMailbox(const Account& account, MailboxVisit& visit,
                                                  std::optional<Failure>& failure) {
  absl::Status opened = co_await visit.OpenMailbox();
  if (opened.ok()) co_return opened;
  failure = visit.failure();
  if (!absl::IsFailedPrecondition(opened)) co_return opened;
  auto tree = co_await visit.ListFolders();
  if (!tree.ok()) co_return opened;
  const auto similar = SimilarMailbox(account.mailbox, tree->Mailboxes());
  if (!similar || *similar == account.mailbox) co_return opened;
  const words::Wording wording = Word("$0 has no mailbox \"$1\"; did you mean \"$2\"?",
                                      account.host, mail::CleanLine(account.mailbox), *similar);
  failure->status = words::Error(absl::StatusCode::kFailedPrecondition, wording);
  co_return opened;
}

}  // namespace postern::fetcher
