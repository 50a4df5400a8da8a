// XEP-0054: vcard-temp.
#include "services/xmpp-edge/features/vcard.h"

#include <utility>

#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/features/account_types.h"
#include "services/xmpp-edge/texts/discovery.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kNs[] = "vcard-temp";

Element Card(absl::string_view full_name, absl::string_view email, absl::string_view description) {
  Element card = MakeElement("vCard", kNs);
  card.AddText("FN", full_name);
  if (!email.empty()) {
    Element address = MakeElement("EMAIL");
    address.Add(MakeElement("INTERNET")).AddText("USERID", email);
    card.Add(std::move(address));
  }
  if (!description.empty()) card.AddText("DESC", description);
  return card;
}

// The address of an account, as far as it is known: a mailbox has none of its own,
// but its login often is one.
std::string EmailOf(const admin::v1::Account& account) {
  const bool smtp = !IsReceiving(account.type());
  const auto address = mail::ParseAddress(smtp ? account.default_from() : account.login());
  return address.ok() ? address->Spec() : "";
}

net::Task<Element> AnswerVcard(FeatureContext context, Incoming incoming) {
  const Place place = PlaceOf(incoming.to, incoming.from, context.directory);
  const Words& words = context.interpreter.Answering(incoming.from.Bare(), incoming.lang);
  const admin::v1::GetSiteResponse& site = context.site.current();
  Element answer = IqResult(incoming.stanza);
  switch (place.kind) {
    case Place::Kind::kNowhere:
      co_return ErrorAnswer(incoming.stanza, "cancel", "item-not-found");
    case Place::Kind::kRoot:
      answer.Add(Card(texts::kGatewayName, "", texts::GatewayDescription(words)));
      break;
    case Place::Kind::kType:
      answer.Add(Card(LabelOfType(place.type, site, words), "", ""));
      break;
    case Place::Kind::kAccount:
      answer.Add(Card(place.account->name(), EmailOf(*place.account),
                      ShownType(*place.account, site, words)));
      break;
    case Place::Kind::kAddress:
      answer.Add(Card(place.address.Spec(), place.address.Spec(), ""));
      break;
  }
  co_return answer;
}

}  // namespace

void InstallVcard(StanzaRouter& router, FeatureContext context) {
  router.OnIq("get", kNs,
              [context](Incoming incoming) { return AnswerVcard(context, std::move(incoming)); });
}

}  // namespace postern::xmpp_edge
