#include "lib/mail/charset.h"

#include <iconv.h>

#include <cerrno>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

constexpr char kUtf8[] = "UTF-8";
constexpr char kGuess[] = "";

// Only these names reach iconv: its rarer converters have a history of hangs
// and aborts on hostile bytes (CVE-2020-27618, CVE-2021-3326). Where a wider
// charset is what mailers mean by a name, that one is used, as browsers do.
struct Charset {
  absl::string_view name;  // lower case letters and digits only
  const char* iconv_name;
};
constexpr Charset kCharsets[] = {
    {"utf8", kUtf8},
    {"unicode11utf8", kUtf8},
    {"utf8mb4", kUtf8},
    {"cp65001", kUtf8},
    {"utf7", "UTF-7"},
    {"unicode11utf7", "UTF-7"},
    {"utf16", "UTF-16"},
    {"utf16le", "UTF-16LE"},
    {"utf16be", "UTF-16BE"},
    {"ucs2", "UTF-16"},
    {"utf32", "UTF-32"},
    {"utf32le", "UTF-32LE"},
    {"utf32be", "UTF-32BE"},
    {"latin1", "CP1252"},
    {"iso88591", "CP1252"},
    {"latin2", "ISO-8859-2"},
    {"iso88592", "ISO-8859-2"},
    {"iso88593", "ISO-8859-3"},
    {"iso88594", "ISO-8859-4"},
    {"iso88595", "ISO-8859-5"},
    {"iso88596", "ISO-8859-6"},
    {"iso88597", "ISO-8859-7"},
    {"iso88598", "ISO-8859-8"},
    {"iso88598i", "ISO-8859-8"},
    {"iso88598e", "ISO-8859-8"},
    {"iso88599", "CP1254"},
    {"latin5", "CP1254"},
    {"iso885910", "ISO-8859-10"},
    {"iso885911", "CP874"},
    {"tis620", "CP874"},
    {"cp874", "CP874"},
    {"iso885913", "ISO-8859-13"},
    {"iso885914", "ISO-8859-14"},
    {"iso885915", "ISO-8859-15"},
    {"latin9", "ISO-8859-15"},
    {"iso885916", "ISO-8859-16"},
    {"cp1250", "CP1250"},
    {"cp1251", "CP1251"},
    {"cp1252", "CP1252"},
    {"cp1253", "CP1253"},
    {"cp1254", "CP1254"},
    {"cp1255", "CP1255"},
    {"cp1256", "CP1256"},
    {"cp1257", "CP1257"},
    {"cp1258", "CP1258"},
    {"koi8r", "KOI8-R"},
    {"koi8", "KOI8-R"},
    {"koi8u", "KOI8-U"},
    {"koi8ru", "KOI8-U"},
    {"cp437", "CP437"},
    {"cp850", "CP850"},
    {"cp852", "CP852"},
    {"cp855", "CP855"},
    {"cp858", "CP850"},
    {"cp866", "CP866"},
    {"macintosh", "MACINTOSH"},
    {"macroman", "MACINTOSH"},
    {"maccyrillic", "MAC-CYRILLIC"},
    {"iso2022jp", "ISO-2022-JP-2"},
    {"iso2022jp1", "ISO-2022-JP-2"},
    {"iso2022jp2", "ISO-2022-JP-2"},
    {"cp50220", "ISO-2022-JP-2"},
    {"cp50221", "ISO-2022-JP-2"},
    {"shiftjis", "CP932"},
    {"sjis", "CP932"},
    {"mskanji", "CP932"},
    {"cp932", "CP932"},
    {"cp31j", "CP932"},
    {"eucjp", "EUC-JP-MS"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"cp936", "GB18030"},
    {"gb18030", "GB18030"},
    {"euccn", "GB18030"},
    {"gb231280", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"big5hkscs", "BIG5-HKSCS"},
    {"cp950", "BIG5-HKSCS"},
    {"euctw", "EUC-TW"},
    {"euckr", "CP949"},
    {"ksc56011987", "CP949"},
    {"ksc5601", "CP949"},
    {"cp949", "CP949"},
    {"iso2022kr", "ISO-2022-KR"},
    {"viscii", "VISCII"},
    {"armscii8", "ARMSCII-8"},
};

// "Windows-1251", "cp1251", "x-cp1251", "ms1251" and "win1251" are one name.
std::string NormalName(absl::string_view charset) {
  std::string name;
  for (char c : charset.substr(0, 40)) {
    if (absl::ascii_isalnum(c)) name.push_back(absl::ascii_tolower(c));
  }
  absl::string_view view = name;
  if (view.size() > 2 && absl::StartsWith(absl::AsciiStrToLower(charset), "x-"))
    view.remove_prefix(1);
  if (absl::ConsumePrefix(&view, "cs") && view.empty()) return name;
  for (absl::string_view vendor : {"windows", "win", "ibm", "ms", "cp", "microsoftcp", "dos"}) {
    absl::string_view number = view;
    if (absl::ConsumePrefix(&number, vendor) && !number.empty() && absl::ascii_isdigit(number[0])) {
      return absl::StrCat("cp", number);
    }
  }
  return std::string(view);
}

const char* IconvName(absl::string_view charset) {
  if (charset.empty()) return kGuess;  // as of most header fields
  const std::string name = NormalName(charset);
  for (const Charset& known : kCharsets) {
    if (name == known.name) return known.iconv_name;
  }
  return kGuess;
}

std::string Convert(absl::string_view bytes, const char* iconv_name) {
  const iconv_t converter = iconv_open(kUtf8, iconv_name);
  if (converter == reinterpret_cast<iconv_t>(-1)) return RepairUtf8(bytes);
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 2);
  char* in = const_cast<char*>(bytes.data());
  size_t in_left = bytes.size();
  char buffer[4096];
  while (true) {
    char* to = buffer;
    size_t room = sizeof buffer;
    // Without input, iconv flushes what its state still holds.
    const size_t result = iconv(converter, in_left > 0 ? &in : nullptr, &in_left, &to, &room);
    const int error = result == static_cast<size_t>(-1) ? errno : 0;
    out.append(buffer, to - buffer);
    if (error == E2BIG) continue;
    if (error == 0) {
      if (in == nullptr || in_left == 0) break;
      continue;
    }
    out.append("\xEF\xBF\xBD");  // EILSEQ, or EINVAL: torn at the end
    if (error == EINVAL || in_left == 0) break;
    ++in;
    --in_left;
  }
  iconv_close(converter);
  return out;
}

bool HasEscapes(absl::string_view bytes) {
  if (!absl::StrContains(bytes, '\x1B')) return false;
  return absl::StrContains(bytes, "\x1B$") || absl::StrContains(bytes, "\x1B(");
}

// A message may be cut off in the middle of a character; that is not a sign of another charset.
absl::string_view WithoutTornTail(absl::string_view bytes) {
  for (size_t tail = 1; tail <= 3 && tail < bytes.size(); ++tail) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - tail]);
    if (byte < 0x80 || byte > 0xF4) break;
    if (byte >= 0xC0) {
      const size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
      return tail < needed ? bytes.substr(0, bytes.size() - tail) : bytes;
    }
  }
  return bytes;
}

bool IsContinuation(unsigned char c) { return (c & 0xC0) == 0x80; }

// Bytes that follow UTF-8's pattern hardly ever do so by chance: one sequence,
// even one that stands for nothing such as a surrogate, is evidence enough.
bool LooksLikeUtf8(absl::string_view bytes) {
  size_t missing = 0;
  for (unsigned char c : bytes) {
    if (missing > 0 && IsContinuation(c)) {
      if (--missing == 0) return true;
    } else {
      missing = c < 0xC2 || c > 0xF4 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    }
  }
  return false;
}

std::string Guess(absl::string_view bytes) {
  if (HasEscapes(bytes)) return Convert(bytes, "ISO-2022-JP-2");
  const absl::string_view whole = WithoutTornTail(bytes);
  if (IsUtf8(whole)) return std::string(whole);
  return Convert(bytes, "CP1252");
}

}  // namespace

std::string ToUtf8(absl::string_view bytes, absl::string_view charset) {
  const char* name = IconvName(charset);
  if (name == kGuess) return Guess(bytes);
  if (name != kUtf8) return Convert(bytes, name);
  const absl::string_view whole = WithoutTornTail(bytes);
  if (IsUtf8(whole)) return std::string(whole);
  return LooksLikeUtf8(bytes) ? RepairUtf8(bytes) : Convert(bytes, "CP1252");
}

}  // namespace postern::mail
