#include "lib/mail/domain_name.h"

#include <unicode/uidna.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"

namespace postern::mail {
namespace {

constexpr size_t kMaxDomain = 255;  // RFC 5321 section 4.5.3.1.2

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

// Without STD3 a domain could turn into one with an '@' or a '>' in it.
const UIDNA* Idna() {
  constexpr uint32_t kOptions = UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE;
  UErrorCode error = U_ZERO_ERROR;
  static const UIDNA* const idna = uidna_openUTS46(kOptions, &error);
  return idna;
}

using Conversion = int32_t (*)(const UIDNA*, const char*, int32_t, char*, int32_t, UIDNAInfo*,
                               UErrorCode*);

absl::StatusOr<std::string> Convert(absl::string_view domain, Conversion conversion) {
  std::string out(4 * kMaxDomain, '\0');
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  int32_t length = 0;
  const bool asked = Idna() != nullptr && IsUtf8(domain) && domain.size() <= kMaxDomain;
  if (asked) {
    length = conversion(Idna(), domain.data(), static_cast<int32_t>(domain.size()), out.data(),
                        static_cast<int32_t>(out.size()), &info, &error);
  }
  if (!asked || U_FAILURE(error) || info.errors != 0 || length <= 0 ||
      static_cast<size_t>(length) > out.size()) {
    return words::Error(absl::StatusCode::kInvalidArgument,
                        words::Word("\"$0\" is not a domain", CleanLine(CutUtf8(domain, 80))));
  }
  out.resize(length);
  return out;
}

}  // namespace

absl::StatusOr<std::string> AsciiDomain(absl::string_view domain) {
  if (IsAscii(domain)) return absl::AsciiStrToLower(domain);
  return Convert(domain, uidna_nameToASCII_UTF8);
}

absl::StatusOr<Address> TravellingForm(const Address& address) {
  Address travelling = address;
  auto domain = IsAscii(address.domain) || IsAscii(address.local_part)
                    ? AsciiDomain(address.domain)
                    : Convert(address.domain, uidna_nameToUnicodeUTF8);
  if (!domain.ok()) return domain.status();
  travelling.domain = *std::move(domain);
  return travelling;
}

bool NeedsUtf8(const Address& address) {
  return !IsAscii(address.local_part) || !IsAscii(address.domain);
}

}  // namespace postern::mail
