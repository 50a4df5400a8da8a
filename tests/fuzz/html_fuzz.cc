// Any bytes must render into valid UTF-8 within the limit.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "lib/mail/html_to_text.h"
#include "lib/mail/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kLimit = 4096;
  const absl::string_view html(reinterpret_cast<const char*>(data), size);
  const postern::mail::ReadableHtml readable = postern::mail::ReadHtml(html, kLimit);
  if (readable.text.size() > kLimit || !postern::mail::IsUtf8(readable.text)) std::abort();
  return 0;
}
