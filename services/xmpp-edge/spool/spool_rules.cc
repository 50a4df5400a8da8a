#include "services/xmpp-edge/spool/spool_rules.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/jid.h"

namespace postern::xmpp_edge {
namespace {

bool IsDomain(const std::string& text) {
  const auto jid = ParseJid(text);
  return jid.ok() && jid->local.empty() && jid->resource.empty();
}

}  // namespace

absl::Status ReadSpoolDomains(const std::vector<std::string>& values, SpoolRules& rules) {
  for (const std::string& value : values) {
    if (value == "*") {
      rules.any_sender = true;
      continue;
    }
    const std::string lower = absl::AsciiStrToLower(value);
    const size_t equals = lower.find('=');
    const std::string domain = lower.substr(0, equals);
    const std::string jabber = equals == lower.npos ? "" : lower.substr(equals + 1);
    if (!IsDomain(domain) || (equals != lower.npos && !IsDomain(jabber))) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", value, "' is neither DOMAIN, MAILDOMAIN=JABBERDOMAIN nor *"));
    }
    rules.domains[domain] = jabber;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<edge::v1::NotifyRequest>> RequestsOf(const SpooledMessage& message,
                                                                const std::string& key,
                                                                const SpoolRules& rules) {
  if (!rules.any_sender && !rules.domains.contains(message.from.domain)) {
    return absl::InvalidArgumentError(
        absl::StrCat("From: ", message.from.domain, " is not a domain of --im-spool-domains"));
  }
  std::vector<edge::v1::NotifyRequest> requests;
  for (const std::string& receiver : message.to) {
    edge::v1::NotifyRequest& request = requests.emplace_back();
    const size_t at = receiver.rfind('@');
    const auto mapped = rules.domains.find(receiver.substr(at + 1));
    const bool moves = mapped != rules.domains.end() && !mapped->second.empty();
    request.set_notification_id(absl::StrCat("im-", key));
    request.set_to(moves ? absl::StrCat(receiver.substr(0, at + 1), mapped->second) : receiver);
    request.set_from(message.from.Spec());
    request.set_body(message.text);
    request.set_chat(true);
  }
  return requests;
}

}  // namespace postern::xmpp_edge
