#include "services/rules/engine/collation.h"

#include <string.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "services/rules/code_points.h"

namespace postern::rules {
namespace {

bool IsAscii(absl::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; });
}

// RFC 5051 section 2: each character in title case, then taken apart (compatibility).
std::string UnicodeCasemap(absl::string_view text) {
  if (IsAscii(text)) return absl::AsciiStrToUpper(text);
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(status);
  const icu::UnicodeString source = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  icu::UnicodeString titled;
  for (int32_t i = 0; i < source.length();) {
    const UChar32 c = source.char32At(i);
    titled.append(u_totitle(c));
    i += U16_LENGTH(c);
  }
  if (U_FAILURE(status)) return std::string(text);
  std::string folded;
  nfkd->normalize(titled, status).toUTF8String(folded);
  return U_FAILURE(status) ? std::string(text) : folded;
}

// RFC 4790 section 9.1.1: the digits that it begins with; without any it is infinite.
std::strong_ordering CompareNumbers(absl::string_view left, absl::string_view right) {
  const auto digits = [](absl::string_view text) {
    const auto end = std::find_if_not(text.begin(), text.end(), absl::ascii_isdigit);
    return text.substr(0, end - text.begin());
  };
  left = digits(left);
  right = digits(right);
  if (left.empty() || right.empty()) return left.empty() <=> right.empty();
  const auto significant = [](absl::string_view number) {
    const size_t first = number.find_first_not_of('0');
    return first == number.npos ? absl::string_view() : number.substr(first);
  };
  left = significant(left);
  right = significant(right);
  if (left.size() != right.size()) return left.size() <=> right.size();
  return left.compare(right) <=> 0;
}

}  // namespace

std::string Folded(absl::string_view text, Collation collation) {
  switch (collation) {
    case Collation::kAsciiCasemap:
      return absl::AsciiStrToLower(text);
    case Collation::kUnicodeCasemap:
      return UnicodeCasemap(text);
    case Collation::kOctet:
    case Collation::kAsciiNumeric:
      break;
  }
  return std::string(text);
}

std::strong_ordering Compare(absl::string_view left, absl::string_view right, Collation collation) {
  switch (collation) {
    case Collation::kAsciiNumeric:
      return CompareNumbers(left, right);
    case Collation::kOctet:
      return left.compare(right) <=> 0;
    case Collation::kAsciiCasemap:  // RFC 4790 section 9.2.1: as capitals
      return absl::AsciiStrToUpper(left).compare(absl::AsciiStrToUpper(right)) <=> 0;
    case Collation::kUnicodeCasemap:
      break;
  }
  return UnicodeCasemap(left).compare(UnicodeCasemap(right)) <=> 0;
}

bool Holds(std::strong_ordering order, Relation relation) {
  switch (relation) {
    case Relation::kGreater:
      return order > 0;
    case Relation::kGreaterOrEqual:
      return order >= 0;
    case Relation::kLess:
      return order < 0;
    case Relation::kLessOrEqual:
      return order <= 0;
    case Relation::kEqual:
      return order == 0;
    case Relation::kNotEqual:
      break;
  }
  return order != 0;
}

size_t CharacterLength(absl::string_view text, Collation collation) {
  if (collation == Collation::kOctet) return text.empty() ? 0 : 1;
  return CodePointLength(text);
}

size_t FindText(absl::string_view text, absl::string_view part, size_t at) {
  if (at > text.size()) return text.npos;
  const void* found = memmem(text.data() + at, text.size() - at, part.data(), part.size());
  return found == nullptr ? text.npos : static_cast<const char*>(found) - text.data();
}

}  // namespace postern::rules
