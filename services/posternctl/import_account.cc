#include "services/posternctl/import_account.h"

#include "lib/crypto/secret_box.h"

namespace postern::posternctl {

absl::Status PutPopAccount(Session& session, const rules::jsmail::PopAccount& account,
                           const std::string& owner, const std::string& name) {
  using rules::jsmail::PopSecurity;
  admin::v1::PutAccountRequest request;
  admin::v1::Account& created = *request.mutable_account();
  created.set_owner(owner);
  created.set_name(name);
  created.set_type(admin::v1::ACCOUNT_TYPE_POP3);
  created.set_host(account.host);
  created.set_port(account.port);
  created.set_login(account.user);
  created.set_store_password(true);
  created.set_security(account.security == PopSecurity::kTls        ? admin::v1::SECURITY_TLS
                       : account.security == PopSecurity::kStartTls ? admin::v1::SECURITY_STARTTLS
                                                                    : admin::v1::SECURITY_NONE);
  created.set_interval_minutes(10);
  for (const auto set :
       {&admin::v1::PresenceActions::set_chat, &admin::v1::PresenceActions::set_online,
        &admin::v1::PresenceActions::set_away, &admin::v1::PresenceActions::set_xa,
        &admin::v1::PresenceActions::set_dnd, &admin::v1::PresenceActions::set_offline}) {
    (created.mutable_actions()->*set)(admin::v1::ACTION_FULL);
  }
  request.set_password(account.password.Reveal());
  const absl::Status status = session.Call(&Session::Stub::PutAccount, request).status();
  crypto::Wipe(*request.mutable_password());
  return status;
}

}  // namespace postern::posternctl
