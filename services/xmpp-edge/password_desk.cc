#include "services/xmpp-edge/password_desk.h"

#include <chrono>
#include <ctime>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/account_problem.h"
#include "services/xmpp-edge/password_form.h"
#include "services/xmpp-edge/password_need.h"
#include "services/xmpp-edge/password_retention.h"
#include "services/xmpp-edge/texts/password.h"

namespace postern::xmpp_edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLookAgain(60);
constexpr seconds kRetry(1);
constexpr milliseconds kPause(10);  // at most 100 requests a second: no storm
constexpr absl::string_view kIdPrefix = "password-";

}  // namespace

PasswordDesk::PasswordDesk(FeatureContext context, PresenceSessions& sessions,
                           std::function<bool()> ready)
    : context_(context), ready_(std::move(ready)), marks_(context.redis), due_(context.executor) {
  context_.directory.Listen(
      [this](AccountDirectory::Account before, AccountDirectory::Account after) {
        const bool was = before != nullptr && IsPasswordGivenByHand(*before);
        const bool is = after != nullptr && IsPasswordGivenByHand(*after);
        if (was || is) MarkDue(is ? after->owner() : before->owner());
      });
  sessions.Listen([this](const std::string& user, const PresenceSession&) { Arrived(user); });
}

void PasswordDesk::Arrived(const std::string& user) {
  if (GivesPasswordsByHand(context_.directory, user)) MarkDue(user);
}

void PasswordDesk::MarkDue(const std::string& user) {
  due_users_.insert(user);
  due_.Notify();
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

net::Task<void> PasswordDesk::Ask() {
  co_await UntilSessionsAreRead(context_.directory, ready_);
  for (const std::string& user : context_.directory.Owners()) {
    if (GivesPasswordsByHand(context_.directory, user)) due_users_.insert(user);
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
  std::set<std::string> failed;  // behind all others: one may fail for ever
  while (!due_users_.empty()) {
    const std::string user = *due_users_.begin();
    due_users_.erase(due_users_.begin());
    absl::Status settled = co_await Settle(user);
    if (settled.ok()) continue;
    failed.insert(user);
    if (!absl::IsAborted(settled)) {
      log::Info("password not asked for yet", {{"why", settled.message()}});
    }
    const milliseconds pause = absl::IsAborted(settled) ? kPause : milliseconds(kRetry);
    co_await net::Sleep(pause);
  }
  if (failed.empty()) co_return;
  due_users_.merge(failed);
  due_.Notify();
}

net::Task<absl::Status> PasswordDesk::Settle(std::string user) {
  auto marks = co_await marks_.Of(user);
  if (!marks.ok()) co_return marks.status();
  absl::Status all;
  for (const AccountDirectory::Account& listed : context_.directory.Of(user)) {
    // As it is by now: each question takes a while.
    const AccountDirectory::Account account = context_.directory.FindById(listed->id());
    if (account == nullptr) continue;
    const auto known = marks->find(account->id());
    PasswordMark mark;
    if (known != marks->end()) {
      mark = known->second;
      marks->erase(known);
    }
    absl::Status settled = co_await SettleAccount(account, std::move(mark));
    all.Update(settled);
  }
  for (const auto& [id, mark] : *marks) {  // of accounts that are gone
    absl::Status removed = co_await marks_.Remove(user, id);
    all.Update(removed);
  }
  co_return all;
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
    case PasswordErrand::kClose: {
      PasswordMark closed = mark;
      closed.state = PasswordMark::State::kClosed;
      closed.at_unix = moment.now_unix;
      co_return co_await Become(account, std::move(mark), std::move(closed));
    }
    case PasswordErrand::kAsk:
      // Who is gone for a moment would not see it.
      if (session.resources.empty()) co_return absl::OkStatus();
      if (context_.given.IsExpected(account->owner())) {
        co_return absl::AbortedError("a password is on its way");
      }
      co_return co_await AskFor(account, std::move(mark));
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> PasswordDesk::AskFor(AccountDirectory::Account account,
                                             PasswordMark before) {
  const std::string user = account->owner();
  PasswordMark asking = before;
  // What was begun before a restart goes on under the id it had.
  if (before.state != PasswordMark::State::kAsking) {
    asking.request = absl::StrCat(kIdPrefix, crypto::RandomId());
  }
  asking.state = PasswordMark::State::kAsking;
  asking.at_unix = std::time(nullptr);
  asking.reason = ReasonHash(account->health());
  asking.since_unix_ms = context_.sessions.Of(user).since_unix_ms;
  // The mark comes first: an answer may be here before Send returns.
  absl::Status marked = co_await Become(account, std::move(before), asking);
  if (!marked.ok()) co_return marked;
  Element request = PasswordRequestMessage(*account, context_.domain, asking.request,
                                           context_.interpreter.Of(user));
  absl::Status sent = co_await context_.sink.Send(std::move(request));
  if (sent.ok()) sent = co_await context_.sink.Barrier();
  if (!sent.ok()) co_return sent;
  co_await net::Sleep(kPause);
  PasswordMark asked = asking;
  asked.state = PasswordMark::State::kAsked;
  // Meanwhile it may have been answered.
  auto done = co_await marks_.Replace(user, account->id(), std::move(asking), std::move(asked));
  co_return done.status();
}

net::Task<absl::Status> PasswordDesk::Become(AccountDirectory::Account account, PasswordMark before,
                                             PasswordMark after) {
  auto replaced =
      co_await marks_.Replace(account->owner(), account->id(), std::move(before), std::move(after));
  if (!replaced.ok()) co_return replaced.status();
  co_return *replaced ? absl::OkStatus() : absl::AbortedError("a password came meanwhile");
}

Element PasswordRequestMessage(const admin::v1::Account& account, absl::string_view domain,
                               absl::string_view id, const Words& words) {
  const std::string reason = Problem(account.health(), words);
  Element message = MakeStanza("message", ContactJid(account, domain), account.owner(), "chat", id);
  message.AddText("body", reason.empty()
                              ? texts::PasswordRequest(words, account.name())
                              : texts::PasswordRequestAgain(words, reason, account.name()));
  message.Add(MakeElement("origin-id", "urn:xmpp:sid:0").Set("id", id));
  // So that clients that go on with the last thread don't put the answer into that of a mail.
  message.AddText("thread", id);
  message.Add(PasswordForm(account, words).ToElement());
  return message;
}

bool IsPasswordRequest(absl::string_view id) { return absl::StartsWith(id, kIdPrefix); }

}  // namespace postern::xmpp_edge
