#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"

// What Session changes in a mailbox.
namespace postern::fetcher::imap {

// A mail to be filed.
struct NewMail {
  std::vector<std::string> flags;  // checked by the caller: "\\Seen", or an atom
  int64_t received_unix = 0;       // 0: now
  uint64_t size = 0;
};
// The next bytes of it; nothing behind the last ones.
using MailPieces = std::function<net::Task<absl::StatusOr<std::optional<std::string>>>()>;

enum class FlagChange { kAdd, kRemove };

}  // namespace postern::fetcher::imap
