#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/sender/smtp/reply.h"

namespace postern::sender::smtp {

// RFC 9422. 0: the server does not say.
struct Limits {
  uint32_t mails = 0;       // MAILMAX: MAIL commands in one session
  uint32_t recipients = 0;  // RCPTMAX: of one mail
  uint32_t domains = 0;     // RCPTDOMAINMAX: different ones among them
};

// What a server offers in its EHLO reply, as far as we use it.
struct Capabilities {
  bool start_tls = false;         // RFC 3207
  bool pipelining = false;        // RFC 2920
  bool chunking = false;          // BDAT, RFC 3030
  bool eight_bit = false;         // 8BITMIME, RFC 6152
  bool utf8 = false;              // SMTPUTF8, RFC 6531
  bool dsn = false;               // RFC 3461
  bool require_tls = false;       // RFC 8689
  bool size = false;              // SIZE, RFC 1870
  uint64_t max_size = 0;          // 0: no fixed limit
  Limits limits;                  // RFC 9422
  std::vector<std::string> auth;  // mechanisms, upper case; RFC 4954
};

Capabilities ParseCapabilities(const Reply& ehlo);

}  // namespace postern::sender::smtp
