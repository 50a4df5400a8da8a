// XEP-0100, RFC 6121.
#include "services/xmpp-edge/features/presence.h"

#include <optional>
#include <utility>
#include <vector>

#include "services/xmpp-edge/features/account_status.h"
#include "services/xmpp-edge/features/caps.h"
#include "services/xmpp-edge/jid_escaping.h"
#include "services/xmpp-edge/texts/status.h"

namespace postern::xmpp_edge {

namespace {

constexpr absl::string_view kNickNs = "http://jabber.org/protocol/nick";

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
      look_(context_.executor) {
  context_.directory.Listen(
      [this](AccountDirectory::Account before, AccountDirectory::Account after) {
        MarkUnsettled(after != nullptr ? after->id() : before->id());
      });
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
    if (presence) TellOfCorrespondent(incoming.to, user, true);
    if (presence) (void)co_await Send(*std::move(presence));
  } else if (type == "subscribe") {
    co_await HandleSubscribe(std::move(incoming));
  } else if (type == "unsubscribe") {
    co_await HandleUnsubscribe(std::move(incoming));
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
  if (!news) co_return;
  (void)co_await ShowAll(user, full);
  for (const OnArrival& on_arrival : on_arrival_) on_arrival(user);
}

void PresenceFeature::TellOfCorrespondent(const Jid& contact, const std::string& user,
                                          bool there) const {
  if (!on_correspondent_) return;
  const auto address = AddressOfLocalpart(contact.local);
  if (address) on_correspondent_(user, *address, there);
}

// Only acknowledged: a slip in a roster must not cost anybody their accounts.
net::Task<void> PresenceFeature::HandleUnsubscribe(Incoming incoming) {
  const std::string user = incoming.from.Bare();
  (void)co_await Say("unsubscribed", incoming.to.Bare(), user);
  // RFC 6121 section 3.3.3: and is seen no more.
  const std::optional<Element> shown = PresenceOf(incoming.to, user, user);
  if (!shown) co_return;
  TellOfCorrespondent(incoming.to, user, false);
  std::string from(shown->Attr("from"));
  (void)co_await Say("unavailable", std::move(from), user);
}

net::Task<void> PresenceFeature::HandleUnsubscribed(Incoming incoming) {
  const std::string user = incoming.from.Bare();
  const bool root = incoming.to.local.empty();
  incoming.from.resource.clear();
  co_await sessions_.SetUnavailable(std::move(incoming.from), std::move(incoming.to.local),
                                    PresenceSessions::Going::kForGood);
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
  TellOfCorrespondent(incoming.to, user, true);
  // Correspondents have no use for the user's presence; the gateway and the accounts do.
  if (!AddressOfLocalpart(incoming.to.local)) {
    AccountDirectory::Account account =
        context_.directory.Find(user, UnescapeLocalpart(incoming.to.local));
    (void)co_await AskToBeAdded(std::move(account), user);
  }
  (void)co_await Send(*std::move(presence));
}

Element PresenceFeature::WithCaps(Element presence, const Place& place) const {
  return presence.Add(Caps(place, context_.contacts));
}

Element PresenceFeature::GatewayTo(const std::string& user, size_t accounts,
                                   const std::string& to) const {
  Element presence = GatewayPresence(accounts, context_.domain, to, context_.interpreter.Of(user));
  Place place;
  place.kind = Place::Kind::kRoot;
  return WithCaps(std::move(presence), place);
}

Element PresenceFeature::AccountTo(const AccountDirectory::Account& account,
                                   const std::string& to) const {
  Element presence =
      AccountPresence(*account, context_.domain, to, context_.interpreter.Of(account->owner()));
  Place place;
  place.kind = Place::Kind::kAccount;
  place.type = account->type();
  place.account = account;
  return WithCaps(std::move(presence), place);
}

std::optional<Element> PresenceFeature::PresenceOf(const Jid& contact, const std::string& user,
                                                   const std::string& to) const {
  const size_t accounts = context_.directory.Of(user).size();
  if (accounts == 0) return std::nullopt;
  if (contact.local.empty()) return GatewayTo(user, accounts, to);
  if (auto address = AddressOfLocalpart(contact.local)) {
    Place place;
    place.kind = Place::Kind::kAddress;
    place.address = *std::move(address);
    return WithCaps(MakeStanza("presence", AddressPresenceJid(contact.Bare()), to), place);
  }
  const auto account = context_.directory.Find(user, UnescapeLocalpart(contact.local));
  if (account == nullptr) return std::nullopt;
  return AccountTo(account, to);
}

net::Task<absl::Status> PresenceFeature::ShowAll(std::string user, std::string full_jid) {
  const std::vector<AccountDirectory::Account> accounts = context_.directory.Of(user);
  Element gateway = GatewayTo(user, accounts.size(), full_jid);
  absl::Status sent = co_await Send(std::move(gateway));
  for (const AccountDirectory::Account& account : accounts) {
    if (!sent.ok()) break;
    Element presence = AccountTo(account, full_jid);
    sent = co_await Send(std::move(presence));
  }
  co_return sent;
}

net::Task<absl::Status> PresenceFeature::Say(std::string type, std::string from, std::string to) {
  Element presence = MakeStanza("presence", from, to, type);
  co_return co_await Send(std::move(presence));
}

net::Task<absl::Status> PresenceFeature::AskToBeAdded(AccountDirectory::Account account,
                                                      std::string user) {
  const Words& words = context_.interpreter.Of(user);
  const bool gateway = account == nullptr;
  std::string from = gateway ? context_.domain : ContactJid(*account, context_.domain);
  Element request = MakeStanza("presence", from, user, "subscribe");
  request.AddText("status",
                  gateway ? texts::RequestOfGateway(words) : IntroductionOf(*account, words));
  request.AddText("nick", gateway ? texts::GatewayNick(words) : account->name(), kNickNs);
  co_return co_await Send(std::move(request));
}

net::Task<absl::Status> PresenceFeature::Send(Element stanza) {
  ++sent_;
  co_return co_await context_.sink.Send(std::move(stanza));
}

}  // namespace postern::xmpp_edge
