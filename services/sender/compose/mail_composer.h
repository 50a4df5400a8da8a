#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/sender/compose/draft.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender {

// A mail as it travels; fixed once, so that every attempt sends the same bytes.
struct ComposedMail {
  smtp::Envelope envelope;
  std::string message_id;           // without angle brackets
  std::string content;              // RFC 5322, CRLF line ends
  std::vector<std::string> hidden;  // the recipients of Bcc, for the author's own copy
};

inline constexpr size_t kMaxContentBytes = 25 * 1024 * 1024;
inline constexpr size_t kMaxAttachments = 50;

// Writes a draft down. The Message-ID comes from `key` alone (and the sender's
// domain), so that it stays the same when a request is repeated. Bcc goes into
// the envelope only. kInvalidArgument: the draft is wrong; kResourceExhausted: too
// large, or too many recipients or attachments. In words for its author (lib/words).
absl::StatusOr<ComposedMail> Compose(Draft draft, absl::string_view key, int64_t date_unix);

// The Message-ID of what is sent under this key from this domain, whatever letters it has.
std::string MessageIdOf(absl::string_view key, absl::string_view domain);

// What is known of a content by looking at it.
void Measure(ComposedMail& mail);

// kResourceExhausted, in words for the author.
absl::Status TooLarge();

}  // namespace postern::sender
