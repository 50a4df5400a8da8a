#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender {

// A mail as its author means it.
struct Draft {
  mail::Address from;
  std::vector<mail::Address> to, cc, bcc;
  std::string subject;
  std::string text;  // UTF-8, LF line ends
  std::string in_reply_to;
  std::vector<std::string> references;
};

// A mail as it travels; fixed once, so that every attempt sends the same bytes.
struct ComposedMail {
  smtp::Envelope envelope;
  std::string message_id;  // without angle brackets
  std::string content;     // RFC 5322, CRLF line ends
};

inline constexpr size_t kMaxRecipients = 100;
inline constexpr size_t kMaxContentBytes = 25 * 1024 * 1024;

// Writes a draft down. The Message-ID comes from `key` alone (and the sender's
// domain), so that it stays the same when a request is repeated. Bcc goes into
// the envelope only. kInvalidArgument: the draft is wrong; kResourceExhausted: too
// large, or too many recipients. In words for its author (lib/words).
absl::StatusOr<ComposedMail> Compose(const Draft& draft, absl::string_view key, int64_t date_unix);

// Whether mail from this address can be composed; kInvalidArgument as above.
absl::Status CheckSender(const mail::Address& from);

}  // namespace postern::sender
