// XEP-0115: Entity Capabilities.
#include "services/xmpp-edge/features/caps.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "lib/crypto/digest.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/features/disco_info.h"

namespace postern::xmpp_edge {
namespace {

// Names the software, and stays as it is: a client keeps what it learned under it.
constexpr absl::string_view kNode = "urn:x-postern";

// Section 5.1 puts each item's text and a "<" behind the other, in order.
std::string Joined(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  std::string joined;
  for (const std::string& text : texts) absl::StrAppend(&joined, text, "<");
  return joined;
}

std::vector<std::string> ValuesOf(const Element& field) {
  std::vector<std::string> values;
  for (const Element& value : field.children) {
    if (value.name == "value") values.push_back(value.text);
  }
  return values;
}

std::string FormText(const Element& form) {
  std::string form_type;
  std::vector<std::pair<std::string, std::string>> fields;
  for (const Element& field : form.children) {
    if (field.name != "field") continue;
    std::string values = Joined(ValuesOf(field));
    if (field.Attr("var") == "FORM_TYPE") {
      form_type = std::move(values);
    } else {
      fields.emplace_back(field.Attr("var"), std::move(values));
    }
  }
  std::sort(fields.begin(), fields.end());
  for (const auto& [var, values] : fields) absl::StrAppend(&form_type, var, "<", values);
  return form_type;
}

}  // namespace

std::string CapsHash(const Element& query) {
  std::vector<std::string> identities, features, forms;
  for (const Element& child : query.children) {
    if (child.name == "identity") {
      identities.push_back(absl::StrCat(child.Attr("category"), "/", child.Attr("type"), "/",
                                        child.Attr("xml:lang"), "/", child.Attr("name")));
    } else if (child.name == "feature") {
      features.push_back(std::string(child.Attr("var")));
    } else if (child.name == "x" && child.ns == kDataFormNs) {
      forms.push_back(FormText(child));
    }
  }
  std::sort(forms.begin(), forms.end());
  return crypto::Sha1Base64(
      absl::StrCat(Joined(identities), Joined(features), absl::StrJoin(forms, "")));
}

Element Caps(const Place& place, const ContactAddresses& contacts) {
  Element query = MakeElement("query", kInfoNs);
  DescribePlace(place, contacts, query);
  Element caps = MakeElement("c", "http://jabber.org/protocol/caps");
  caps.Set("hash", "sha-1").Set("node", kNode).Set("ver", CapsHash(query));
  return caps;
}

bool IsCapsNode(absl::string_view node, absl::string_view& hash) {
  if (!absl::ConsumePrefix(&node, kNode) || !absl::ConsumePrefix(&node, "#")) return false;
  hash = node;
  return true;
}

}  // namespace postern::xmpp_edge
