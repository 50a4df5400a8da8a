#include "lib/mail/body_encoding.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::mail {
namespace {

constexpr size_t kPlainLine = 78;    // RFC 5322 section 2.1.1
constexpr size_t kEncodedLine = 76;  // RFC 2045 section 6.7 (5)

bool IsBeyondAscii(unsigned char c) { return c >= 0x80; }

// Relays and mailboxes on the way strip white space at line ends and write ">From ".
bool SurvivesAsIs(absl::string_view line) {
  return line.size() <= kPlainLine && !absl::EndsWith(line, " ") && !absl::EndsWith(line, "\t") &&
         !absl::StartsWith(line, "From ") && std::none_of(line.begin(), line.end(), IsBeyondAscii);
}

std::string QuotedPrintableLine(absl::string_view line) {
  std::string out;
  size_t column = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const unsigned char c = line[i];
    const bool is_last = i + 1 == line.size();
    const bool is_blank = c == ' ' || c == '\t';
    const bool literal = is_blank ? !is_last : c > ' ' && c < 0x7F && c != '=';
    std::string coded = literal ? std::string(1, line[i]) : absl::StrFormat("=%02X", c);
    if (column + coded.size() > kEncodedLine - (is_last ? 0 : 1)) {
      out += "=\r\n";
      column = 0;
    }
    if (column == 0 && absl::StartsWith(line.substr(i), "From ")) coded = "=46";
    out += coded;
    column += coded.size();
  }
  return out + "\r\n";
}

std::string Base64Lines(absl::string_view bytes) {
  std::string out;
  constexpr size_t kBytesPerLine = kEncodedLine / 4 * 3;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kBytesPerLine))) {
    absl::StrAppend(&out, absl::Base64Escape(bytes.substr(0, kBytesPerLine)), "\r\n");
  }
  return out;
}

}  // namespace

EncodedBody EncodeBody(absl::string_view text) {
  if (text.empty()) return {"7bit", ""};
  const std::vector<absl::string_view> lines = absl::StrSplit(absl::StripSuffix(text, "\n"), '\n');
  if (std::all_of(lines.begin(), lines.end(), SurvivesAsIs)) {
    return {"7bit", absl::StrCat(absl::StrJoin(lines, "\r\n"), "\r\n")};
  }
  // Beyond a quarter, quoted-printable is longer and no more readable.
  const size_t beyond_ascii = std::count_if(text.begin(), text.end(), IsBeyondAscii);
  if (beyond_ascii * 4 > text.size()) {
    return {"base64", Base64Lines(absl::StrCat(absl::StrJoin(lines, "\r\n"), "\r\n"))};
  }
  std::string bytes;
  for (absl::string_view line : lines) bytes += QuotedPrintableLine(line);
  return {"quoted-printable", std::move(bytes)};
}

}  // namespace postern::mail
