#include "services/fetcher/mail_desk.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "services/fetcher/account_password.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::seconds kListLimit{20};
constexpr std::chrono::seconds kReadLimit{35};

}  // namespace

net::Task<MailDesk::Begun> MailDesk::Begin(const Account& account,
                                           std::optional<Failure>& failure) {
  auto password = PasswordOf(account, parts_.secrets, parts_.passwords);
  if (!password.ok()) co_return password.status();
  co_return co_await BeginVisit(parts_, account, *std::move(password), failure);
}

net::Task<absl::StatusOr<MailPage>> MailDesk::ListNow(const Account& account, std::string before_id,
                                                      size_t limit,
                                                      std::optional<Failure>& failure) {
  auto visit = co_await Begin(account, failure);
  if (!visit.ok()) co_return visit.status();
  auto page = co_await (*visit)->ListMails(std::move(before_id), limit);
  failure = (*visit)->failure();
  co_return page;
}

net::Task<absl::StatusOr<std::vector<FoundMail>>> MailDesk::ReadNow(
    const Account& account, std::vector<std::string> ids, std::optional<Failure>& failure) {
  auto visit = co_await Begin(account, failure);
  if (!visit.ok()) co_return visit.status();
  auto mails = co_await (*visit)->ReadMails(std::move(ids));
  failure = (*visit)->failure();
  co_return mails;
}

net::Task<absl::StatusOr<MailPage>> MailDesk::List(std::shared_ptr<const Account> account,
                                                   std::string before_id, size_t limit) {
  auto pass = limits_.Enter(account->id);
  if (!pass.ok()) co_return pass.status();
  std::optional<Failure> failure;
  auto page = co_await net::WithDeadline(kListLimit,
                                         ListNow(*account, std::move(before_id), limit, failure));
  if (!page.ok()) co_return VisitError(*account, page.status(), failure);
  co_return page;
}

net::Task<absl::StatusOr<std::vector<FoundMail>>> MailDesk::Read(
    std::shared_ptr<const Account> account, std::vector<std::string> ids) {
  auto pass = limits_.Enter(account->id);
  if (!pass.ok()) co_return pass.status();
  std::optional<Failure> failure;
  auto mails = co_await net::WithDeadline(kReadLimit, ReadNow(*account, std::move(ids), failure));
  if (!mails.ok()) co_return VisitError(*account, mails.status(), failure);
  co_return mails;
}

}  // namespace postern::fetcher
