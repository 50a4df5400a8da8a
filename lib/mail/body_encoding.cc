#include "lib/mail/body_encoding.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::mail {
namespace {

constexpr size_t kPlainLine = 78;     // RFC 5322 section 2.1.1
constexpr size_t kLongestLine = 998;  // the same
constexpr size_t kEncodedLine = 76;   // RFC 2045 section 6.7 (5)

size_t CountBeyondAscii(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; });
}

// Relays and mailboxes on the way strip white space at line ends and write ">From ". A flowed
// text takes its chance, as RFC 3676 section 4.2 asks for.
bool SurvivesAsIs(absl::string_view line, TextShape shape) {
  const bool flows = shape == TextShape::kFlowed;
  return line.size() <= (flows ? kLongestLine : kPlainLine) &&
         (flows || !absl::EndsWith(line, " ")) && !absl::EndsWith(line, "\t") &&
         !absl::StartsWith(line, "From ");
}

bool AllSurvive(absl::string_view text, TextShape shape) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!SurvivesAsIs(line, shape)) return false;
  }
  return true;
}

// `text` has no line end at its end.
std::string WithCrlf(absl::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16 + 64);
  while (true) {
    const size_t end = text.find('\n');
    const absl::string_view line = text.substr(0, end);
    out.append(line.data(), line.size()).append("\r\n");
    if (end == text.npos) return out;
    text.remove_prefix(end + 1);
  }
}

bool IsLiteral(unsigned char c) { return c >= ' ' && c < 0x7F && c != '='; }

// As much of the line as stands as it is and fits into `columns`. Neither a blank at the line's
// end does, nor "From " at the beginning of one.
size_t LiteralRun(absl::string_view line, size_t at, size_t columns) {
  const size_t most = std::min(line.size(), at + columns);
  size_t end = at;
  while (end < most && (IsLiteral(line[end]) || line[end] == '\t')) ++end;
  if (end == line.size() && end > at && (line[end - 1] == ' ' || line[end - 1] == '\t')) --end;
  return end - at;
}

void AppendQuotedPrintable(absl::string_view line, std::string& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  size_t column = 0;
  for (size_t i = 0; i < line.size();) {
    // A soft line break has to fit behind all but the last character.
    const bool guards_from = column == 0 && absl::StartsWith(line.substr(i), "From ");
    size_t run = guards_from ? 0 : LiteralRun(line, i, kEncodedLine - 1 - column);
    if (i + run + 1 == line.size() && column + run + 1 == kEncodedLine &&
        IsLiteral(line[i + run]) && line[i + run] != ' ') {
      ++run;
    }
    out.append(line.data() + i, run);
    i += run;
    column += run;
    if (i == line.size()) break;
    const unsigned char c = line[i];
    const bool is_last = i + 1 == line.size();
    const bool is_stop = !guards_from && IsLiteral(c) && !(is_last && c == ' ');
    if (is_stop || column + 3 > kEncodedLine - (is_last ? 0 : 1)) {
      out += "=\r\n";
      column = 0;
      continue;
    }
    out.append({'=', kHex[c >> 4], kHex[c & 15]});
    column += 3;
    ++i;
  }
  out += "\r\n";
}

std::string QuotedPrintable(absl::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() + text.size() / 2 + 64);
  for (absl::string_view line : absl::StrSplit(text, '\n')) AppendQuotedPrintable(line, bytes);
  return bytes;
}

}  // namespace

std::string Base64Lines(absl::string_view bytes) {
  const std::string digits = absl::Base64Escape(bytes);
  std::string out;
  out.reserve(digits.size() + digits.size() / kEncodedLine * 2 + 2);
  for (size_t at = 0; at < digits.size(); at += kEncodedLine) {
    out.append(digits, at, kEncodedLine).append("\r\n");
  }
  return out;
}

bool IsSevenBit(absl::string_view bytes) {
  size_t line = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const unsigned char c = bytes[i];
    if (c == '\r' && bytes.substr(i + 1, 1) == "\n") {
      ++i;
      line = 0;
    } else if (c == 0 || c >= 0x80 || c == '\r' || c == '\n' || ++line > kLongestLine) {
      return false;
    }
  }
  return true;
}

EncodedBody EncodeBody(absl::string_view text, TextShape shape) {
  if (text.empty()) return {"7bit", ""};
  absl::ConsumeSuffix(&text, "\n");
  const size_t beyond_ascii = CountBeyondAscii(text);
  if (beyond_ascii == 0 && AllSurvive(text, shape)) return {"7bit", WithCrlf(text)};
  // Beyond a quarter, quoted-printable is longer and no more readable.
  if (beyond_ascii * 4 > text.size()) return {"base64", Base64Lines(WithCrlf(text))};
  return {"quoted-printable", QuotedPrintable(text)};
}

}  // namespace postern::mail
