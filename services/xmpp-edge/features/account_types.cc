#include "services/xmpp-edge/features/account_types.h"

#include "services/xmpp-edge/texts/disco.h"

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

}  // namespace postern::xmpp_edge
