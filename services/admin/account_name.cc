#include "services/admin/account_name.h"

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace postern::admin {
namespace {

constexpr int32_t kMaxCharacters = 64;
// The longest text worth preparing; NFKC makes a character into at most 18.
constexpr size_t kMaxInputBytes = 1024;
constexpr int32_t kMaxUnits = 18 * kMaxInputBytes;

absl::Status Wrong(absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat("name: ", reason));
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
    return Wrong("must hold only letters, digits and signs that a Jabber address may hold");
  }
  characters = u_countChar32(prepared.data(), prepared_length);

  std::string utf8(size_t{3} * prepared_length, '\0');
  int32_t bytes = 0;
  u_strToUTF8(utf8.data(), utf8.size(), &bytes, prepared.data(), prepared_length, &error);
  if (U_FAILURE(error)) return Wrong("is not UTF-8");
  utf8.resize(bytes);
  return utf8;
}

}  // namespace

absl::StatusOr<std::string> NormalizeAccountName(absl::string_view name) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(name);
  if (trimmed.empty()) return Wrong("must not be empty");
  if (trimmed.size() > kMaxInputBytes) return Wrong("must have at most 64 characters");
  int32_t characters = 0;
  auto prepared = Nodeprep(trimmed, characters);
  if (!prepared.ok()) return prepared.status();
  if (prepared->empty()) return Wrong("must not be empty");
  if (characters > kMaxCharacters) return Wrong("must have at most 64 characters");
  // Nodeprep itself forbids blanks, control characters and " & ' / : < > @.
  // The others tell an address contact (ann\40example.org, ann%example.org).
  if (prepared->find_first_of("%\\") != std::string::npos) {
    return Wrong("must not hold any of @ % \\ / \" & ' < > :");
  }
  if (*prepared == "help") return Wrong("\"help\" is the gateway's own; choose another");
  return *std::move(prepared);
}

}  // namespace postern::admin
