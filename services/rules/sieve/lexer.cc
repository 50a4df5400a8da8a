#include "services/rules/sieve/lexer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/rules/code_points.h"

namespace postern::rules::sieve {
namespace {

constexpr size_t kMaxWord = 32;  // bytes of a name: none of ours is longer

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool BeginsWord(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsInWord(char c) { return BeginsWord(c) || IsDigit(c); }
bool IsMarkChar(char c) { return c != 0 && absl::StrContains("()[]{},;", c); }
bool BeginsToken(char c) {
  return IsSpace(c) || IsInWord(c) || IsMarkChar(c) || c == '"' || c == ':' || c == '#';
}

}  // namespace

std::string Described(const Token& token) {
  switch (token.kind) {
    case TokenKind::kTag:
      return absl::StrCat("\":", token.text, "\"");
    case TokenKind::kNumber:
      return absl::StrCat("the number ", token.number);
    case TokenKind::kString:
      return "a string";
    case TokenKind::kEnd:
      return "the end of the script";
    default:
      return absl::StrCat("\"", token.text, "\"");
  }
}

Lexer::Lexer(absl::string_view source, size_t max_string, Problems& problems)
    : source_(source), max_string_(max_string), problems_(problems) {
  // Windows' editors put it at the head of UTF-8; it is no character of the script.
  if (absl::StartsWith(source_, "\xEF\xBB\xBF")) at_ = 3;
}

char Lexer::Peek(size_t ahead) const {
  return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
}

void Lexer::Advance(size_t bytes) {
  for (; bytes > 0 && at_ < source_.size(); --bytes, ++at_) {
    const char c = source_[at_];
    if (c == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++position_.column;
    }
  }
}

Token Lexer::Next() {
  SkipSpace();
  Token token;
  while (at_ < source_.size() && !BeginsToken(Peek())) {
    ReadGarbage();
    SkipSpace();
  }
  token.at = position_;
  token.begin = at_;
  if (at_ < source_.size()) {
    const char c = Peek();
    if (c == '"') {
      ReadQuoted(token);
    } else if (IsDigit(c)) {
      ReadNumber(token);
    } else if (StartsMultiLine()) {
      ReadMultiLine(token);
    } else if (BeginsWord(c) || c == ':') {
      ReadWord(token);
    } else {
      token.kind = TokenKind::kMark;
      token.text = c;
      Advance(1);
    }
  }
  token.end = at_;
  return token;
}

void Lexer::SkipSpace() {
  while (at_ < source_.size()) {
    if (IsSpace(Peek())) {
      Advance(1);
    } else if (Peek() == '#') {
      ReadHashComment();
    } else if (Peek() == '/' && Peek(1) == '*') {
      ReadBracketComment();
    } else {
      return;
    }
  }
}

void Lexer::ReadHashComment() {
  const size_t end = std::min(source_.find('\n', at_), source_.size());
  AddComment(source_.substr(at_ + 1, end - at_ - 1), at_);
  Advance(end - at_);
}

void Lexer::ReadBracketComment() {
  const Position start = position_;
  const size_t close = source_.find("*/", at_ + 2);
  if (close == absl::string_view::npos) {
    problems_.Error(start, "this comment has no end; put */ after it");
    Advance(source_.size() - at_);
    return;
  }
  for (absl::string_view line : absl::StrSplit(source_.substr(at_ + 2, close - at_ - 2), '\n'))
    AddComment(line, at_);
  Advance(close + 2 - at_);
}

void Lexer::AddComment(absl::string_view text, size_t begin) {
  if (comments_begin_ == SIZE_MAX) comments_begin_ = begin;
  comments_.emplace_back(absl::StripTrailingAsciiWhitespace(text));
}

std::vector<std::string> Lexer::TakeComments(size_t& begin) {
  begin = std::exchange(comments_begin_, SIZE_MAX);
  return std::exchange(comments_, {});
}

// One problem for a run of it, however long.
void Lexer::ReadGarbage() {
  const Position start = position_;
  const size_t begin = at_;
  while (at_ < source_.size() && !BeginsToken(Peek())) Advance(1);
  const absl::string_view garbage = source_.substr(begin, at_ - begin);
  const bool visible = static_cast<unsigned char>(garbage[0]) > ' ' && garbage[0] != '\x7F';
  problems_.Error(start, visible ? absl::StrCat("\"", Shorten(garbage, 20),
                                                "\" has no meaning here; texts stand in quotes")
                                 : "a control character stands here; delete it");
}

void Lexer::ReadNumber(Token& token) {
  token.kind = TokenKind::kNumber;
  const size_t begin = at_;
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  bool fits = true;
  for (; IsDigit(Peek()); Advance(1)) {
    const auto digit = static_cast<uint64_t>(Peek() - '0');
    fits = fits && token.number <= (kMax - digit) / 10;
    if (fits) token.number = token.number * 10 + digit;
  }
  const char unit = absl::ascii_toupper(static_cast<unsigned char>(Peek()));
  const int shift = unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0;
  if (shift > 0) Advance(1);
  fits = fits && token.number <= kMax >> shift;
  if (IsInWord(Peek())) {
    while (IsInWord(Peek())) Advance(1);
    problems_.Error(token.at,
                    absl::StrCat("\"", Shorten(source_.substr(begin, at_ - begin), 40),
                                 "\" is no number; after its digits only K, M or G may stand"));
  } else if (!fits) {
    problems_.Error(token.at, "this number is too large; the largest is 18446744073709551615");
  } else {
    token.number <<= shift;
  }
}

void Lexer::ReadWord(Token& token) {
  token.kind = Peek() == ':' ? TokenKind::kTag : TokenKind::kIdentifier;
  if (token.kind == TokenKind::kTag) Advance(1);
  const size_t begin = at_;
  if (BeginsWord(Peek())) {
    while (IsInWord(Peek())) Advance(1);
  }
  token.text = absl::AsciiStrToLower(source_.substr(begin, at_ - begin));
  if (token.text.empty())
    problems_.Error(token.at, "a name must follow the colon at once, as in \":is\"");
  if (token.text.size() > kMaxWord)
    problems_.Error(token.at, absl::StrCat("the name \"", Shorten(token.text, 40),
                                           "\" is longer than ", kMaxWord, " characters"));
}

// RFC 5228: "text:" *(SP / HTAB) (hash-comment / CRLF).
bool Lexer::StartsMultiLine() const {
  if (!absl::StartsWithIgnoreCase(source_.substr(at_, 5), "text:")) return false;
  size_t i = at_ + 5;
  while (i < source_.size() && (source_[i] == ' ' || source_[i] == '\t')) ++i;
  if (i < source_.size() && source_[i] == '\r') ++i;
  return i < source_.size() && (source_[i] == '\n' || source_[i] == '#');
}

void Lexer::ReadQuoted(Token& token) {
  token.kind = TokenKind::kString;
  Advance(1);
  while (at_ < source_.size() && Peek() != '"') {
    if (Peek() == '\\' && at_ + 1 < source_.size()) Advance(1);
    token.text += Peek();
    Advance(1);
  }
  if (at_ == source_.size()) {
    problems_.Error(token.at, "this string has no end; put a \" after it");
  } else {
    Advance(1);
  }
  Finish(token);
}

void Lexer::ReadMultiLine(Token& token) {
  token.kind = TokenKind::kString;
  size_t i = std::min(source_.find('\n', at_), source_.size() - 1) + 1;
  while (true) {
    if (i >= source_.size()) {
      problems_.Error(token.at, "this text has no end; put a line with a single dot after it");
      break;
    }
    const size_t feed = source_.find('\n', i);
    absl::string_view line = source_.substr(i, feed == absl::string_view::npos ? feed : feed - i);
    i = feed == absl::string_view::npos ? source_.size() : feed + 1;
    if (absl::EndsWith(line, "\r")) line.remove_suffix(1);
    if (line == ".") break;
    if (absl::StartsWith(line, "..")) line.remove_prefix(1);
    absl::StrAppend(&token.text, line, "\n");
  }
  Advance(i - at_);
  Finish(token);
}

void Lexer::Finish(Token& token) {
  // A bare CR means nothing in Sieve, either.
  token.text.erase(std::remove(token.text.begin(), token.text.end(), '\r'), token.text.end());
  if (token.text.size() <= max_string_) return;
  problems_.Error(token.at, absl::StrCat("this string has ", token.text.size(), " bytes; at most ",
                                         max_string_, " are allowed"));
}

}  // namespace postern::rules::sieve
