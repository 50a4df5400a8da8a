#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "lib/http/client.h"
#include "lib/net/host_policy.h"
#include "lib/net/resolver.h"
#include "lib/net/task.h"

namespace postern::http {

// A file that was fetched.
struct File {
  std::string content;
  std::string content_type;         // as the server wrote it; may be empty
  std::string content_disposition;  // as the server wrote it; may be empty
  std::string url;                  // that it was found at, after redirections
};

// Files behind links that somebody named.
class FileSource {
 public:
  virtual ~FileSource() = default;

  // All of the file, in memory. kInvalidArgument: not a URL; kFailedPrecondition: the URL, or one
  // that it redirects to, is not https; kPermissionDenied: it leads to where we don't connect;
  // kResourceExhausted: the file is larger than `most` bytes; kNotFound: it is not there, or not
  // any more (404, 410); kAborted: the server refuses it, or redirects without end;
  // kUnavailable: not now. Messages are for the log and name no more than a status.
  virtual net::Task<absl::StatusOr<File>> Get(std::string url, size_t most) = 0;
};

// By HTTPS from public addresses (any port from 1024, and 443) and from what the operator
// allows; checked on the resolved address, which is the one that is dialled, of each of at most 3
// redirections. No cookies, no proxy, no credentials. Limits of time: Request::file_bytes.
class Downloader final : public FileSource {
 public:
  Downloader(boost::asio::any_io_executor executor, const std::string& extra_ca_file,
             net::HostPolicy policy);

  net::Task<absl::StatusOr<File>> Get(std::string url, size_t most) override;

  static constexpr int kMostRedirects = 3;

 private:
  // One answer, wherever it leads.
  net::Task<absl::StatusOr<Answer>> AskOnce(std::string url, size_t most);

  const net::HostPolicy policy_;
  net::Resolver resolver_;
  Client client_;
};

// What an answer that is neither the file nor a redirection means; see FileSource::Get.
absl::Status MeaningOf(int http_status);

}  // namespace postern::http
