#include "services/rules/managesieve/script_name.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include "absl/strings/match.h"
#include "lib/mail/utf8.h"

namespace postern::rules::managesieve {
namespace {

constexpr size_t kMostBytes = 512;  // 128 characters, RFC 5804 section 1.6
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

absl::StatusOr<std::string> ReadScriptName(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("a script has a name");
  if (text.size() > kMostBytes)
    return absl::InvalidArgumentError("the name of a script has 512 bytes at most");
  if (!mail::IsUtf8(text)) return absl::InvalidArgumentError("the name of a script is UTF-8");
  if (mail::HasControls(text) || mail::HasBidiControls(text) ||
      absl::StrContains(text, kByteOrderMark))
    return absl::InvalidArgumentError("the name of a script has no control characters");
  UErrorCode failed = U_ZERO_ERROR;
  const icu::Normalizer2* const nfc = icu::Normalizer2::getNFCInstance(failed);
  if (U_FAILURE(failed)) return absl::InternalError("ICU has no NFC");
  std::string name;
  nfc->normalize(icu::UnicodeString::fromUTF8(
                     icu::StringPiece(text.data(), static_cast<int32_t>(text.size()))),
                 failed)
      .toUTF8String(name);
  if (U_FAILURE(failed) || name.size() > kMostBytes)
    return absl::InvalidArgumentError("the name of a script has 512 bytes at most");
  return name;
}

}  // namespace postern::rules::managesieve
