#include "services/xmpp-edge/features/account_types.h"

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/texts/disco.h"
#include "services/xmpp-edge/texts/discovery.h"

namespace postern::xmpp_edge {

bool IsTypeShown(admin::v1::AccountType type, const std::string& user,
                 const FeatureContext& context) {
  if (type != admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP || context.site.current().relay_offered()) {
    return true;
  }
  for (const AccountDirectory::Account& account : context.directory.Of(user)) {
    if (account->type() == type) return true;
  }
  return false;
}

std::string RelayLabel(const admin::v1::GetSiteResponse& site, const Words& words) {
  return site.relay_label().empty() ? texts::Relay(words) : site.relay_label();
}

std::string LabelOfType(admin::v1::AccountType type, const admin::v1::GetSiteResponse& site,
                        const Words& words) {
  const bool relay = type == admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP;
  return relay ? RelayLabel(site, words) : texts::AccountsOfType(words, NameOfType(type));
}

std::string ShownType(const admin::v1::Account& account, const admin::v1::GetSiteResponse& site,
                      const Words& words) {
  const bool relay = account.type() == admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP;
  return relay ? RelayLabel(site, words) : NameOfType(account.type());
}

std::string ShownAccount(const admin::v1::Account& account, const admin::v1::GetSiteResponse& site,
                         const Words& words) {
  return absl::StrCat(account.name(), " (", ShownType(account, site, words), ")");
}

}  // namespace postern::xmpp_edge
