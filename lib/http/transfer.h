#pragma once

#include <curl/curl.h>

#include <boost/asio/any_io_executor.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/http/client.h"
#include "lib/net/event.h"

namespace postern::http {

// One request while curl has it. Taken from curl, and what may be secret is wiped, when it goes.
struct Transfer {
  Transfer(CURLM* of, Request what, boost::asio::any_io_executor executor)
      : multi(of), request(std::move(what)), easy(curl_easy_init()), done(executor) {}
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURLM* multi;
  Request request;
  CURL* easy;
  curl_slist* headers = nullptr;
  curl_slist* resolved = nullptr;
  std::string answer;
  bool too_large = false;  // a file is
  bool enough = false;     // nothing of the body is wanted
  std::optional<CURLcode> result;
  char why[CURL_ERROR_SIZE] = "";
  net::Event done;
};

// Tells curl all of the request. `ca_file` may be empty. False: curl can't take it.
bool Prepare(Transfer& transfer, const std::string& ca_file);
// What has come of it, once it is done. Moves a file's bytes out.
absl::StatusOr<Answer> Outcome(Transfer& transfer);

}  // namespace postern::http
