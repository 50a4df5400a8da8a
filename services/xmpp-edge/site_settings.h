#pragma once

#include "lib/net/task.h"
#include "postern/admin/v1/admin.grpc.pb.h"

namespace postern::xmpp_edge {

// What the operator has set for the whole site, as admin tells it; asked again every
// 30 s. Empty until admin has answered.
class SiteSettings {
 public:
  explicit SiteSettings(admin::v1::AdminService::StubInterface& admin) : admin_(admin) {}

  // Until cancelled; mends itself while admin is away.
  net::Task<void> Follow();
  const admin::v1::GetSiteResponse& current() const { return current_; }

 private:
  admin::v1::AdminService::StubInterface& admin_;
  admin::v1::GetSiteResponse current_;
};

}  // namespace postern::xmpp_edge
