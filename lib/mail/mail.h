#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/mail/address.h"
#include "lib/mail/delivery_report.h"

namespace postern::mail {

struct Attachment {
  std::string file_name;     // decoded, no path parts, no control characters; may be empty
  std::string content_type;  // "image/png", lower case
  uint64_t size = 0;         // bytes after transfer decoding
};

// A header field, unfolded and RFC 2047 decoded.
struct Header {
  std::string name;  // as written
  std::string value;
};

// A mail as the rest of Postern sees it. Every string is valid UTF-8 without
// control characters (but for LF and TAB in `text`) and bounded by Limits.
struct Mail {
  std::string message_id;                // without angle brackets; empty when absent
  std::vector<std::string> in_reply_to;  // without angle brackets
  std::vector<std::string> references;   // oldest first, without angle brackets
  std::vector<Address> from, reply_to, to, cc;
  std::string subject;
  int64_t date_unix = 0;      // the Date field; 0 when absent or senseless
  int64_t received_unix = 0;  // INTERNALDATE; 0 when unknown (the parser leaves it 0)
  std::string text;           // the best readable text, LF line ends, no trailing blank lines
  bool text_truncated = false;
  bool text_from_html = false;
  std::vector<Attachment> attachments;
  std::vector<Header> headers;
  uint64_t size = 0;                              // of the whole message, bytes
  std::vector<std::string> defects;               // what was wrong with it, in words for the reader
  std::string envelope_from;                      // from Return-Path; empty for none
  std::optional<DeliveryReport> delivery_report;  // when it is one
};

}  // namespace postern::mail
