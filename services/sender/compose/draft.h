#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/mail/address.h"
#include "lib/mail/outgoing_mail.h"

namespace postern::sender {

// The mail that is answered or forwarded, below what its author writes.
struct Quote {
  enum class Kind { kReply, kForward };
  Kind kind = Kind::kReply;
  std::vector<mail::Address> from, to;
  int64_t date_unix = 0;  // 0: not known
  std::string subject;
  std::string text;  // UTF-8
};

// RFC 3834 section 5.
enum class AutoSubmitted { kNo, kGenerated, kReplied, kNotified };

// A mail as its author means it.
struct Draft {
  mail::Address from;
  std::vector<mail::Address> to, cc, bcc;
  std::string subject;
  std::string text;  // UTF-8, LF line ends
  std::string in_reply_to;
  std::vector<std::string> references;
  std::vector<mail::OutgoingPart> attachments;
  std::optional<Quote> quote;
  std::string signature;  // of `from`; empty: none
  bool html = false;      // an HTML form beside the text, if it has any use
  std::string jabber_id;  // bare JID; empty: it is not told
  AutoSubmitted auto_submitted = AutoSubmitted::kNo;
  bool require_tls = false;
  absl::TimeZone zone;  // of dates
};

}  // namespace postern::sender
