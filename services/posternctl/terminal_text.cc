#include "services/posternctl/terminal_text.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"

namespace postern::posternctl {
namespace {

constexpr size_t kNarrowest = 20;

struct Range {
  char32_t first, last;
};

template <size_t N>
bool IsIn(const Range (&ranges)[N], char32_t c) {
  const auto range = std::upper_bound(std::begin(ranges), std::end(ranges), c,
                                      [](char32_t v, const Range& r) { return v < r.first; });
  return range != std::begin(ranges) && c <= std::prev(range)->last;
}

// What a terminal obeys, or what makes text look like another: C0, C1, bidi
// controls (UAX #9), invisible separators, tags, interlinear annotation.
constexpr Range kHarmful[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},
    {0x180E, 0x180E}, {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},
    {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
};

// Combining marks of the common scripts, joiners, variation selectors.
constexpr Range kNoWidth[] = {
    {0x300, 0x36F},     {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},
    {0x6D6, 0x6DC},     {0x93C, 0x93C},   {0x941, 0x948},   {0x94D, 0x94D},   {0xE31, 0xE31},
    {0xE34, 0xE3A},     {0xE47, 0xE4E},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200C, 0x200D},
    {0x20D0, 0x20FF},   {0x302A, 0x302D}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    {0x1F3FB, 0x1F3FF},  // skin tones join the emoji before them
};

// East Asian Wide and Fullwidth (UAX #11), and what is shown as emoji.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26A1, 0x26A1},   {0x26BD, 0x26BE},
    {0x26C4, 0x26C5},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},
    {0x274C, 0x274C},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x2B50, 0x2B50},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F18E, 0x1F19A},
    {0x1F1E6, 0x1F202}, {0x1F210, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB},
    {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD},
};

// Takes the first code point off valid UTF-8.
char32_t TakeCodePoint(absl::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t code = length == 1 ? lead : lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) code = (code << 6) | (text[i] & 0x3F);
  text.remove_prefix(length);
  return code;
}

// The longest code point at the head of `text`; "" when the first byte begins none.
absl::string_view FirstCodePoint(absl::string_view text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length)
    if (mail::IsUtf8(text.substr(0, length))) return text.substr(0, length);
  return "";
}

std::string Escape(char32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\r') return "\\r";
  if (code == '\t') return "\\t";
  if (code < 0x100) return absl::StrFormat("\\x%02x", static_cast<uint32_t>(code));
  return absl::StrFormat("\\u{%x}", static_cast<uint32_t>(code));
}

}  // namespace

std::string EscapeForTerminal(absl::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    absl::string_view code_point = FirstCodePoint(text);
    if (code_point.empty()) {
      absl::StrAppend(&safe, Escape(static_cast<unsigned char>(text[0])));
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(code_point.size());
    absl::string_view rest = code_point;
    const char32_t code = TakeCodePoint(rest);
    absl::StrAppend(&safe, IsIn(kHarmful, code) ? Escape(code) : std::string(code_point));
  }
  return safe;
}

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const char32_t code = TakeCodePoint(text);
    if (!IsIn(kNoWidth, code)) width += IsIn(kWide, code) ? 2 : 1;
  }
  return width;
}

std::vector<std::string> WrapText(absl::string_view text, size_t width) {
  std::vector<std::string> lines;
  while (width > 0 && DisplayWidth(text) > width) {
    absl::string_view rest = text;
    size_t used = 0, blank = 0, end = 0;  // of the line: columns, its last blank, bytes
    while (used <= width) {
      end = text.size() - rest.size();
      if (rest[0] == ' ') blank = end;
      absl::string_view next = rest;
      TakeCodePoint(next);
      used += DisplayWidth(rest.substr(0, rest.size() - next.size()));
      rest = next;
    }
    if (end == 0) end = text.size() - rest.size();  // one letter wider than all there is
    const size_t cut = blank > 0 ? blank : end;
    lines.emplace_back(absl::StripTrailingAsciiWhitespace(text.substr(0, cut)));
    text.remove_prefix(cut);
    while (absl::ConsumePrefix(&text, " ")) continue;
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

size_t TerminalWidth() {
  size_t told = 0;
  const char* columns = std::getenv("COLUMNS");
  if (columns != nullptr && absl::SimpleAtoi(columns, &told)) return std::max(told, kNarrowest);
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 0;
  return std::max<size_t>(size.ws_col, kNarrowest);
}

}  // namespace postern::posternctl
