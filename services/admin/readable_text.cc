#include "services/admin/readable_text.h"

namespace postern::admin {
namespace {

// The length of the control character that stands at `at`; 0: there is none.
size_t ControlLength(absl::string_view text, size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20 || byte == 0x7f) return 1;
  // C1 is U+0080 to U+009F: C2 80 to C2 9F.
  if (byte != 0xc2 || at + 1 == text.size()) return 0;
  const auto next = static_cast<unsigned char>(text[at + 1]);
  return next >= 0x80 && next <= 0x9f ? 2 : 0;
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

bool HasControlCharacter(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (ControlLength(text, i) > 0) return true;
  }
  return false;
}

std::string OneLine(absl::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    while (max_bytes > 0 && IsContinuation(text[max_bytes])) --max_bytes;
    text = text.substr(0, max_bytes);
  }
  std::string line;
  line.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t control = ControlLength(text, i);
    line += control > 0 ? ' ' : text[i];
    i += control > 0 ? control : 1;
  }
  return line;
}

}  // namespace postern::admin
