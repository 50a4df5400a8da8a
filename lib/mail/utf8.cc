#include "lib/mail/utf8.h"

#include <cstdint>
#include <cstring>

#include "absl/strings/ascii.h"

namespace postern::mail {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

struct CodePoint {
  uint32_t value = 0;
  size_t length = 0;  // bytes consumed
  bool valid = false;
};

// Reads the code point at `at`. A broken one consumes its longest sensible
// beginning, so one torn character is one U+FFFD (Unicode 15, section 3.9).
CodePoint ReadCodePoint(absl::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  if (lead < 0xC2 || lead > 0xF4) return {0, 1, false};
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  uint32_t value = lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if (at + i >= text.size()) return {0, i, false};
    const uint8_t next = byte(at + i);
    uint8_t low = 0x80, high = 0xBF;
    if (i == 1 && lead == 0xE0) low = 0xA0;   // overlong
    if (i == 1 && lead == 0xED) high = 0x9F;  // surrogates
    if (i == 1 && lead == 0xF0) low = 0x90;   // overlong
    if (i == 1 && lead == 0xF4) high = 0x8F;  // past U+10FFFF
    if (next < low || next > high) return {0, i, false};
    value = value << 6 | (next & 0x3F);
  }
  return {value, length, true};
}

// How many bytes from `at` on are printable ASCII, as most of all text is: what is the same
// in every check needs none.
size_t PlainRun(absl::string_view text, size_t at) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  size_t end = at;
  for (uint64_t word = 0; text.size() - end >= sizeof word; end += sizeof word) {
    std::memcpy(&word, text.data() + end, sizeof word);
    const uint64_t below_space = (word - kOnes * ' ') & ~word;
    const uint64_t above_tilde = (word + kOnes) | word;
    if (((below_space | above_tilde) & kOnes * 0x80) != 0) break;
  }
  while (end < text.size() && text[end] >= ' ' && text[end] < 0x7F) ++end;
  return end - at;
}

// Past the ASCII bytes from `at` on.
size_t SkipAscii(absl::string_view text, size_t at) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  for (uint64_t word = 0; text.size() - at >= sizeof word; at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (at < text.size() && static_cast<uint8_t>(text[at]) < 0x80) ++at;
  return at;
}

bool IsControl(uint32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

bool IsBidiControl(uint32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool IsLineSeparator(uint32_t c) { return c == 0x85 || c == 0x2028 || c == 0x2029; }

// Not allowed in XML 1.0 (section 2.2), or noise.
bool IsNonCharacter(uint32_t c) {
  return (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF) || c == 0xFEFF;
}

template <typename Predicate>
bool AnyOf(absl::string_view utf8, Predicate predicate) {
  for (size_t at = 0; at < utf8.size();) {
    const CodePoint c = ReadCodePoint(utf8, at);
    if (c.valid && predicate(c.value)) return true;
    at += c.length;
  }
  return false;
}

}  // namespace

bool IsUtf8(absl::string_view bytes) {
  for (size_t at = SkipAscii(bytes, 0); at < bytes.size(); at = SkipAscii(bytes, at)) {
    const CodePoint c = ReadCodePoint(bytes, at);
    if (!c.valid) return false;
    at += c.length;
  }
  return true;
}

std::string RepairUtf8(absl::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (size_t at = 0; at < bytes.size();) {
    if (const size_t plain = PlainRun(bytes, at); plain > 0) {
      out.append(bytes.data() + at, plain);
      at += plain;
      continue;
    }
    const CodePoint c = ReadCodePoint(bytes, at);
    const absl::string_view piece = c.valid ? bytes.substr(at, c.length) : kReplacement;
    out.append(piece.data(), piece.size());
    at += c.length;
  }
  return out;
}

std::string CleanLine(absl::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (size_t at = 0; at < utf8.size();) {
    if (const size_t plain = PlainRun(utf8, at); plain > 0) {
      out.append(utf8.data() + at, plain);
      at += plain;
      continue;
    }
    const CodePoint c = ReadCodePoint(utf8, at);
    if (!c.valid) {
      out.append(kReplacement.data(), kReplacement.size());
    } else if (c.value == '\n' || c.value == '\t' || IsLineSeparator(c.value)) {
      out.push_back(' ');
    } else if (c.value == '\r') {
      if (utf8.substr(at + 1, 1) != "\n") out.push_back(' ');
    } else if (!IsControl(c.value) && !IsBidiControl(c.value) && !IsNonCharacter(c.value)) {
      out.append(utf8.data() + at, c.length);
    }
    at += c.length;
  }
  absl::StripAsciiWhitespace(&out);
  return out;
}

std::string CleanText(absl::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  size_t kept = 0;  // where what stays as it is began
  for (size_t at = 0; at < utf8.size();) {
    at += PlainRun(utf8, at);
    if (at == utf8.size()) break;
    const CodePoint c = ReadCodePoint(utf8, at);
    const bool stays =
        c.valid && (c.value == '\n' || c.value == '\t' ||
                    (!IsControl(c.value) && !IsLineSeparator(c.value) && !IsNonCharacter(c.value)));
    if (!stays) {
      out.append(utf8.data() + kept, at - kept);
      kept = at + c.length;
    }
    if (!c.valid) {
      out.append(kReplacement.data(), kReplacement.size());
    } else if (c.value == '\r') {
      if (utf8.substr(at + 1, 1) != "\n") out.push_back('\n');
    } else if (IsLineSeparator(c.value)) {
      out.push_back('\n');
    }
    at += c.length;
  }
  out.append(utf8.data() + kept, utf8.size() - kept);
  return out;
}

absl::string_view CutUtf8(absl::string_view utf8, size_t max_bytes) {
  if (utf8.size() <= max_bytes) return utf8;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<uint8_t>(utf8[end]) & 0xC0) == 0x80) --end;
  return utf8.substr(0, end);
}

bool HasControls(absl::string_view utf8) {
  return AnyOf(utf8, [](uint32_t c) { return IsControl(c) || IsLineSeparator(c); });
}

bool HasBidiControls(absl::string_view utf8) { return AnyOf(utf8, IsBidiControl); }

}  // namespace postern::mail
