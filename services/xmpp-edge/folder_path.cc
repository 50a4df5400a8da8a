#include "services/xmpp-edge/folder_path.h"

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/mail/utf8.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMaxDepth = 64;
constexpr int32_t kMaxUnits = 1024;  // no JID holds a longer name

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

// True when a server leaves a resource that ends with this name as it is. It prepares
// the whole resource, so the name stands behind what is always in front of it: Hebrew
// may not be mixed with the letters of "IMAP".
bool SurvivesResourceprep(absl::string_view name) {
  const std::string resource = absl::StrCat("IMAP/", name);
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<UStringPrepProfile, decltype(&usprep_close)> profile(
      usprep_openByType(USPREP_RFC3920_RESOURCEPREP, &error), &usprep_close);
  if (U_FAILURE(error)) return false;
  std::u16string units(kMaxUnits, u'\0'), prepared(kMaxUnits, u'\0');
  int32_t length = 0;
  u_strFromUTF8(units.data(), kMaxUnits, &length, resource.data(),
                static_cast<int32_t>(resource.size()), &error);
  if (U_FAILURE(error)) return false;
  const int32_t after = usprep_prepare(profile.get(), units.data(), length, prepared.data(),
                                       kMaxUnits, USPREP_DEFAULT, nullptr, &error);
  return U_SUCCESS(error) && after == length && units.compare(0, length, prepared, 0, after) == 0;
}

std::string EncodeName(absl::string_view name) {
  const bool plain = IsAscii(name) || SurvivesResourceprep(name);
  std::string encoded;
  for (size_t i = 0; i < name.size(); ++i) {
    const unsigned char c = name[i];
    const bool blank_at_an_end = c == ' ' && (i == 0 || i + 1 == name.size());
    const bool escaped =
        c < 0x20 || c == 0x7f || c == '%' || c == '/' || blank_at_an_end || (c >= 0x80 && !plain);
    if (escaped) {
      absl::StrAppend(&encoded, "%",
                      absl::AsciiStrToUpper(absl::BytesToHexString(name.substr(i, 1))));
    } else {
      encoded.push_back(static_cast<char>(c));
    }
  }
  return encoded;
}

std::string DecodeName(absl::string_view text) {
  std::string name;
  for (size_t i = 0; i < text.size(); ++i) {
    const absl::string_view hex = text.substr(std::min(i + 1, text.size()), 2);
    const bool escaped = text[i] == '%' && hex.size() == 2 && absl::ascii_isxdigit(hex[0]) &&
                         absl::ascii_isxdigit(hex[1]);
    if (!escaped) {
      name.push_back(text[i]);
      continue;
    }
    name += absl::HexStringToBytes(hex);
    i += 2;
  }
  return name;
}

}  // namespace

std::string EncodeFolderPath(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& name : path) {
    absl::StrAppend(&text, text.empty() ? "" : "/", EncodeName(name));
  }
  return text;
}

std::optional<std::vector<std::string>> DecodeFolderPath(absl::string_view text) {
  std::vector<std::string> path;
  for (const absl::string_view part : absl::StrSplit(text, '/')) {
    std::string name = DecodeName(part);
    const bool usable = !name.empty() && mail::IsUtf8(name) && name.find('\0') == std::string::npos;
    if (!usable || path.size() == kMaxDepth) return std::nullopt;
    path.push_back(std::move(name));
  }
  return path;
}

}  // namespace postern::xmpp_edge
