// XEP-0100, RFC 6121.
#include "services/xmpp-edge/features/presence.h"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/features/account_status.h"
#include "services/xmpp-edge/jid_escaping.h"

namespace postern::xmpp_edge {

namespace {

using std::chrono::milliseconds;

constexpr absl::string_view kNickNs = "http://jabber.org/protocol/nick";
constexpr milliseconds kProbePause(10);  // at most 100 probes a second: no storm
constexpr milliseconds kRetryPause(1000);

edge::v1::Show ReadShow(const Element& presence) {
  const std::string show = presence.ChildText("show");
  if (show == "chat") return edge::v1::SHOW_CHAT;
  if (show == "away") return edge::v1::SHOW_AWAY;
  if (show == "xa") return edge::v1::SHOW_XA;
  if (show == "dnd") return edge::v1::SHOW_DND;
  return edge::v1::SHOW_ONLINE;
}

}  // namespace

PresenceFeature::PresenceFeature(FeatureContext context, PresenceSessions& sessions,
                                 PresenceContacts& contacts, net::Duration patience)
    : context_(std::move(context)),
      sessions_(sessions),
      contacts_(contacts),
      patience_(patience),
      work_(context_.executor),
      link_came_up_(context_.executor) {
  context_.directory.Listen(
      [this](AccountDirectory::Account before, AccountDirectory::Account after) {
        MarkUnsettled(after != nullptr ? after->id() : before->id());
        work_.Notify();
      });
}

void PresenceFeature::LinkCameUp() {
  ++link_;
  link_came_up_.Notify();
}

void PresenceFeature::MarkUnsettled(std::string account_id) {
  if (unsettled_.insert(account_id).second) unsettled_order_.push_back(std::move(account_id));
}

net::Task<void> PresenceFeature::Handle(Incoming incoming) {
  const std::string type(incoming.stanza.Attr("type"));
  const std::string user = incoming.from.Bare();
  if (type == "unavailable") {
    co_await sessions_.SetUnavailable(std::move(incoming.from), std::move(incoming.to.local));
  } else if (type.empty()) {
    co_await HandleAvailable(std::move(incoming));
  } else if (type == "probe") {
    std::optional<Element> presence = PresenceOf(incoming.to, user, incoming.from.Full());
    if (presence) (void)co_await context_.sink.Send(*std::move(presence));
  } else if (type == "subscribe") {
    co_await HandleSubscribe(std::move(incoming));
  } else if (type == "unsubscribe") {
    // Only acknowledged: a slip in a roster must not cost anybody their accounts.
    (void)co_await Say("unsubscribed", incoming.to.Bare(), user);
  } else if (type == "unsubscribed") {
    co_await HandleUnsubscribed(std::move(incoming));
  }
}

net::Task<void> PresenceFeature::HandleAvailable(Incoming incoming) {
  // Strangers' presence is none of our business, and would fill our memory; so would
  // what is told to contacts that there are not.
  const std::string user = incoming.from.Bare();
  const std::string& local = incoming.to.local;
  const bool ours = local.empty()
                        ? HasAccounts(user)
                        : context_.directory.Find(user, UnescapeLocalpart(local)) != nullptr;
  if (!ours) co_return;
  const std::string full = incoming.from.Full();
  const bool news = co_await sessions_.SetAvailable(
      std::move(incoming.from), ReadShow(incoming.stanza), std::move(incoming.to.local));
  if (news) (void)co_await ShowAll(user, full);
}

net::Task<void> PresenceFeature::HandleUnsubscribed(Incoming incoming) {
  const std::string user = incoming.from.Bare();
  const bool root = incoming.to.local.empty();
  incoming.from.resource.clear();
  co_await sessions_.SetUnavailable(std::move(incoming.from), std::move(incoming.to.local));
  if (!root) co_return;
  // Also the answer to a probe of the root by somebody who never accepted it: then
  // the accounts may know more. Their probes lead to none again.
  for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
    (void)co_await Say("probe", ContactJid(*account, context_.domain), user);
  }
}

net::Task<void> PresenceFeature::HandleSubscribe(Incoming incoming) {
  const std::string user = incoming.from.Bare();
  const std::string contact = incoming.to.Bare();
  std::optional<Element> presence = PresenceOf(incoming.to, user, user);
  if (!presence) {
    (void)co_await Say("unsubscribed", contact, user);
    co_return;
  }
  (void)co_await Say("subscribed", contact, user);
  // Correspondents have no use for the user's presence; the gateway and the accounts do.
  if (!AddressOfLocalpart(incoming.to.local)) (void)co_await Say("subscribe", contact, user);
  (void)co_await context_.sink.Send(*std::move(presence));
}

std::optional<Element> PresenceFeature::PresenceOf(const Jid& contact, const std::string& user,
                                                   const std::string& to) const {
  const size_t accounts = context_.directory.Of(user).size();
  if (accounts == 0) return std::nullopt;
  if (contact.local.empty()) return GatewayPresence(accounts, context_.domain, to);
  if (AddressOfLocalpart(contact.local)) return MakeStanza("presence", contact.Bare(), to);
  const auto account = context_.directory.Find(user, UnescapeLocalpart(contact.local));
  if (account == nullptr) return std::nullopt;
  return AccountPresence(*account, contact.Bare(), to);
}

net::Task<absl::Status> PresenceFeature::ShowAll(std::string user, std::string full_jid) {
  const std::vector<AccountDirectory::Account> accounts = context_.directory.Of(user);
  Element gateway = GatewayPresence(accounts.size(), context_.domain, full_jid);
  absl::Status sent = co_await context_.sink.Send(std::move(gateway));
  for (const AccountDirectory::Account& account : accounts) {
    if (!sent.ok()) break;
    Element presence = AccountPresence(*account, ContactJid(*account, context_.domain), full_jid);
    sent = co_await context_.sink.Send(std::move(presence));
  }
  co_return sent;
}

net::Task<absl::Status> PresenceFeature::ShowGateway(std::string user) {
  const size_t accounts = context_.directory.Of(user).size();
  for (const std::string& full_jid : sessions_.FullJids(user)) {
    Element presence = GatewayPresence(accounts, context_.domain, full_jid);
    absl::Status sent = co_await context_.sink.Send(std::move(presence));
    if (!sent.ok()) co_return sent;
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> PresenceFeature::Say(std::string type, std::string from, std::string to,
                                             std::string nick) {
  Element presence = MakeStanza("presence", from, to, type);
  if (!nick.empty()) presence.AddText("nick", nick, kNickNs);
  co_return co_await context_.sink.Send(std::move(presence));
}

net::Task<void> PresenceFeature::Load() {
  while (!context_.directory.ready()) co_await net::Sleep(milliseconds(100));
  while (true) {
    absl::Status loaded = co_await contacts_.Load();
    for (const std::string& user : context_.directory.Owners()) {
      if (loaded.ok()) loaded = co_await sessions_.Load(user);
    }
    if (loaded.ok()) break;
    log::Warn("sessions can't be read from Redis; will try again", {{"error", loaded.message()}});
    co_await net::Sleep(kRetryPause);
  }
  for (std::string& id : contacts_.AccountIds()) MarkUnsettled(std::move(id));
  loaded_ = true;
  LinkCameUp();  // whatever came before was not heard
}

net::Task<void> PresenceFeature::KeepSessions() {
  uint64_t probed = 0;
  while (true) {
    if (!loaded_ || probed == link_) {
      co_await link_came_up_.Wait();
      continue;
    }
    probed = link_;
    if (context_.sink.IsUp()) co_await ProbeAll(probed);
  }
}

net::Task<void> PresenceFeature::ProbeAll(uint64_t link) {
  const std::vector<std::string> users = context_.directory.Owners();
  for (const std::string& user : users) sessions_.Doubt(user);
  for (const std::string& user : users) {
    absl::Status asked = co_await Say("probe", context_.domain, user);
    if (!asked.ok()) co_return;  // the next link begins anew
    co_await net::Sleep(kProbePause);
    if (link != link_) co_return;
  }
  const auto until = std::chrono::steady_clock::now() + patience_;
  while (std::chrono::steady_clock::now() < until) {
    const auto left = until - std::chrono::steady_clock::now();
    (void)co_await link_came_up_.WaitFor(left);
    if (link != link_) co_return;  // what was asked on this link may never be answered
  }
  if (!context_.sink.IsUp()) co_return;
  for (const std::string& user : users) {
    if (link == link_) co_await sessions_.DropUnconfirmed(user);
  }
}

net::Task<absl::Status> PresenceFeature::SayGoodbye() {
  std::vector<std::pair<std::string, std::string>> goodbyes;
  for (const auto& [user, session] : sessions_.all()) {
    for (const std::string& full_jid : sessions_.FullJids(user)) {
      goodbyes.emplace_back(context_.domain, full_jid);
      for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
        goodbyes.emplace_back(ContactJid(*account, context_.domain), full_jid);
      }
    }
  }
  for (auto& [from, to] : goodbyes) {
    absl::Status said = co_await Say("unavailable", from, to);
    if (!said.ok()) co_return said;
  }
  co_return co_await context_.sink.Barrier();
}

}  // namespace postern::xmpp_edge
