#include "services/rules/code_points.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace postern::rules {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

size_t CodePointLength(absl::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  const bool whole =
      text.size() >= length && std::all_of(text.begin() + 1, text.begin() + length, IsContinuation);
  return whole ? length : 1;
}

size_t CountCodePoints(absl::string_view text) {
  return text.size() - std::count_if(text.begin(), text.end(), IsContinuation);
}

std::string Shorten(absl::string_view text, size_t max_code_points) {
  size_t end = 0;
  for (size_t count = 0; end < text.size(); ++count) {
    if (count == max_code_points) return absl::StrCat(text.substr(0, end), "…");
    end += CodePointLength(text.substr(end));
  }
  return std::string(text);
}

}  // namespace postern::rules
