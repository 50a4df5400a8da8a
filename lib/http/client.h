#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"

namespace postern::http {

struct Request {
  std::string url;                     // https
  std::string accept;                  // "application/json"; empty: anything
  std::optional<crypto::Secret> form;  // application/x-www-form-urlencoded, by POST; none: GET
  std::optional<std::string> json;     // application/json, by POST, in place of `form`
  crypto::Secret authorization;        // "Basic …"; empty: none
  // Where to connect, whatever the host's name resolves to: who has judged addresses names
  // these, and no other is dialled. Empty: where the system's resolver says.
  std::vector<boost::asio::ip::address> addresses;
  // Not 0: a file is wanted, of this many bytes at the most. It may take 120 s, as long as
  // 1 KiB/s comes, and of an answer whose status is not 200 no body is read.
  size_t file_bytes = 0;
};

struct Answer {
  int status = 0;
  std::string content_type;  // as the server wrote it; may be empty
  std::string body;          // at most 64 KiB; may hold secrets, which are the caller's to wipe
  // Of a file only.
  std::string content_disposition;  // as the server wrote it; may be empty
  std::string redirect;             // the URL that a redirection leads to; empty: it is none
};

// HTTPS by libcurl on the process's io_context: certificates checked against the system's CAs
// and those of `extra_ca_file` (may be empty), 10 s to connect, 20 s in all, answers to 64 KiB,
// at most 64 connections at once, redirects not followed, no cookies; where addresses were
// judged, no proxy either. Outlives its calls.
class Client {
 public:
  Client(boost::asio::any_io_executor executor, const std::string& extra_ca_file);
  ~Client();

  // Any answer is one, whatever its status. kUnavailable: none; the message says why, with
  // nothing of what was sent. kResourceExhausted: a file is larger than it may be.
  net::Task<absl::StatusOr<Answer>> Ask(Request request);

 private:
  class Multi;
  std::shared_ptr<Multi> multi_;
};

}  // namespace postern::http
