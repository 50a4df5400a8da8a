#include "services/xmpp-edge/features/registration_fields.h"

namespace postern::xmpp_edge {

std::string ActionText(admin::v1::Action action) {
  switch (action) {
    case admin::v1::ACTION_DIGEST:
      return "1";
    case admin::v1::ACTION_FULL:
      return "2";
    default:
      return "0";
  }
}

UsualPorts PortsOf(admin::v1::AccountType type) {
  if (type == admin::v1::ACCOUNT_TYPE_SMTP) return {465, 587};
  return {993, 143};
}

admin::v1::Account DefaultsOf(admin::v1::AccountType type) {
  admin::v1::Account account;
  account.set_type(type);
  account.set_enabled(true);
  account.set_security(admin::v1::SECURITY_TLS);
  account.set_port(PortsOf(type).tls);
  account.set_store_password(true);
  if (type != admin::v1::ACCOUNT_TYPE_SMTP) {
    for (const ActionField& field : kActionFields) {
      (account.mutable_actions()->*field.set)(field.initially);
    }
    account.set_interval_minutes(5);
    account.set_mailbox("INBOX");
  }
  return account;
}

}  // namespace postern::xmpp_edge
