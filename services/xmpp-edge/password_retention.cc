#include "services/xmpp-edge/password_retention.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/given_passwords.h"
#include "services/xmpp-edge/password_need.h"

namespace postern::xmpp_edge {
namespace {

using FetcherCalls = fetcher::v1::FetcherService::StubInterface::async_interface;
using SenderCalls = sender::v1::SenderService::StubInterface::async_interface;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kTellAgain(60);  // fetcher.proto: once a minute
constexpr seconds kPatience(10);
constexpr seconds kRetry(1);
constexpr milliseconds kReadyLook(100);
constexpr milliseconds kGather(200);  // many logins make one word

template <class Request>
Request RetainRequest(const std::vector<std::string>& users) {
  Request request;
  request.mutable_users()->Assign(users.begin(), users.end());
  return request;
}

}  // namespace

bool GivesPasswordsByHand(const AccountDirectory& directory, const std::string& user) {
  for (const AccountDirectory::Account& account : directory.Of(user)) {
    if (IsPasswordGivenByHand(*account)) return true;
  }
  return false;
}

net::Task<void> UntilSessionsAreRead(const AccountDirectory& directory,
                                     const std::function<bool()>& ready) {
  while (!directory.ready() || !ready()) co_await net::Sleep(kReadyLook);
}

PasswordRetention::PasswordRetention(FeatureContext context, PresenceSessions& sessions,
                                     std::function<bool()> ready)
    : context_(context),
      ready_(std::move(ready)),
      fetcher_(context.executor),
      sender_(context.executor) {
  context_.directory.Listen(
      [this](AccountDirectory::Account before, AccountDirectory::Account after) {
        LookFor(after != nullptr ? after->owner() : before->owner());
      });
  sessions.Listen([this](const std::string& user, const PresenceSession& session) {
    LookFor(user);
    if (session.Show() != edge::v1::SHOW_OFFLINE) return;
    if (!GivesPasswordsByHand(context_.directory, user)) return;
    fetcher_.left.insert(user);
    sender_.left.insert(user);
    NotifyBoth();
  });
  for (const auto& [user, session] : sessions.all()) LookFor(user);
}

void PasswordRetention::LookFor(const std::string& user) {
  const bool is_here =
      context_.sessions.IsAvailable(user) && GivesPasswordsByHand(context_.directory, user);
  if (is_here == here_.contains(user)) return;
  if (is_here) {
    here_.insert(user);
  } else {
    here_.erase(user);
  }
  ++here_version_;
  NotifyBoth();
}

void PasswordRetention::NotifyBoth() {
  fetcher_.due.Notify();
  sender_.due.Notify();
}

PasswordRetention::Naming PasswordRetention::Name(const Listener& listener) const {
  Naming naming;
  std::set<std::string> named = here_;
  // Their presence may come after the form that registered them.
  for (std::string& user : context_.given.FreshUsers()) named.insert(std::move(user));
  for (const std::string& user : listener.left) named.erase(user);
  naming.users.assign(named.begin(), named.end());
  naming.left = listener.left;
  naming.version = here_version_;
  return naming;
}

net::Task<void> PasswordRetention::TellFetcher() {
  co_await UntilSessionsAreRead(context_.directory, ready_);
  while (true) {
    Naming naming = Name(fetcher_);
    auto request = RetainRequest<fetcher::v1::RetainPasswordsRequest>(naming.users);
    auto told = co_await rpc::Call(context_.fetcher.async(), &FetcherCalls::RetainPasswords,
                                   std::move(request), kPatience);
    co_await AfterTold("fetcher", told.status(), fetcher_, std::move(naming));
  }
}

net::Task<void> PasswordRetention::TellSender() {
  co_await UntilSessionsAreRead(context_.directory, ready_);
  while (true) {
    Naming naming = Name(sender_);
    auto request = RetainRequest<sender::v1::RetainPasswordsRequest>(naming.users);
    auto told = co_await rpc::Call(context_.sender.async(), &SenderCalls::RetainPasswords,
                                   std::move(request), kPatience);
    co_await AfterTold("sender", told.status(), sender_, std::move(naming));
  }
}

net::Task<void> PasswordRetention::AfterTold(const char* service, absl::Status told,
                                             Listener& listener, Naming naming) {
  if (!told.ok()) {
    log::Info("not told who is there", {{"service", service}, {"why", told.message()}});
    co_await net::Sleep(kRetry);
    co_return;
  }
  for (const std::string& user : naming.left) {
    listener.left.erase(user);
    if (here_.contains(user)) naming.version = 0;  // back already
  }
  co_await WaitForChange(listener, naming.version);
}

net::Task<void> PasswordRetention::WaitForChange(Listener& listener, uint64_t version) {
  const auto until = std::chrono::steady_clock::now() + kTellAgain;
  while (version == here_version_ && listener.left.empty()) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero() || !co_await listener.due.WaitFor(left)) co_return;
    co_await net::Sleep(kGather);
  }
}

}  // namespace postern::xmpp_edge
