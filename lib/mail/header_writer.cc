#include "lib/mail/header_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

constexpr size_t kLine = 78;
constexpr size_t kMaxPlainWord = 200;  // a longer one is split into encoded words
constexpr absl::string_view kQ = "=?UTF-8?Q?";
constexpr absl::string_view kB = "=?UTF-8?B?";
constexpr size_t kWordText =
    75 - 12;  // RFC 2047 section 2: an encoded word has at most 75 characters

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

bool NeedsEncoding(absl::string_view text) {
  if (!IsAscii(text) || absl::StrContains(text, "=?") || absl::StrContains(text, "  ")) return true;
  if (absl::StartsWith(text, " ") || absl::EndsWith(text, " ")) return true;
  for (absl::string_view word : absl::StrSplit(text, ' ')) {
    if (word.size() > kMaxPlainWord) return true;
  }
  return false;
}

// The form that is safe in a phrase too, RFC 2047 section 5 (3).
std::string QEncode(absl::string_view character) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : character) {
    if (absl::ascii_isalnum(c) || absl::StrContains("!*+-/", static_cast<char>(c))) {
      out.push_back(static_cast<char>(c));
    } else if (c == ' ') {
      out.push_back('_');
    } else {
      out.append({'=', kHex[c >> 4], kHex[c & 15]});
    }
  }
  return out;
}

size_t CodePointLength(absl::string_view text) {
  size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80)
    ++length;
  return length;
}

// No character is torn between two words, RFC 2047 section 5.
HeaderWords QWords(absl::string_view text) {
  HeaderWords words;
  std::string payload;
  while (!text.empty()) {
    const size_t length = CodePointLength(text);
    const std::string encoded = QEncode(text.substr(0, length));
    if (payload.size() + encoded.size() > kWordText) {
      words.push_back(absl::StrCat(kQ, payload, "?="));
      payload.clear();
    }
    payload += encoded;
    text.remove_prefix(length);
  }
  words.push_back(absl::StrCat(kQ, payload, "?="));
  return words;
}

// As many characters as fit into one word. Only the last word ends with '=' if that can be: GMime
// joins words before it decodes them, and stops there.
absl::string_view CutForBase64(absl::string_view text) {
  constexpr size_t kBytes = kWordText / 4 * 3;
  const absl::string_view longest = CutUtf8(text, kBytes);
  if (longest.size() == text.size()) return longest;
  for (size_t size = kBytes; size >= kBytes / 2; size -= 3) {
    if (const absl::string_view piece = CutUtf8(text, size); piece.size() % 3 == 0) return piece;
  }
  return longest;
}

HeaderWords BWords(absl::string_view text) {
  HeaderWords words;
  while (!text.empty()) {
    const absl::string_view piece = CutForBase64(text);
    words.push_back(absl::StrCat(kB, absl::Base64Escape(piece), "?="));
    text.remove_prefix(piece.size());
  }
  return words;
}

HeaderWords EncodedWords(absl::string_view text) {
  const auto beyond_ascii =
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; });
  return static_cast<size_t>(beyond_ascii) * 3 > text.size() ? BWords(text) : QWords(text);
}

bool IsAtomPhrase(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == ' ' || absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+-/=?^_`{|}~", c);
  });
}

std::string QuotedString(absl::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

HeaderWords PhraseWords(absl::string_view name) {
  if (NeedsEncoding(name)) return EncodedWords(name);
  if (IsAtomPhrase(name)) return absl::StrSplit(name, ' ');
  if (name.size() > kMaxPlainWord) return EncodedWords(name);
  return {QuotedString(name)};
}

}  // namespace

HeaderWords TextWords(absl::string_view utf8) {
  if (utf8.empty()) return {};
  if (NeedsEncoding(utf8)) return EncodedWords(utf8);
  return absl::StrSplit(utf8, ' ');
}

HeaderWords ParameterWords(absl::string_view name, absl::string_view utf8) {
  // Readers decode what looks like an encoded word even here.
  const bool plain = IsAscii(utf8) && !absl::StrContains(utf8, "=?");
  if (plain) return {absl::StrCat(name, "=", QuotedString(utf8))};
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string word = absl::StrCat(name, "*=utf-8''");
  for (unsigned char c : utf8) {
    if (absl::ascii_isalnum(c) || absl::StrContains("!#$&+-.^_`|~", static_cast<char>(c))) {
      word.push_back(static_cast<char>(c));
    } else {
      word.append({'%', kHex[c >> 4], kHex[c & 15]});
    }
  }
  return {std::move(word)};
}

HeaderWords AddressWords(const Address& address) {
  if (address.display_name.empty()) return {address.Spec()};
  HeaderWords words = PhraseWords(address.display_name);
  words.push_back(absl::StrCat("<", address.Spec(), ">"));
  return words;
}

HeaderWords AddressListWords(const std::vector<Address>& addresses) {
  HeaderWords all;
  for (const Address& address : addresses) {
    if (!all.empty()) all.back() += ",";
    for (std::string& word : AddressWords(address)) all.push_back(std::move(word));
  }
  return all;
}

std::string HeaderLine(absl::string_view name, const HeaderWords& words) {
  std::string line = absl::StrCat(name, ":");
  size_t column = line.size();
  bool first = true;
  for (const std::string& word : words) {
    // Not right after the name: a line of white space alone confuses some readers.
    if (!first && column + 1 + word.size() > kLine) {
      line += "\r\n";
      column = 0;
    }
    absl::StrAppend(&line, " ", word);
    column += 1 + word.size();
    first = false;
  }
  return line + "\r\n";
}

}  // namespace postern::mail
