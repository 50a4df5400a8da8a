#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/ir/problem.h"
#include "services/rules/sieve/problems.h"

namespace postern::rules::sieve {

enum class TokenKind : uint8_t {
  kIdentifier,
  kTag,
  kNumber,
  kString,
  kMark,  // one of ( ) [ ] { } , ;
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Position at;
  size_t begin = 0, end = 0;  // in the source, in bytes
  std::string text;           // lower case for identifiers and tags; a string's content
  uint64_t number = 0;

  bool IsMark(char mark) const { return kind == TokenKind::kMark && text[0] == mark; }
};
// As an error names it: `"x"`, `the number 3`, `"}"`, `the end of the script`.
std::string Described(const Token& token);

// Takes a script apart (RFC 5228 section 8.1): what is no token is a problem, and is left out.
// Line ends in strings become LF, as in all texts of ours. Linear.
class Lexer {
 public:
  Lexer(absl::string_view source, size_t max_string, Problems& problems);

  Token Next();
  // The comments since the last call, a line each, and where the first of them began
  // (SIZE_MAX: there are none).
  std::vector<std::string> TakeComments(size_t& begin);

 private:
  char Peek(size_t ahead = 0) const;
  void Advance(size_t bytes);
  void SkipSpace();
  void ReadHashComment();
  void ReadBracketComment();
  void AddComment(absl::string_view text, size_t begin);
  void ReadGarbage();
  void ReadNumber(Token& token);
  void ReadWord(Token& token);
  bool StartsMultiLine() const;
  void ReadQuoted(Token& token);
  void ReadMultiLine(Token& token);
  void Finish(Token& token);

  absl::string_view source_;
  size_t at_ = 0;
  Position position_;
  size_t max_string_;
  Problems& problems_;
  std::vector<std::string> comments_;
  size_t comments_begin_ = SIZE_MAX;
};

}  // namespace postern::rules::sieve
