#include "services/admin/watched_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"

namespace postern::admin {

absl::Status WatchedText::Refresh() {
  auto bytes = file_.Refresh();
  if (!bytes.ok() || !*bytes) return bytes.status();
  absl::string_view text = **bytes;
  if (!mail::IsUtf8(text)) {
    return absl::InvalidArgumentError(absl::StrCat(file_.path(), ": is not UTF-8"));
  }
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");  // editors put a byte order mark there
  text_ = mail::CleanText(absl::StripTrailingAsciiWhitespace(text));
  return absl::OkStatus();
}

}  // namespace postern::admin
