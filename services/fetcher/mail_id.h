#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::fetcher {

// What names a mail of an IMAP account to other services, which take it for opaque:
// "UIDVALIDITY:UID", and ":" with the mailbox in base64 unless it is the account's own.
struct MailId {
  std::string mailbox;  // UTF-8; empty: the account's
  uint32_t uid_validity = 0, uid = 0;
};
std::string WriteMailId(const MailId& id);
std::optional<MailId> ParseMailId(absl::string_view id);

// The same for POP3: the key of its UIDL (known_mails.h) in hex.
std::string Pop3MailRef(uint64_t uidl_key);

// Some mails of one mailbox.
struct MailSet {
  std::string mailbox;
  uint32_t uid_validity = 0;
  std::vector<uint32_t> uids;  // each once, ascending
};
// kInvalidArgument: an id that is none, or ids of several mailboxes or of none. With a
// wording, kFailedPrecondition: a mailbox was renumbered between two of them.
absl::StatusOr<MailSet> ParseMailIds(const std::vector<std::string>& ids);

}  // namespace postern::fetcher
