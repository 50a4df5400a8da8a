#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::rules {

enum class NotifyMethod : uint8_t { kXmpp, kMailto, kHttps };

// Whom a notification goes to, taken apart and decoded (RFC 5435).
struct NotifyUri {
  NotifyMethod method = NotifyMethod::kXmpp;
  std::vector<std::string>
      targets;  // one JID (RFC 5122); bare addresses (RFC 6068), at most 8; the URL itself
  std::map<std::string, std::string> parameters;  // "body", "subject": names in lower case
};

inline constexpr size_t kMaxNotifyUriBytes = 4096;

// kInvalidArgument: what is wrong with it, as the end of "the notification method …".
absl::StatusOr<NotifyUri> ParseNotifyUri(absl::string_view uri);

// "ann@example.org/home", "room@conference.example.org", "example.org". RFC 7622 section 3, as far
// as it can be told without its tables.
bool IsJid(absl::string_view text);

}  // namespace postern::rules
