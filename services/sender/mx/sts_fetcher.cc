#include "services/sender/mx/sts_fetcher.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postern::sender::mx {
namespace {

constexpr size_t kMostAddresses = 8;

std::string UrlOf(const std::string& host, uint16_t port) {
  const std::string at = port == 443 ? "" : absl::StrCat(":", port);
  return absl::StrCat("https://", host, at, "/.well-known/mta-sts.txt");
}

}  // namespace

net::Task<absl::StatusOr<std::string>> StsFetcher::Fetch(std::string domain) {
  const std::string host = absl::StrCat("mta-sts.", domain);
  auto addresses = co_await dns_.Addresses(host);
  if (!addresses.ok()) co_return addresses.status();
  http::Request request;
  request.url = UrlOf(host, port_);
  for (const auto& address : addresses->records) {
    const bool allowed = net::IsPublicAddress(address) || policy_.Check(host, address, port_).ok();
    if (allowed && request.addresses.size() < kMostAddresses) request.addresses.push_back(address);
  }
  if (request.addresses.empty()) {
    co_return absl::UnavailableError(absl::StrCat(host, " has no public address"));
  }
  auto answer = co_await client_.Ask(std::move(request));
  if (!answer.ok()) co_return answer.status();
  if (answer->status != 200) {
    co_return absl::UnavailableError(absl::StrCat(host, " answers ", answer->status));
  }
  if (!absl::StartsWithIgnoreCase(answer->content_type, "text/plain")) {
    co_return absl::UnavailableError(absl::StrCat(host, " answers with something else than text"));
  }
  co_return std::move(answer->body);
}

}  // namespace postern::sender::mx
