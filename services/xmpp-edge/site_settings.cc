#include "services/xmpp-edge/site_settings.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"

namespace postern::xmpp_edge {

namespace {

constexpr std::chrono::seconds kDeadline(10), kAgain(30), kRetry(1);

}  // namespace

net::Task<void> SiteSettings::Follow() {
  while (true) {
    admin::v1::GetSiteRequest request;
    auto answer = co_await rpc::Call(
        admin_.async(), &admin::v1::AdminService::StubInterface::async_interface::GetSite,
        std::move(request), kDeadline);
    if (answer.ok()) current_ = *std::move(answer);
    if (!answer.ok()) log::Debug("site settings not heard", {{"why", answer.status().message()}});
    co_await net::Sleep(answer.ok() ? kAgain : kRetry);
  }
}

}  // namespace postern::xmpp_edge
