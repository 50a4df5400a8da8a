#include "services/xmpp-edge/password_desk.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/account_problem.h"
#include "services/xmpp-edge/password_form.h"
#include "services/xmpp-edge/password_need.h"
#include "services/xmpp-edge/texts/password.h"

namespace postern::xmpp_edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLookAgain(60);  // fetcher.proto: once a minute
constexpr seconds kPatience(10);
constexpr seconds kRetry(1);
constexpr milliseconds kReadyLook(100);
constexpr milliseconds kGather(200);  // many logins make one word
constexpr milliseconds kPause(10);    // at most 100 requests a second: no storm
constexpr absl::string_view kIdPrefix = "password-";

template <class Request>
Request RetainRequest(const std::vector<std::string>& users) {
  Request request;
  request.mutable_users()->Assign(users.begin(), users.end());
  return request;
}

}  // namespace

PasswordDesk::PasswordDesk(FeatureContext context, PresenceSessions& sessions,
                           std::function<bool()> ready)
    : context_(context),
      ready_(std::move(ready)),
      marks_(context.redis),
      due_(context.executor),
      at_fetcher_(context.executor),
      at_sender_(context.executor) {
  context_.directory.Listen(
      [this](AccountDirectory::Account before, AccountDirectory::Account after) {
        const bool was = before != nullptr && IsPasswordGivenByHand(*before);
        const bool is = after != nullptr && IsPasswordGivenByHand(*after);
        if (was || is) MarkDue(is ? after->owner() : before->owner());
      });
  sessions.Listen([this](const std::string& user, const PresenceSession& session) {
    if (!OwnsOne(user)) return;
    if (session.Show() == edge::v1::SHOW_OFFLINE) {
      at_fetcher_.left.insert(user);
      at_sender_.left.insert(user);
    }
    MarkDue(user);
  });
}

void PasswordDesk::Arrived(const std::string& user) {
  if (OwnsOne(user)) MarkDue(user);
}

bool PasswordDesk::OwnsOne(const std::string& user) const {
  for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
    if (IsPasswordGivenByHand(*account)) return true;
  }
  return false;
}

void PasswordDesk::MarkDue(const std::string& user) {
  due_users_.insert(user);
  due_.Notify();
  at_fetcher_.due.Notify();
  at_sender_.due.Notify();
}

void PasswordDesk::MarkAskingDue() {
  for (const auto& [user, session] : context_.sessions.all()) {
    for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
      if (!IsPasswordGivenByHand(*account)) continue;
      if (account->health().state() != admin::v1::HEALTH_STATE_ASKING) continue;
      due_users_.insert(user);
      break;
    }
  }
}

net::Task<void> PasswordDesk::WaitUntilReady() {
  while (!context_.directory.ready() || !ready_()) co_await net::Sleep(kReadyLook);
}

net::Task<void> PasswordDesk::Ask() {
  co_await WaitUntilReady();
  for (const std::string& user : context_.directory.Owners()) {
    if (OwnsOne(user)) due_users_.insert(user);
  }
  auto sweep = std::chrono::steady_clock::now() + kLookAgain;
  while (true) {
    co_await SettleDue();
    const auto left = sweep - std::chrono::steady_clock::now();
    if (left > left.zero()) (void)co_await due_.WaitFor(left);
    if (std::chrono::steady_clock::now() < sweep) continue;
    sweep += kLookAgain;
    MarkAskingDue();
  }
}

net::Task<void> PasswordDesk::SettleDue() {
  while (!due_users_.empty()) {
    const std::string user = *due_users_.begin();
    due_users_.erase(due_users_.begin());
    absl::Status settled = co_await Settle(user);
    if (settled.ok()) continue;
    log::Info("password not asked for yet", {{"why", settled.message()}});
    due_users_.insert(user);
    co_await net::Sleep(kRetry);
  }
}

net::Task<absl::Status> PasswordDesk::Settle(std::string user) {
  auto marks = co_await marks_.Of(user);
  if (!marks.ok()) co_return marks.status();
  for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
    const auto known = marks->find(account->id());
    PasswordMark mark;
    if (known != marks->end()) {
      mark = known->second;
      marks->erase(known);
    }
    absl::Status settled = co_await SettleAccount(account, std::move(mark));
    if (!settled.ok()) co_return settled;
  }
  for (const auto& [id, mark] : *marks) {  // of accounts that are gone
    absl::Status removed = co_await marks_.Remove(user, id);
    if (!removed.ok()) co_return removed;
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> PasswordDesk::SettleAccount(AccountDirectory::Account account,
                                                    PasswordMark mark) {
  const PresenceSession session = context_.sessions.Of(account->owner());
  PasswordMoment moment;
  moment.available = context_.sessions.IsAvailable(account->owner());
  moment.since_unix_ms = session.since_unix_ms;
  moment.now_unix = std::time(nullptr);
  switch (ErrandFor(*account, mark, moment)) {
    case PasswordErrand::kNothing:
      co_return absl::OkStatus();
    case PasswordErrand::kClose:
      mark.state = PasswordMark::State::kClosed;
      mark.at_unix = moment.now_unix;
      co_return co_await marks_.Put(account->owner(), account->id(), std::move(mark));
    case PasswordErrand::kAsk:
      // Who is gone for a moment would not see it.
      if (session.resources.empty()) co_return absl::OkStatus();
      mark.since_unix_ms = moment.since_unix_ms;
      co_return co_await AskFor(account, std::move(mark));
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> PasswordDesk::AskFor(AccountDirectory::Account account, PasswordMark mark) {
  const std::string user = account->owner();
  // What was begun before a restart goes on under the id it had.
  if (mark.state != PasswordMark::State::kAsking) {
    mark.request = absl::StrCat(kIdPrefix, crypto::RandomId());
  }
  mark.state = PasswordMark::State::kAsking;
  mark.at_unix = std::time(nullptr);
  mark.reason = ReasonHash(account->health());
  // The mark comes first: an answer may be here before Send returns.
  absl::Status marked = co_await marks_.Put(user, account->id(), mark);
  if (!marked.ok()) co_return marked;
  Element request = PasswordRequestMessage(*account, context_.domain, mark.request,
                                           context_.interpreter.Of(user));
  absl::Status sent = co_await context_.sink.Send(std::move(request));
  if (sent.ok()) sent = co_await context_.sink.Barrier();
  if (!sent.ok()) co_return sent;
  co_await net::Sleep(kPause);
  // Meanwhile it may have been answered.
  PasswordMark asked = mark;
  asked.state = PasswordMark::State::kAsked;
  co_return co_await marks_.Replace(user, account->id(), std::move(mark), std::move(asked));
}

std::vector<std::string> PasswordDesk::UsersToRetain(const Retention& retention) const {
  std::vector<std::string> users;
  for (const auto& [user, session] : context_.sessions.all()) {
    if (!context_.sessions.IsAvailable(user) || retention.left.contains(user)) continue;
    if (OwnsOne(user)) users.push_back(user);
  }
  std::sort(users.begin(), users.end());
  return users;
}

net::Task<void> PasswordDesk::WaitForChange(Retention& retention,
                                            const std::vector<std::string>& told) {
  const auto until = std::chrono::steady_clock::now() + kLookAgain;
  while (UsersToRetain(retention) == told) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero() || !co_await retention.due.WaitFor(left)) co_return;
    co_await net::Sleep(kGather);
    // Who came back meanwhile was gone all the same.
    if (!retention.left.empty()) co_return;
  }
}

net::Task<void> PasswordDesk::RetainAtFetcher() {
  co_await WaitUntilReady();
  while (true) {
    const std::vector<std::string> users = UsersToRetain(at_fetcher_);
    const std::set<std::string> left = at_fetcher_.left;
    auto request = RetainRequest<fetcher::v1::RetainPasswordsRequest>(users);
    auto told = co_await rpc::Call(
        context_.fetcher.async(),
        &fetcher::v1::FetcherService::StubInterface::async_interface::RetainPasswords,
        std::move(request), kPatience);
    co_await AfterTold("fetcher", told.status(), at_fetcher_, users, left);
  }
}

net::Task<void> PasswordDesk::RetainAtSender() {
  co_await WaitUntilReady();
  while (true) {
    const std::vector<std::string> users = UsersToRetain(at_sender_);
    const std::set<std::string> left = at_sender_.left;
    auto request = RetainRequest<sender::v1::RetainPasswordsRequest>(users);
    auto told = co_await rpc::Call(
        context_.sender.async(),
        &sender::v1::SenderService::StubInterface::async_interface::RetainPasswords,
        std::move(request), kPatience);
    co_await AfterTold("sender", told.status(), at_sender_, users, left);
  }
}

net::Task<void> PasswordDesk::AfterTold(const char* service, absl::Status told,
                                        Retention& retention, const std::vector<std::string>& users,
                                        const std::set<std::string>& left) {
  if (!told.ok()) {
    log::Info("not told who is there", {{"service", service}, {"why", told.message()}});
    co_await net::Sleep(kRetry);
    co_return;
  }
  for (const std::string& user : left) retention.left.erase(user);
  co_await WaitForChange(retention, users);
}

Element PasswordRequestMessage(const admin::v1::Account& account, absl::string_view domain,
                               absl::string_view id, const Words& words) {
  const std::string reason = Problem(account.health(), words);
  Element message = MakeStanza("message", ContactJid(account, domain), account.owner(), "chat", id);
  message.AddText("body", reason.empty()
                              ? texts::PasswordRequest(words, account.name())
                              : texts::PasswordRequestAgain(words, reason, account.name()));
  message.Add(MakeElement("origin-id", "urn:xmpp:sid:0").Set("id", id));
  message.Add(PasswordForm(account, words).ToElement());
  return message;
}

bool IsPasswordRequest(absl::string_view id) { return absl::StartsWith(id, kIdPrefix); }

}  // namespace postern::xmpp_edge
