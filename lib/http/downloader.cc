#include "lib/http/downloader.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/http/url.h"
#include "lib/net/deadline.h"

namespace postern::http {
namespace {

constexpr std::chrono::seconds kResolveLimit(10);

// Upload services listen on ports of their own; those below are other protocols'.
bool IsWebPort(uint16_t port) { return port == 443 || port >= 1024; }

}  // namespace

absl::Status MeaningOf(int http_status) {
  const std::string message = absl::StrCat("http: status ", http_status);
  switch (http_status) {
    case 404:
    case 410:
      return absl::NotFoundError(message);
    case 408:
    case 425:
    case 429:
      return absl::UnavailableError(message);
    default:
      return http_status >= 500 ? absl::UnavailableError(message) : absl::AbortedError(message);
  }
}

Downloader::Downloader(boost::asio::any_io_executor executor, const std::string& extra_ca_file,
                       net::HostPolicy policy)
    : policy_(std::move(policy)), client_(executor, extra_ca_file) {}

net::Task<absl::StatusOr<Answer>> Downloader::AskOnce(std::string url, size_t most) {
  const auto read = ReadUrl(url);
  if (!read.ok()) co_return read.status();
  auto lookup = resolver_.Resolve(read->host);
  const auto addresses = co_await net::WithDeadline(kResolveLimit, std::move(lookup));
  if (!addresses.ok()) co_return absl::UnavailableError("http: no such host, or not now");
  Request request;
  request.url = ToString(*read);
  request.file_bytes = most;
  for (const auto& address : *addresses) {
    const bool is_public = net::IsPublicAddress(address) && IsWebPort(read->port);
    if (is_public || policy_.Check(read->host, address, read->port).ok()) {
      request.addresses.push_back(address);
    }
  }
  if (request.addresses.empty()) {
    co_return absl::PermissionDeniedError("http: the link leads to no public server");
  }
  co_return co_await client_.Ask(std::move(request));
}

net::Task<absl::StatusOr<File>> Downloader::Get(std::string url, size_t most) {
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    auto answer = co_await AskOnce(url, most);
    if (!answer.ok()) co_return answer.status();
    if (!answer->redirect.empty()) {
      url = std::move(answer->redirect);
      continue;
    }
    if (answer->status != 200) co_return MeaningOf(answer->status);
    File file;
    file.content = std::move(answer->body);
    file.content_type = std::move(answer->content_type);
    file.content_disposition = std::move(answer->content_disposition);
    file.url = std::move(url);
    co_return file;
  }
  co_return absl::AbortedError("http: too many redirections");
}

}  // namespace postern::http
