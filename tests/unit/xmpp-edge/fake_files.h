#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/http/downloader.h"

namespace postern::xmpp_edge {

// Files behind links, in memory. Those that it does not know are gone.
class FakeFiles final : public http::FileSource {
 public:
  net::Task<absl::StatusOr<http::File>> Get(std::string url, size_t most) override {
    asked.push_back(url);
    if (!failure.ok()) co_return failure;
    const auto found = files.find(url);
    if (found == files.end()) co_return absl::NotFoundError("http: status 404");
    http::File file = found->second;
    if (file.content.size() > most) co_return absl::ResourceExhaustedError("too large");
    co_return file;
  }
  void Put(std::string url, std::string content, std::string type = "",
           std::string disposition = "") {
    http::File file;
    file.content = std::move(content);
    file.content_type = std::move(type);
    file.content_disposition = std::move(disposition);
    file.url = url;
    files[std::move(url)] = std::move(file);
  }

  std::map<std::string, http::File> files;
  std::vector<std::string> asked;
  absl::Status failure;  // of all
};

}  // namespace postern::xmpp_edge
