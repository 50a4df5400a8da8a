#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/rules/jsmail/acl.h"

namespace postern::rules {

// How users' mail programs reach their scripts (ManageSieve, RFC 5804).
struct PortOptions {
  std::string listen;            // ADDRESS:PORT; empty: not at all
  std::string tls_listen;        // the same with TLS from the first byte
  std::string certificate_file;  // empty: no TLS
  std::string key_file;
  bool allow_plaintext = false;      // logins without TLS
  std::vector<std::string> webmail;  // addresses or networks from which many users come
};

// Who is one of them. kInvalidArgument names the first that is no address.
absl::StatusOr<jsmail::Acl> ReadWebmail(const std::vector<std::string>& addresses);

}  // namespace postern::rules
