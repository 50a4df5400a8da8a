// XEP-0100 sections 4.1 to 4.3: contacts come, fare and go with their accounts.
#include <chrono>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/time/clock.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/features/account_status.h"
#include "services/xmpp-edge/features/presence.h"

namespace postern::xmpp_edge {

namespace {

constexpr std::chrono::milliseconds kRetryPause(1000);
constexpr std::chrono::milliseconds kPause(5);  // a mail server's trouble is that of many accounts

size_t LookOf(const Element& presence) { return absl::Hash<std::string>()(ToXml(presence)); }

}  // namespace

void PresenceFeature::MarkUnsettled(const std::string& account_id) {
  const bool urgent =
      contacts_.Find(account_id) == nullptr || context_.directory.FindById(account_id) == nullptr;
  const auto [known, is_new] = unsettled_.try_emplace(account_id, urgent);
  if (is_new || (urgent && !known->second)) {
    known->second = urgent;
    (urgent ? urgent_ : ordinary_).push_back(account_id);
  }
  work_.Notify();
}

std::string PresenceFeature::NextUnsettled() {
  if (closing_) return "";
  for (std::deque<std::string>* order : {&urgent_, &ordinary_}) {
    while (!order->empty()) {
      std::string id = std::move(order->front());
      order->pop_front();
      // One that became urgent while it waited stands in both.
      if (unsettled_.erase(id) > 0) return id;
    }
  }
  return "";
}

net::Task<void> PresenceFeature::KeepContacts() {
  co_await Load();
  while (true) {
    const std::string id = NextUnsettled();
    if (id.empty()) {
      co_await work_.Wait();
      continue;
    }
    const uint64_t sent_before = sent_;
    const absl::Status settled = co_await Settle(id);
    if (sent_ != sent_before) co_await net::Sleep(kPause);
    if (settled.ok()) continue;
    // The link or Redis is away; nothing is recorded before it is done.
    // Behind all others, whatever it is: it may fail for ever.
    if (unsettled_.try_emplace(id, false).second) ordinary_.push_back(id);
    co_await net::Sleep(kRetryPause);
  }
}

net::Task<absl::Status> PresenceFeature::Settle(std::string account_id) {
  const absl::Status kept = co_await contacts_.Keep(account_id);
  if (!kept.ok()) co_return kept;
  const AccountDirectory::Account account = context_.directory.FindById(account_id);
  const PresenceContacts::Contact* contact = contacts_.Find(account_id);
  if (account == nullptr) {
    shown_.erase(account_id);
    if (contact == nullptr) co_return absl::OkStatus();
    co_return co_await TakeLeave(std::move(account_id), *contact);
  }
  if (contact == nullptr) {
    absl::Status introduced = co_await Introduce(account);
    if (!introduced.ok()) co_return introduced;
  }
  co_return co_await ShowHealth(account);
}

net::Task<absl::Status> PresenceFeature::Introduce(AccountDirectory::Account account) {
  PresenceContacts::Contact contact;
  contact.owner = account->owner();
  contact.jid = AccountPresenceJid(*account, context_.domain);
  if (contacts_.CountOf(contact.owner) == 0) {
    absl::Status asked = co_await AskToBeAdded(nullptr, contact.owner);
    if (!asked.ok()) co_return asked;
  }
  absl::Status asked = co_await AskToBeAdded(account, contact.owner);
  if (!asked.ok()) co_return asked;
  if (absl::Status taken = co_await context_.sink.Barrier(); !taken.ok()) co_return taken;
  log::Info("account introduced to its user",
            {{"account", account->id()}, {"user", contact.owner}});
  const std::string owner = contact.owner;
  absl::Status kept = co_await contacts_.Put(account->id(), std::move(contact));
  absl::Status shown = co_await ShowGateway(owner);
  co_return kept.ok() ? shown : kept;
}

AccountDirectory::Account PresenceFeature::SuccessorOf(
    const PresenceContacts::Contact& contact) const {
  for (const AccountDirectory::Account& account : context_.directory.Of(contact.owner)) {
    if (ContactJid(*account, context_.domain) == contact.Bare()) return account;
  }
  return nullptr;
}

// Types and senders of what is said, XEP-0100 section 4.3: in this order.
std::vector<std::pair<std::string, std::string>> PresenceFeature::LeaveOf(
    const PresenceContacts::Contact& contact, const AccountDirectory::Account& successor) const {
  std::vector<std::pair<std::string, std::string>> leave;
  // To end the subscription of an account that has been registered anew would drop the
  // new one from the roster.
  if (successor == nullptr) {
    leave.emplace_back("unsubscribe", contact.Bare());
    leave.emplace_back("unsubscribed", contact.Bare());
  }
  const bool seen_on =
      successor != nullptr && AccountPresenceJid(*successor, context_.domain) == contact.jid;
  if (!seen_on) leave.emplace_back("unavailable", contact.jid);
  return leave;
}

net::Task<absl::Status> PresenceFeature::TakeLeave(std::string account_id,
                                                   PresenceContacts::Contact contact) {
  const AccountDirectory::Account successor = SuccessorOf(contact);
  const bool last = !HasAccounts(contact.owner) && contacts_.CountOf(contact.owner) == 1;
  std::vector<std::pair<std::string, std::string>> leave = LeaveOf(contact, successor);
  if (last) {
    leave.emplace_back("unsubscribe", context_.domain);
    leave.emplace_back("unsubscribed", context_.domain);
    leave.emplace_back("unavailable", GatewayPresenceJid(context_.domain));
  }
  for (auto& [type, from] : leave) {
    absl::Status said = co_await Say(type, from, contact.owner);
    if (!said.ok()) co_return said;
  }
  if (absl::Status taken = co_await context_.sink.Barrier(); !taken.ok()) co_return taken;
  absl::Status removed = co_await contacts_.Remove(std::move(account_id));
  if (!last) {
    if (successor == nullptr) co_await StopHearing(contact);
    absl::Status shown = co_await ShowGateway(contact.owner);
    co_return removed.ok() ? shown : removed;
  }
  shown_.erase(contact.owner);
  // Whoever has registered anew while Redis was asked stays.
  if (!HasAccounts(contact.owner)) co_await sessions_.Forget(contact.owner);
  co_return removed;
}

net::Task<void> PresenceFeature::StopHearing(PresenceContacts::Contact contact) {
  auto user = ParseJid(contact.owner);
  auto told = ParseJid(contact.jid);
  if (!user.ok() || !told.ok()) co_return;
  co_await sessions_.SetUnavailable(*std::move(user), std::move(told->local),
                                    PresenceSessions::Going::kForGood);
}

net::Task<absl::Status> PresenceFeature::ShowAccount(AccountDirectory::Account account) {
  const size_t look = LookOf(AccountTo(account, ""));
  const auto shown = shown_.find(account->id());
  if (shown != shown_.end() && shown->second == look) co_return absl::OkStatus();
  for (const std::string& full_jid : sessions_.ConfirmedJids(account->owner())) {
    Element presence = AccountTo(account, full_jid);
    absl::Status sent = co_await Send(std::move(presence));
    if (!sent.ok()) co_return sent;
  }
  shown_[account->id()] = look;
  co_return absl::OkStatus();
}

net::Task<absl::Status> PresenceFeature::ShowGateway(std::string user) {
  const size_t accounts = context_.directory.Of(user).size();
  for (const std::string& full_jid : sessions_.ConfirmedJids(user)) {
    Element presence = GatewayTo(user, accounts, full_jid);
    absl::Status sent = co_await Send(std::move(presence));
    if (!sent.ok()) co_return sent;
  }
  shown_[user] = LookOf(GatewayTo(user, accounts, ""));
  co_return absl::OkStatus();
}

// The number of accounts, or the language, is another one.
net::Task<absl::Status> PresenceFeature::ShowGatewayIfChanged(std::string user) {
  const size_t look = LookOf(GatewayTo(user, context_.directory.Of(user).size(), ""));
  const auto [shown, is_first] = shown_.try_emplace(user, look);
  if (is_first || shown->second == look) co_return absl::OkStatus();
  co_return co_await ShowGateway(std::move(user));
}

net::Task<absl::Status> PresenceFeature::ShowHealth(AccountDirectory::Account account) {
  PresenceContacts::Contact contact = *contacts_.Find(account->id());
  if (absl::Status shown = co_await ShowAccount(account); !shown.ok()) co_return shown;
  absl::Status gateway = co_await ShowGatewayIfChanged(contact.owner);
  if (!gateway.ok()) co_return gateway;
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  if (!IsWorthTelling(*account, contact, now)) co_return absl::OkStatus();
  Element message = ErrorMessage(*account, contact, context_.interpreter.Of(contact.owner));
  if (absl::Status sent = co_await Send(std::move(message)); !sent.ok()) co_return sent;
  contact.told_error = ErrorFingerprint(*account);
  contact.told_unix = now;
  co_return co_await contacts_.Put(account->id(), std::move(contact));
}

}  // namespace postern::xmpp_edge
