#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/sender/smtp/reply.h"

namespace postern::sender::smtp {

// What a server offers in its EHLO reply, as far as we use it.
struct Capabilities {
  bool start_tls = false;         // RFC 3207
  bool eight_bit = false;         // 8BITMIME, RFC 6152
  bool utf8 = false;              // SMTPUTF8, RFC 6531
  bool size = false;              // SIZE, RFC 1870
  uint64_t max_size = 0;          // 0: no fixed limit
  std::vector<std::string> auth;  // mechanisms, upper case; RFC 4954
};

Capabilities ParseCapabilities(const Reply& ehlo);

}  // namespace postern::sender::smtp
