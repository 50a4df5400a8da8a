#include "services/xmpp-edge/features/help.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/texts.h"

namespace postern::xmpp_edge {

bool IsHelpRequest(absl::string_view body) {
  body = absl::StripAsciiWhitespace(body);
  return absl::EqualsIgnoreCase(body, "help") || body == "?";
}

std::string HelpText(const Place& place, absl::string_view domain) {
  if (place.kind == Place::Kind::kAddress) return texts::WritesTo(place.address.Spec());
  std::string intro;
  if (place.kind == Place::Kind::kAccount) {
    const bool smtp = place.type == admin::v1::ACCOUNT_TYPE_SMTP;
    intro = smtp ? texts::SendsFrom(place.account->name(), place.account->default_from())
                 : std::string(texts::kHowToAnswer);
  }
  return absl::StrCat(intro, texts::HowToWrite(domain));
}

}  // namespace postern::xmpp_edge
