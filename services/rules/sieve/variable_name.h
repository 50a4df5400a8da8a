#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

// RFC 5229 section 3: variable-name = num-variable / *namespace identifier.
namespace postern::rules::sieve {

inline constexpr size_t kMaxVariableName = 64;
inline constexpr uint32_t kMaxMatchValue = 32;

enum class VariableName { kNone, kPlain, kMatchValue, kInNamespace, kTooLong };

inline VariableName JudgeVariableName(absl::string_view name) {
  if (name.empty()) return VariableName::kNone;
  bool digits = true, dots = false, begins = true;
  for (const char c : name) {
    const bool digit = absl::ascii_isdigit(static_cast<unsigned char>(c));
    const bool letter = absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_';
    digits = digits && digit;
    if (c == '.') {
      if (begins) return VariableName::kNone;
      dots = begins = true;
      continue;
    }
    // "global.1abc" has no meaning, "12" has.
    if (!letter && !digit) return VariableName::kNone;
    if (begins && digit && !digits) return VariableName::kNone;
    begins = false;
  }
  if (begins) return VariableName::kNone;
  if (digits) return VariableName::kMatchValue;
  if (absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) return VariableName::kNone;
  if (name.size() > kMaxVariableName) return VariableName::kTooLong;
  return dots ? VariableName::kInNamespace : VariableName::kPlain;
}

}  // namespace postern::rules::sieve
