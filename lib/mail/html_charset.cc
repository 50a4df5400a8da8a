#include "lib/mail/html_charset.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "lib/mail/charset.h"

namespace postern::mail {
namespace {

// The name after "charset=" in <meta charset=x> or <meta content="text/html; charset=x">.
std::string MetaCharset(absl::string_view html) {
  constexpr size_t kLookAhead = 2048;
  const std::string head = absl::AsciiStrToLower(html.substr(0, kLookAhead));
  const size_t meta = head.find("<meta");
  const size_t key = meta == head.npos ? meta : head.find("charset=", meta);
  if (key == head.npos) return "";
  const size_t start = head.find_first_not_of("\"' ", key + 8);
  if (start == head.npos) return "";
  const size_t end = head.find_first_of("\"' ;/>", start);
  std::string name = head.substr(start, std::min(end, head.size()) - start);
  // A <meta> that could be read is not in UTF-16, whatever it says (HTML, section 13.2.3.3).
  return name.starts_with("utf-16") || name.starts_with("utf-32") ? "utf-8" : name;
}

}  // namespace

std::string HtmlToUtf8(absl::string_view html, absl::string_view declared_charset) {
  if (!declared_charset.empty()) return ToUtf8(html, declared_charset);
  return ToUtf8(html, MetaCharset(html));
}

}  // namespace postern::mail
