#include "services/xmpp-edge/contact_addresses.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/xmpp-edge/data_form.h"

namespace postern::xmpp_edge {
namespace {

constexpr absl::string_view kFormType = "http://jabber.org/network/serverinfo";
constexpr size_t kMost = 20;
constexpr size_t kMaxUriBytes = 1024;

// XEP-0157 section 3 and its registry.
constexpr absl::string_view kPurposes[] = {
    "abuse-addresses",    "admin-addresses",  "feedback-addresses", "sales-addresses",
    "security-addresses", "status-addresses", "support-addresses"};
constexpr absl::string_view kSchemes[] = {"mailto:", "xmpp:", "https://", "http://"};

bool IsUri(absl::string_view uri) {
  if (uri.size() > kMaxUriBytes) return false;
  const bool plain = std::all_of(uri.begin(), uri.end(),
                                 [](unsigned char c) { return c > ' ' && c < 0x7f && c != '<'; });
  return plain && std::any_of(std::begin(kSchemes), std::end(kSchemes), [&](absl::string_view s) {
           return absl::StartsWith(uri, s) && uri.size() > s.size();
         });
}

absl::Status Wrong(absl::string_view item, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat("\"", item, "\" ", reason));
}

}  // namespace

absl::StatusOr<ContactAddresses> ReadContactAddresses(const std::vector<std::string>& items) {
  ContactAddresses contacts;
  if (items.size() > kMost) {
    return absl::InvalidArgumentError(absl::StrCat("holds more than ", kMost, " addresses"));
  }
  for (const std::string& item : items) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos) {
      return Wrong(item, "must be like abuse-addresses=mailto:abuse@example.org");
    }
    const std::string purpose = item.substr(0, equals), uri = item.substr(equals + 1);
    if (std::find(std::begin(kPurposes), std::end(kPurposes), purpose) == std::end(kPurposes)) {
      return Wrong(item, absl::StrCat("must begin with one of ", absl::StrJoin(kPurposes, ", ")));
    }
    if (!IsUri(uri)) {
      return Wrong(item, absl::StrCat("must name an address that begins with one of ",
                                      absl::StrJoin(kSchemes, ", "), ", without spaces"));
    }
    contacts[purpose].push_back(uri);
  }
  return contacts;
}

Element ContactAddressesForm(const ContactAddresses& contacts) {
  if (contacts.empty()) return Element();
  DataForm form;
  form.type = "result";
  form.fields.push_back(HiddenField("FORM_TYPE", kFormType));
  for (const auto& [purpose, uris] : contacts) {
    FormField field;
    field.var = purpose;
    field.type = "list-multi";
    field.values = uris;
    form.fields.push_back(std::move(field));
  }
  return form.ToElement();
}

}  // namespace postern::xmpp_edge
