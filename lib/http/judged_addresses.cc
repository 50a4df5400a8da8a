#include "lib/http/judged_addresses.h"

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "lib/net/deadline.h"

namespace postern::http {
namespace {

constexpr std::chrono::seconds kResolveLimit(10);

// Upload services listen on ports of their own; those below are other protocols'.
bool IsWebPort(uint16_t port) { return port == 443 || port >= 1024; }

}  // namespace

net::Task<absl::StatusOr<std::vector<boost::asio::ip::address>>> JudgedAddresses(
    net::Resolver& resolver, const net::HostPolicy& policy, Url url) {
  auto lookup = resolver.Resolve(url.host);
  const auto addresses = co_await net::WithDeadline(kResolveLimit, std::move(lookup));
  if (!addresses.ok()) co_return absl::UnavailableError("http: no such host, or not now");
  std::vector<boost::asio::ip::address> judged;
  for (const auto& address : *addresses) {
    const bool is_public = net::IsPublicAddress(address) && IsWebPort(url.port);
    if (is_public || policy.Check(url.host, address, url.port).ok()) judged.push_back(address);
  }
  if (judged.empty()) {
    co_return absl::PermissionDeniedError("http: the link leads to no public server");
  }
  co_return judged;
}

}  // namespace postern::http
