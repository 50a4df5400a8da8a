#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "services/fetcher/imap/command.h"

namespace postern::fetcher::imap {

// What mails are looked for: all that is said has to be so. RFC 3501 section 6.4.4.
struct SearchCriteria {
  std::string text, from, to, subject;      // UTF-8; empty: any
  int64_t since_unix = 0, before_unix = 0;  // by the day (UTC) the server got it; 0: any
  bool unseen = false, flagged = false;
};

// Whether a charset has to be named.
bool NeedsCharset(const SearchCriteria& criteria);

// Writes the keys of a SEARCH or SORT behind what `command` holds; "ALL" when there are none.
// kInvalidArgument, naming the field, for what no server could be asked: a line break, a NUL,
// more than 1000 bytes, a day that no calendar has. The mail `or_uid`, unless it is 0, is found
// whatever it is.
absl::Status AddCriteria(const SearchCriteria& criteria, Command& command, uint32_t or_uid = 0);

}  // namespace postern::fetcher::imap
