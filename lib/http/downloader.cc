#include "lib/http/downloader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/http/judged_addresses.h"
#include "lib/http/url.h"

namespace postern::http {

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
  auto addresses = co_await JudgedAddresses(resolver_, policy_, *read);
  if (!addresses.ok()) co_return addresses.status();
  Request request;
  request.url = ToString(*read);
  request.file_bytes = most;
  request.addresses = *std::move(addresses);
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
