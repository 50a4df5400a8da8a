#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/fetcher/imap/response.h"

// What servers say of mailboxes beside LIST. Values that make no sense cost themselves alone.
namespace postern::fetcher::imap {

// What EXAMINE said of a mailbox.
struct Mailbox {
  uint32_t uid_validity = 0;
  uint32_t uid_next = 0;  // 0: the server didn't say
  uint32_t exists = 0;
  bool read_only = false;
};

// What SELECT said.
struct SelectedMailbox {
  Mailbox mailbox;
  std::vector<std::string> permanent_flags;  // "\\*" among them: any; empty: not told
};

// "* STATUS work (MESSAGES 231 UIDNEXT 44292)". RFC 3501 section 7.2.4.
struct MailboxCounts {
  std::string name;  // as on the wire
  std::optional<uint32_t> messages, unseen, uid_next, uid_validity;
};
std::optional<MailboxCounts> ParseStatus(const Response& response);

// The prefixes of folders that are not the user's own. RFC 2342.
std::vector<std::string> ParseForeignNamespaces(const Response& response);

// "* QUOTA "" (STORAGE 10 512)". RFC 9208 section 4.2.1.
struct QuotaResource {
  std::string name;  // upper case
  uint64_t used = 0, limit = 0;
  bool operator==(const QuotaResource&) const = default;
};
std::vector<QuotaResource> ParseQuota(const Response& response);

// The words of a list in a status code: "(\Seen \*)" of PERMANENTFLAGS.
std::vector<std::string> ParseFlagList(absl::string_view text);

// "38505 3955" of "[APPENDUID 38505 3955]". RFC 4315 section 3.
struct AppendedUid {
  uint32_t uid_validity = 0, uid = 0;
};
std::optional<AppendedUid> ParseAppendUid(absl::string_view text);

}  // namespace postern::fetcher::imap
