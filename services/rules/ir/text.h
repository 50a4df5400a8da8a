#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// A string of a rule: as it was written, or put together when a mail is judged.
namespace postern::rules {

// What a piece of a text stands for.
enum class Piece : uint8_t {
  kLiteral,   // itself
  kVariable,  // a variable of the script (RFC 5229), by its slot
  kMatch,     // what a wildcard matched last: ${0} to ${31}
  kFact,      // "environment" of RFC 5183 and its like, by name
  kMacro,     // $SENDER$ and its like (the content filter), by name without the dollar signs
};

struct TextPiece {
  Piece kind = Piece::kLiteral;
  uint32_t slot = 0;  // kVariable: in Program::variables; kMatch: its number; kMacro: at most so
                      // many code points of it (0: 998)
  std::string text;   // kLiteral: itself; kFact, kMacro: its name, "HEADER:X-Spam"
};

// Expanded once: what a variable holds is never expanded again.
struct Text {
  std::vector<TextPiece> pieces;  // none: the empty string

  static Text Literal(absl::string_view text);
  bool constant() const;
  // Of a constant one.
  std::string literal() const;
};

// What a test suite brings along (sieve::CompileOptions::foreign_names); no stored program has any.
struct ForeignCall {
  std::string name;
  struct Argument {
    std::string tag;          // without the colon; empty: none
    std::vector<Text> texts;  // strings, or one number as digits
    bool number = false;
  };
  std::vector<Argument> arguments;
};

}  // namespace postern::rules
