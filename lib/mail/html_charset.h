#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

// Turns the bytes of an HTML part into UTF-8: in the charset that the mail
// declares, else in the one that a <meta> near the beginning does.
std::string HtmlToUtf8(absl::string_view html, absl::string_view declared_charset);

}  // namespace postern::mail
