#pragma once

#include <string>

#include "postern/admin/v1/admin.pb.h"
#include "services/admin/relay_rules.h"

namespace postern::admin {

inline v1::Account ImapAccount(const std::string& owner, const std::string& name) {
  v1::Account account;
  account.set_owner(owner);
  account.set_name(name);
  account.set_type(v1::ACCOUNT_TYPE_IMAP);
  account.set_host("imap.example.org");
  account.set_port(993);
  account.set_security(v1::SECURITY_TLS);
  account.set_login("ann");
  account.set_store_password(true);
  account.set_interval_minutes(5);
  account.set_mailbox("INBOX");
  return account;
}

inline v1::Account SmtpAccount(const std::string& owner, const std::string& name) {
  v1::Account account;
  account.set_owner(owner);
  account.set_name(name);
  account.set_type(v1::ACCOUNT_TYPE_SMTP);
  account.set_host("smtp.example.org");
  account.set_port(465);
  account.set_security(v1::SECURITY_TLS);
  account.set_login("ann");
  account.set_store_password(true);
  account.set_default_from("Ann <ann@example.org>");
  return account;
}

inline v1::Account RelayAccount(const std::string& owner, const std::string& name) {
  v1::Account account;
  account.set_owner(owner);
  account.set_name(name);
  account.set_type(v1::ACCOUNT_TYPE_GLOBAL_SMTP);
  account.set_default_from("Ann <ann@example.org>");
  return account;
}

// The operator's relay, where users of example.org send as themselves.
inline RelayRules RelayOfExampleOrg() {
  return RelayRules{true, "Our relay", {{"example.org", "example.org"}}};
}

}  // namespace postern::admin
