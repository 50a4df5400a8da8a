#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::rules::jsmail {

// Something to say about one place of an expression.
struct RegexNote {
  size_t offset = 0;  // bytes from its beginning
  std::string text;
};

struct TranslatedRegex {
  std::string re2;  // RE2 syntax; senseless when there is an error
  std::vector<RegexNote> warnings;
  std::optional<RegexNote> error;
  size_t groups = 0;  // that replacements may name
};

constexpr size_t kMaxPatternBytes = 1024;

enum class RegexDialect : uint8_t {
  kJsmail,
  kContentFilter,  // MDaemon's: the same with ( ) and |, and with the ends of words: < > \< \>
};

// JSMail's dialect in RE2's syntax. Only . ^ $ [ ] \ * + ? are special: | ( ) { }
// are ordinary characters, \d is the letter d, and a+? is an optional a+, so an
// expression is never handed to RE2 as it stands. `pattern` is valid UTF-8.
//
//   re      = { piece }
//   piece   = atom { "*" | "+" | "?" } | "^" | "$"
//   atom    = "." | "\" any | bracket | ordinary
//   bracket = "[" [ "^" ] [ "-" | "]" ] { item } "]"
TranslatedRegex TranslateRegex(absl::string_view pattern,
                               RegexDialect dialect = RegexDialect::kJsmail);

}  // namespace postern::rules::jsmail
