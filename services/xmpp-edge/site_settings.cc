#include "services/xmpp-edge/site_settings.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"

namespace postern::xmpp_edge {

namespace {

constexpr std::chrono::seconds kDeadline(10), kRetry(1);

}  // namespace

net::Task<void> SiteSettings::Follow() {
  while (true) {
    admin::v1::GetSiteRequest request;
    auto answer = co_await rpc::Call(
        admin_.async(), &admin::v1::AdminService::StubInterface::async_interface::GetSite,
        std::move(request), kDeadline);
    if (answer.ok()) Take(*std::move(answer));
    if (!answer.ok()) log::Debug("site settings not heard", {{"why", answer.status().message()}});
    const net::Duration pause = answer.ok() ? again_ : kRetry;
    co_await net::Sleep(pause);
  }
}

void SiteSettings::Take(admin::v1::GetSiteResponse site) {
  const bool same = site.SerializeAsString() == current_.SerializeAsString();
  current_ = std::move(site);
  if (same) return;
  for (const Listener& listener : listeners_) listener();
}

}  // namespace postern::xmpp_edge
