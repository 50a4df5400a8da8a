#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/mail/address.h"

namespace postern::mail {

// Something that goes along with the text.
struct OutgoingPart {
  absl::string_view content;  // of whoever writes the mail
  std::string file_name;      // UTF-8; made harmless (attachment_name.h); may be empty
  std::string content_type;   // "image/png"; what is no type of a single part is octet-stream
  std::string content_id;     // RFC 2392, without angle brackets; empty: none
};

// What the writer needs to know; the envelope (and with it Bcc) is not its business.
struct OutgoingMail {
  Address from;
  std::vector<Address> to, cc;
  std::string subject;  // UTF-8
  std::string text;     // UTF-8, LF line ends
  std::string html;     // the same as HTML (html_writer.h), UTF-8, LF line ends; empty: none
  std::vector<OutgoingPart> parts;
  std::string message_id;               // without angle brackets
  std::string in_reply_to;              // without angle brackets; empty for none
  std::vector<std::string> references;  // oldest first; of more than 50 the first and the newest
  int64_t date_unix = 0;
  absl::TimeZone zone;         // of the Date field
  std::string user_agent;      // "Postern/0.1"
  std::string auto_submitted;  // "auto-generated" (RFC 3834 section 5); empty: a person wrote it
  std::string jabber_id;       // bare JID (RFC 7259); empty: not told
  std::string boundary;        // letters and digits of this mail alone, 32 at the most
};

// The most a subject, a name, an id or a JID may have, bytes.
inline constexpr size_t kMaxFieldBytes = 8192;

// Whether each field can be written down without becoming another: kInvalidArgument names
// the one that can't.
absl::Status CheckOutgoing(const OutgoingMail& mail);

// An id that can stand in a field: what it holds is no white space, bracket or control.
bool IsMessageId(absl::string_view id);

// Goes into the HTML, not below the text.
bool IsInlineImage(const OutgoingPart& part);

}  // namespace postern::mail
