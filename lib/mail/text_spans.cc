#include "lib/mail/text_spans.h"

#include <array>
#include <utility>

#include "absl/strings/ascii.h"

namespace postern::mail {
namespace {

using Style = Span::Style;

Style StyleOf(char c) {
  switch (c) {
    case '*':
      return Style::kStrong;
    case '_':
      return Style::kEmphasis;
    case '~':
      return Style::kStrike;
    case '`':
      return Style::kCode;
    default:
      return Style::kNone;
  }
}

bool IsBlank(char c) { return absl::ascii_isspace(c); }

// A style holds no other of its kind, so this goes four deep at the most.
class SpanReader {
 public:
  void Read(absl::string_view text) {
    // Where one mark finds no end, none further right does.
    std::array<bool, 5> endless{};
    size_t plain = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const Style style = StyleOf(text[i]);
      if (style == Style::kNone || !CanOpen(text, i) || endless[static_cast<size_t>(style)]) {
        continue;
      }
      const size_t end = FindEnd(text, i);
      if (end == text.npos) {
        endless[static_cast<size_t>(style)] = true;
        continue;
      }
      AddText(text.substr(plain, i - plain), false);
      AddStyle(style, text.substr(i + 1, end - i - 1));
      i = end;
      plain = end + 1;
    }
    AddText(text.substr(plain), false);
  }

  std::vector<Span> spans;

 private:
  static bool CanOpen(absl::string_view text, size_t at) {
    if (at > 0 && !IsBlank(text[at - 1])) return false;
    return at + 1 < text.size() && !IsBlank(text[at + 1]) && text[at + 1] != text[at];
  }

  static size_t FindEnd(absl::string_view text, size_t open) {
    for (size_t i = text.find(text[open], open + 2); i != text.npos;
         i = text.find(text[open], i + 1)) {
      if (!IsBlank(text[i - 1])) return i;
    }
    return text.npos;
  }

  void AddText(absl::string_view text, bool in_code) {
    if (!text.empty()) spans.push_back({Style::kNone, false, in_code, text});
  }

  void AddStyle(Style style, absl::string_view inner) {
    spans.push_back({style, true, false, {}});
    if (style == Style::kCode) {
      AddText(inner, true);
    } else {
      Read(inner);
    }
    spans.push_back({style, false, false, {}});
  }
};

}  // namespace

std::vector<Span> ReadSpans(absl::string_view line) {
  SpanReader reader;
  reader.Read(line);
  return std::move(reader.spans);
}

}  // namespace postern::mail
