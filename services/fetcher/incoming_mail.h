#pragma once

#include <string>

#include "postern/mail/v1/mail.pb.h"

namespace postern::fetcher {

// A mail on its way to the edge.
struct IncomingMail {
  std::string delivery_id;
  mail::v1::Mail mail;   // as it goes over the wire
  std::string mail_ref;  // fetcher.proto: what ReadMails takes for it; empty: nothing does
  std::string raw;       // the first MiB of it as it came; empty: not asked for
  // As rules may want it; edge.proto.
  bool headers_only = false, urgent = false;
  std::string to;
};

}  // namespace postern::fetcher
