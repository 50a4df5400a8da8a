#include "services/fetcher/mail_desk.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "services/fetcher/account_password.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::seconds kListLimit{20};
constexpr std::chrono::seconds kReadLimit{35};
// Connections to read some mails: after one that broke at a mail, its header is tried, and
// then those behind it.
constexpr int kMaxVisits = 3;

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
  if (page.ok()) co_await (*visit)->Leave();
  co_return page;
}

net::Task<absl::Status> MailDesk::ReadNow(const Account& account, Reading& reading,
                                          std::optional<Failure>& failure) {
  absl::Status read;
  for (int visits = 0; visits < kMaxVisits && !reading.Done(); ++visits) {
    auto visit = co_await Begin(account, failure);
    if (!visit.ok()) co_return visit.status();
    read = co_await (*visit)->ReadMails(reading);
    failure = (*visit)->failure();
    if (read.ok()) co_await (*visit)->Leave();
    const bool broke_at_a_mail = !read.ok() && reading.depth() != Depth::kAll;
    if (!broke_at_a_mail) break;
  }
  co_return read;
}

net::Task<absl::StatusOr<MailPage>> MailDesk::List(std::shared_ptr<const Account> account,
                                                   std::string before_id, size_t limit) {
  auto pass = limits_.Enter(account->owner);
  if (!pass.ok()) co_return pass.status();
  std::optional<Failure> failure;
  auto page = co_await net::WithDeadline(kListLimit,
                                         ListNow(*account, std::move(before_id), limit, failure));
  if (!page.ok()) co_return VisitError(*account, page.status(), failure);
  co_return page;
}

net::Task<absl::StatusOr<std::vector<FoundMail>>> MailDesk::Read(
    std::shared_ptr<const Account> account, std::vector<std::string> ids) {
  auto pass = limits_.Enter(account->owner);
  if (!pass.ok()) co_return pass.status();
  std::optional<Failure> failure;
  Reading reading(std::move(ids));
  absl::Status read = co_await net::WithDeadline(kReadLimit, ReadNow(*account, reading, failure));
  if (!read.ok() && reading.found().empty()) co_return VisitError(*account, read, failure);
  co_return reading.Finish();
}

}  // namespace postern::fetcher
