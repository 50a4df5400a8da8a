#include "services/admin/account_name.h"

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "services/admin/field_error.h"

namespace postern::admin {
namespace {

constexpr int32_t kMaxCharacters = 64;
// The longest text worth preparing; NFKC makes a character into at most 18.
constexpr size_t kMaxInputBytes = 1024;
constexpr int32_t kMaxUnits = 18 * kMaxInputBytes;

absl::Status Wrong(const words::Wording& reason) { return WrongField("name", reason); }

absl::Status Empty() { return Wrong(words::Word("must not be empty")); }

absl::Status TooLong() {
  return Wrong(words::Word("must have at most $0 characters", kMaxCharacters));
}

// kInvalidArgument for text that no localpart can hold.
absl::StatusOr<std::string> Nodeprep(absl::string_view text, int32_t& characters) {
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<UStringPrepProfile, decltype(&usprep_close)> profile(
      usprep_openByType(USPREP_RFC3920_NODEPREP, &error), &usprep_close);
  if (U_FAILURE(error)) return absl::InternalError("name: the nodeprep tables can't be loaded");

  std::u16string units(kMaxInputBytes, u'\0');
  int32_t length = 0;
  u_strFromUTF8(units.data(), units.size(), &length, text.data(), text.size(), &error);
  std::u16string prepared(kMaxUnits, u'\0');
  int32_t prepared_length = usprep_prepare(profile.get(), units.data(), length, prepared.data(),
                                           prepared.size(), USPREP_DEFAULT, nullptr, &error);
  if (U_FAILURE(error)) {
    return Wrong(
        words::Word("must hold only letters, digits and signs that a Jabber address may hold"));
  }
  characters = u_countChar32(prepared.data(), prepared_length);

  std::string utf8(size_t{3} * prepared_length, '\0');
  int32_t bytes = 0;
  u_strToUTF8(utf8.data(), utf8.size(), &bytes, prepared.data(), prepared_length, &error);
  if (U_FAILURE(error)) return Wrong(words::Word("is not UTF-8"));
  utf8.resize(bytes);
  return utf8;
}

}  // namespace

absl::StatusOr<std::string> NormalizeAccountName(absl::string_view name) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(name);
  if (trimmed.empty()) return Empty();
  if (trimmed.size() > kMaxInputBytes) return TooLong();
  int32_t characters = 0;
  auto prepared = Nodeprep(trimmed, characters);
  if (!prepared.ok()) return prepared.status();
  if (prepared->empty()) return Empty();
  if (characters > kMaxCharacters) return TooLong();
  // Nodeprep itself forbids blanks, control characters and " & ' / : < > @.
  // The others tell an address contact (ann\40example.org, ann%example.org).
  if (prepared->find_first_of("%\\") != std::string::npos) {
    return Wrong(words::Word("must not hold any of $0", "@ % \\ / \" & ' < > :"));
  }
  if (*prepared == "help") {
    return Wrong(words::Word("$0 is the gateway's own contact; choose another name", *prepared));
  }
  return *std::move(prepared);
}

}  // namespace postern::admin
