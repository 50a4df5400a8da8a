#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::xmpp_edge {

// A folder's names, from the top down, as one text for disco nodes and JID resources:
// "Lists/C%2FC++" <-> {"Lists", "C/C++"}. Always "/", whatever the mail server's
// separator. What a name holds of "/", "%" and control characters is escaped as in a URI,
// and so is everything but ASCII in a name that servers would change on its way
// (resourceprep, RFC 3920 appendix B) or refuse.
std::string EncodeFolderPath(const std::vector<std::string>& path);

// nullopt: no such text. It is empty, names nothing between two slashes, is more than
// 64 levels deep, or no UTF-8.
std::optional<std::vector<std::string>> DecodeFolderPath(absl::string_view text);

}  // namespace postern::xmpp_edge
