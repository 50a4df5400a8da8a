#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "services/sender/compose/draft.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender {

inline constexpr size_t kMaxRecipients = 100;

// The form in which an address travels (lib/mail/domain_name.h). kInvalidArgument, in words:
// nothing can be sent from there, or to there.
absl::StatusOr<mail::Address> Travelling(const mail::Address& address);

// Gives all addresses of a draft the form in which they travel, and answers who the mail is from
// and to: each recipient once, in order. kInvalidArgument; kResourceExhausted: more than
// kMaxRecipients. In words for its author.
absl::StatusOr<smtp::Envelope> EnvelopeOf(Draft& draft);

// As an envelope's id it has to be short and printable: RFC 3461 section 4.4.
std::string EnvelopeIdOf(absl::string_view message_id);

}  // namespace postern::sender
