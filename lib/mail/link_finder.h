#pragma once

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

namespace postern::mail {

// Where a link stands in a text.
struct Link {
  size_t begin = 0, end = 0;
};

// The first http, https or mailto address in a line, as people type it: without the full stop,
// the quote or the bracket behind it. Linear.
std::optional<Link> FindLink(absl::string_view line);

}  // namespace postern::mail
