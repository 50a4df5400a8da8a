#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "services/xmpp-edge/account_directory.h"

namespace postern::testing {

// A directory that is filled by Apply() alone; nobody answers at its admin.
struct LoneDirectory {
  std::unique_ptr<admin::v1::AdminService::StubInterface> stub = admin::v1::AdminService::NewStub(
      grpc::CreateChannel("unix:/nonexistent", grpc::InsecureChannelCredentials()));
  xmpp_edge::AccountDirectory directory{*stub};
};

inline admin::v1::Account WorkAccount(const std::string& id = "a1",
                                      const std::string& name = "Work") {
  admin::v1::Account account;
  account.set_id(id);
  account.set_owner("bob@a.example");
  account.set_name(name);
  account.set_type(admin::v1::ACCOUNT_TYPE_IMAP);
  account.set_enabled(true);
  account.set_host("imap.example.org");
  account.set_port(993);
  account.set_security(admin::v1::SECURITY_TLS);
  account.set_login("bob");
  account.set_mailbox("INBOX");
  auto& actions = *account.mutable_actions();
  actions.set_chat(admin::v1::ACTION_FULL);
  actions.set_online(admin::v1::ACTION_FULL);
  actions.set_away(admin::v1::ACTION_DIGEST);
  actions.set_xa(admin::v1::ACTION_DIGEST);
  actions.set_dnd(admin::v1::ACTION_DIGEST);
  actions.set_offline(admin::v1::ACTION_NOTHING);
  account.mutable_health()->set_state(admin::v1::HEALTH_STATE_OK);
  return account;
}

}  // namespace postern::testing
