#include "services/xmpp-edge/features/disco_info.h"

#include <utility>

#include "services/xmpp-edge/features/command_list.h"
#include "services/xmpp-edge/result_set.h"
#include "services/xmpp-edge/texts/disco.h"
#include "services/xmpp-edge/texts/discovery.h"

namespace postern::xmpp_edge {
namespace {

constexpr absl::string_view kRegisterNs = "jabber:iq:register";

void AddIdentity(Element& query, absl::string_view category, absl::string_view type,
                 absl::string_view name) {
  Element identity = MakeElement("identity");
  identity.Set("category", category).Set("type", type);
  if (!name.empty()) identity.Set("name", name);
  query.Add(std::move(identity));
}

void AddFeatures(Element& query, std::initializer_list<absl::string_view> features) {
  for (const absl::string_view name : features) {
    Element feature = MakeElement("feature");
    feature.Set("var", name);
    query.Add(std::move(feature));
  }
}

// Gajim shows what has this identity in its full browser, where there is a button to
// register; of a mere "branch" it shows a list without any. Its icon is that of the first.
void AddMailIdentity(Element& query, absl::string_view name) {
  AddIdentity(query, "headline", "newmail", name);
}

void DescribeRoot(const ContactAddresses& contacts, Element& query) {
  AddIdentity(query, "gateway", "smtp", texts::kGatewayName);
  AddMailIdentity(query, texts::kGatewayName);
  AddFeatures(query, {kRegisterNs, kCommandsNs, "jabber:iq:gateway", "jid\\20escaping"});
  Element form = ContactAddressesForm(contacts);
  if (!form.name.empty()) query.Add(std::move(form));
}

void AddCommonFeatures(Element& query) {
  AddFeatures(query, {kInfoNs, kItemsNs, "vcard-temp", "jabber:iq:last", "jabber:iq:version",
                      "urn:xmpp:ping"});
}

}  // namespace

void DescribePlace(const Place& place, const ContactAddresses& contacts, Element& query,
                   absl::string_view name) {
  AddCommonFeatures(query);
  switch (place.kind) {
    case Place::Kind::kNowhere:
    case Place::Kind::kType:
      return;
    case Place::Kind::kRoot:
      DescribeRoot(contacts, query);
      break;
    case Place::Kind::kAccount:
      AddMailIdentity(query, name);
      AddIdentity(query, "account", "registered", name);
      AddFeatures(query, {kRegisterNs, kCommandsNs});
      if (place.type == admin::v1::ACCOUNT_TYPE_IMAP) AddFeatures(query, {kResultSetNs});
      break;
    case Place::Kind::kAddress:
      AddIdentity(query, "account", "registered", "");
      break;
  }
  // Where there is presence, and where one can write to: XEP-0115, XEP-0184, XEP-0461, XEP-0308,
  // XEP-0424.
  AddFeatures(query, {"http://jabber.org/protocol/caps", "urn:xmpp:receipts", "urn:xmpp:reply:0",
                      "urn:xmpp:message-correct:0", "urn:xmpp:message-retract:1"});
}

void DescribeType(absl::string_view label, Element& query) {
  AddMailIdentity(query, label);
  AddIdentity(query, "hierarchy", "branch", label);
  AddCommonFeatures(query);
  AddFeatures(query, {kRegisterNs, kCommandsNs, kResultSetNs});
}

void DescribeFolder(const fetcher::v1::Folder& folder, Element& query) {
  AddMailIdentity(query, folder.name());
  AddIdentity(query, "hierarchy", folder.has_children() ? "branch" : "leaf", folder.name());
  AddFeatures(query, {kInfoNs});
  if (folder.selectable()) AddFeatures(query, {kRegisterNs});
  if (folder.has_children()) AddFeatures(query, {kItemsNs, kResultSetNs});
}

void DescribeContinuation(Element& query) {
  AddIdentity(query, "hierarchy", "branch", "");
  AddFeatures(query, {kInfoNs, kItemsNs, kResultSetNs});
}

void DescribeCommandList(const Words& words, Element& query) {
  AddIdentity(query, "automation", "command-list", texts::Commands(words));
  AddFeatures(query, {kInfoNs, kItemsNs, kCommandsNs});
}

}  // namespace postern::xmpp_edge
