#pragma once

#include <string>
#include <vector>

namespace postern::mail {

// What a mail server tells of a mail that was sent: RFC 3464, or what was read out of a bounce
// that is none. Every string is one line of clean UTF-8.
struct DeliveryReport {
  enum class Action { kUnknown, kFailed, kDelayed, kDelivered, kRelayed, kExpanded };
  struct Recipient {
    std::string address;  // as it was written to (ORCPT), else the final one; at most 512 bytes
    Action action = Action::kUnknown;
    std::string status;      // "5.1.1" (RFC 3463); empty: not told
    std::string diagnostic;  // the server's words; at most 512 bytes
    bool operator==(const Recipient&) const = default;
  };
  std::string envelope_id;            // ENVID (RFC 3461), decoded; empty: not told
  std::string message_id;             // of the mail it is about, without angle brackets
  std::vector<Recipient> recipients;  // from 1 to 100
  bool operator==(const DeliveryReport&) const = default;
};

}  // namespace postern::mail
