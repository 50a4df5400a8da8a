#include "lib/mail/date.h"

#include <gmime/gmime-utils.h>

#include <string>

#include "absl/strings/match.h"

namespace postern::mail {

namespace {
constexpr int64_t kEndOfYear9999 = 253402300799;
constexpr size_t kMaxDate = 200;
}  // namespace

int64_t DecodeDate(absl::string_view text) {
  const std::string date_text(text.substr(0, kMaxDate));
  GDateTime* date =
      date_text.empty() ? nullptr : g_mime_utils_header_decode_date(date_text.c_str());
  if (date == nullptr) return 0;
  const int64_t unix_time = g_date_time_to_unix(date);
  g_date_time_unref(date);
  return unix_time > 0 && unix_time <= kEndOfYear9999 ? unix_time : 0;
}

int64_t ReceivedTime(const Mail& mail) {
  for (const Header& header : mail.headers) {
    if (!absl::EqualsIgnoreCase(header.name, "Received")) continue;
    // The date is behind the last semicolon; comments may hold others before it.
    const size_t semicolon = header.value.rfind(';');
    return semicolon == std::string::npos
               ? 0
               : DecodeDate(absl::string_view(header.value).substr(semicolon + 1));
  }
  return 0;
}

}  // namespace postern::mail
