#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

// Makes HTML readable as plain text: paragraphs, lists ("- ", "1. "), quotes
// ("> "), tables row by row with " | ", links as "text <url>" unless the text is the url, images by
// their alt text; scripts, styles, comments, hidden elements and tracking pixels are left out.
// `html` is UTF-8. The work is bounded: beyond `max_bytes` of output the rest is left out; depth of
// nesting costs no stack.
std::string HtmlToText(absl::string_view html, size_t max_bytes = 512 * 1024);

// The same, with the knowledge whether something was left out for its size.
struct ReadableHtml {
  std::string text;
  bool truncated = false;
};
ReadableHtml ReadHtml(absl::string_view html, size_t max_bytes);

}  // namespace postern::mail
