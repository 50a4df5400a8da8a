#pragma once

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#include "lib/net/deadline.h"
#include "lib/net/task.h"
#include "postern/admin/v1/admin.grpc.pb.h"

namespace postern::xmpp_edge {

// What the operator has set for the whole site, as admin tells it; asked again every
// 10 s. Empty until admin has answered.
class SiteSettings {
 public:
  explicit SiteSettings(admin::v1::AdminService::StubInterface& admin,
                        net::Duration again = std::chrono::seconds(10))
      : admin_(admin), again_(again) {}

  // Until cancelled; mends itself while admin is away.
  net::Task<void> Follow();
  const admin::v1::GetSiteResponse& current() const { return current_; }
  // Called when `current` is not what it was.
  using Listener = std::function<void()>;
  void Listen(Listener listener) { listeners_.push_back(std::move(listener)); }

 private:
  void Take(admin::v1::GetSiteResponse site);

  admin::v1::AdminService::StubInterface& admin_;
  const net::Duration again_;
  admin::v1::GetSiteResponse current_;
  std::vector<Listener> listeners_;
};

}  // namespace postern::xmpp_edge
