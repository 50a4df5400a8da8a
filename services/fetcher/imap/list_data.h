#pragma once

#include <optional>
#include <string>

#include "services/fetcher/imap/response.h"

namespace postern::fetcher::imap {

// What a LIST response said of a mailbox. RFC 3501 section 7.2.2, with what RFC 3348,
// RFC 5258 and RFC 9051 add.
struct ListedMailbox {
  std::string name;           // as on the wire: not decoded, not to be trusted
  std::string separator;      // one character, or empty: names have no levels
  bool selectable = true;     // no \Noselect, no \NonExistent
  bool has_children = false;  // \HasChildren: the server says so, which few do for certain
  bool utf8 = false;          // the name is UTF-8 as it stands: RFC 6855
  std::string special_use;    // RFC 6154, as we write it: "Sent"; empty: none
  std::optional<uint32_t> messages, unseen;  // not by LIST: see Session::ListCounts
};

// Nothing when it makes no sense: a name that a server can't write down right costs
// itself, not the others.
std::optional<ListedMailbox> ParseList(const Response& response);

// "\\sent" -> "Sent"; empty when it is no special use.
std::string SpecialUseOf(absl::string_view flag);

}  // namespace postern::fetcher::imap
