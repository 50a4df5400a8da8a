// XEP-0030: Service Discovery. The tree: the gateway, a node for each type of
// account, below it the asker's accounts of that type. Addresses stand beside it.
#include "services/xmpp-edge/features/disco.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/directory_wait.h"
#include "services/xmpp-edge/texts.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kInfoNs[] = "http://jabber.org/protocol/disco#info";
constexpr char kItemsNs[] = "http://jabber.org/protocol/disco#items";
constexpr char kRegisterNs[] = "jabber:iq:register";

constexpr admin::v1::AccountType kTypes[] = {
    admin::v1::ACCOUNT_TYPE_IMAP, admin::v1::ACCOUNT_TYPE_POP3, admin::v1::ACCOUNT_TYPE_SMTP};

void AddIdentity(Element& query, absl::string_view category, absl::string_view type,
                 absl::string_view name) {
  Element identity = MakeElement("identity");
  identity.Set("category", category).Set("type", type).Set("name", name);
  query.Add(std::move(identity));
}

void AddFeatures(Element& query, std::initializer_list<absl::string_view> features) {
  for (const absl::string_view name : features) {
    Element feature = MakeElement("feature");
    feature.Set("var", name);
    query.Add(std::move(feature));
  }
}

void AddItem(Element& query, absl::string_view jid, absl::string_view node,
             absl::string_view name) {
  Element item = MakeElement("item");
  item.Set("jid", jid).Set("node", node).Set("name", name);
  query.Add(std::move(item));
}

void Describe(const Place& place, Element& query) {
  AddFeatures(query, {kInfoNs, kItemsNs, "vcard-temp", "jabber:iq:last", "jabber:iq:version",
                      "urn:xmpp:ping"});
  switch (place.kind) {
    case Place::Kind::kNowhere:
      break;
    case Place::Kind::kRoot:
      AddIdentity(query, "gateway", "smtp", texts::kGatewayName);
      AddIdentity(query, "headline", "newmail", texts::kGatewayName);
      AddFeatures(query, {kRegisterNs, "jabber:iq:gateway", "jid\\20escaping"});
      break;
    case Place::Kind::kType:
      AddIdentity(query, "hierarchy", "branch", texts::AccountsOfType(NameOfType(place.type)));
      if (place.type != admin::v1::ACCOUNT_TYPE_POP3) AddFeatures(query, {kRegisterNs});
      break;
    case Place::Kind::kAccount:
      AddIdentity(query, "account", "registered", place.account->name());
      AddFeatures(query, {kRegisterNs});
      break;
    case Place::Kind::kAddress:
      AddIdentity(query, "account", "registered", place.address.Spec());
      break;
  }
  // Where one can write to: XEP-0184 and XEP-0461.
  if (place.kind != Place::Kind::kType) {
    AddFeatures(query, {"urn:xmpp:receipts", "urn:xmpp:reply:0"});
  }
}

class Disco {
 public:
  explicit Disco(FeatureContext context) : context_(context) {}

  net::Task<Element> Info(Incoming incoming) {
    Element query = EmptyQuery(incoming, kInfoNs);
    const Place place = co_await Find(incoming);
    if (place.kind == Place::Kind::kNowhere) {
      co_return ErrorAnswer(incoming.stanza, "cancel", "item-not-found");
    }
    Describe(place, query);
    Element answer = IqResult(incoming.stanza);
    answer.Add(std::move(query));
    co_return answer;
  }

  net::Task<Element> Items(Incoming incoming) {
    Element query = EmptyQuery(incoming, kItemsNs);
    const Place place = co_await Find(incoming);
    if (place.kind == Place::Kind::kNowhere) {
      co_return ErrorAnswer(incoming.stanza, "cancel", "item-not-found");
    }
    if (place.kind == Place::Kind::kRoot) AddTypes(query);
    if (place.kind == Place::Kind::kType) AddAccounts(incoming.from.Bare(), place.type, query);
    Element answer = IqResult(incoming.stanza);
    answer.Add(std::move(query));
    co_return answer;
  }

 private:
  static Element EmptyQuery(const Incoming& incoming, absl::string_view ns) {
    Element query = MakeElement("query", ns);
    const absl::string_view node = NodeOf(incoming);
    if (!node.empty()) query.Set("node", node);
    return query;
  }

  static absl::string_view NodeOf(const Incoming& incoming) {
    return incoming.stanza.children.front().Attr("node");
  }

  net::Task<Place> Find(const Incoming& incoming) {
    (void)co_await AccountsAreKnown(context_.directory);
    co_return PlaceOf(incoming.to, NodeOf(incoming), incoming.from, context_.directory);
  }

  void AddTypes(Element& query) const {
    for (const admin::v1::AccountType type : kTypes) {
      const std::string name = NameOfType(type);
      AddItem(query, absl::StrCat(context_.domain, "/", name), name, texts::AccountsOfType(name));
    }
  }

  void AddAccounts(const std::string& user, admin::v1::AccountType type, Element& query) const {
    const std::string type_name = NameOfType(type);
    for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
      if (account->type() != type) continue;
      AddItem(query, absl::StrCat(ContactJid(*account, context_.domain), "/", type_name),
              absl::StrCat(type_name, "/", account->name()), account->name());
    }
  }

  FeatureContext context_;
};

}  // namespace

void InstallDisco(StanzaRouter& router, FeatureContext context) {
  auto disco = std::make_shared<Disco>(context);
  router.OnIq("get", kInfoNs,
              [disco](Incoming incoming) { return disco->Info(std::move(incoming)); });
  router.OnIq("get", kItemsNs,
              [disco](Incoming incoming) { return disco->Items(std::move(incoming)); });
}

}  // namespace postern::xmpp_edge
