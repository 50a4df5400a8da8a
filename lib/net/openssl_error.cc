#include "lib/net/openssl_error.h"

#include <openssl/err.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace postern::net {

std::string TakeOpenSslError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "connection closed";
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : absl::StrCat("OpenSSL error ", code);
}

}  // namespace postern::net
