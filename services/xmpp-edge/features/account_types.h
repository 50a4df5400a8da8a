#pragma once

#include <string>

#include "postern/admin/v1/admin.pb.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// In the order in which they are shown.
inline constexpr admin::v1::AccountType kAccountTypes[] = {
    admin::v1::ACCOUNT_TYPE_IMAP, admin::v1::ACCOUNT_TYPE_POP3, admin::v1::ACCOUNT_TYPE_SMTP,
    admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP};

// The operator's relay is shown where it is offered, and to who still has an account of it.
bool IsTypeShown(admin::v1::AccountType type, const std::string& user,
                 const FeatureContext& context);

// What the operator calls the relay.
std::string RelayLabel(const admin::v1::GetSiteResponse& site, const Words& words);
// What a type's node is called wherever it is shown: "IMAP accounts", or the relay's label.
std::string LabelOfType(admin::v1::AccountType type, const admin::v1::GetSiteResponse& site,
                        const Words& words);
// The type of an account, beside its name: "IMAP", or the relay's label.
std::string ShownType(const admin::v1::Account& account, const admin::v1::GetSiteResponse& site,
                      const Words& words);
// An account in a list: "work (IMAP)".
std::string ShownAccount(const admin::v1::Account& account, const admin::v1::GetSiteResponse& site,
                         const Words& words);

}  // namespace postern::xmpp_edge
