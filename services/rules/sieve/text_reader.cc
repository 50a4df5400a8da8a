#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/rules/sieve/scope.h"
#include "services/rules/sieve/variable_name.h"

namespace postern::rules::sieve {
namespace {

constexpr size_t kMaxMacroName = 64;

void AppendUtf8(uint32_t code_point, std::string& out) {
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
    return;
  }
  const int more = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
  constexpr unsigned char kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[more] | (code_point >> (6 * more)));
  for (int i = more - 1; i >= 0; --i)
    out += static_cast<char>(0x80 | ((code_point >> (6 * i)) & 0x3F));
}

// Between the blanks of "${hex: 24 7b}"; nothing when one is no hexadecimal number, or there is
// none.
std::optional<std::vector<std::string>> HexNumbers(absl::string_view text) {
  std::vector<std::string> numbers =
      absl::StrSplit(text, absl::ByAnyChar(" \t\n"), absl::SkipEmpty());
  for (const std::string& number : numbers)
    for (const char c : number)
      if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
  if (numbers.empty()) return std::nullopt;
  return numbers;
}

// What stands between "${", which `text` begins with, and "}", when that is made of letters, digits
// and `others`; else nothing. Looks no further than it has to: texts are read in linear time.
absl::string_view Inside(absl::string_view text, absl::string_view others) {
  size_t end = 2;
  while (end < text.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text[end])) ||
                               absl::StrContains(others, text.substr(end, 1))))
    ++end;
  return end < text.size() && text[end] == '}' ? text.substr(2, end - 2) : "";
}

void Append(Text& text, TextPiece piece) {
  if (piece.kind == Piece::kLiteral && piece.text.empty()) return;
  if (piece.kind == Piece::kLiteral && !text.pieces.empty() &&
      text.pieces.back().kind == Piece::kLiteral) {
    text.pieces.back().text += piece.text;
  } else {
    text.pieces.push_back(std::move(piece));
  }
}

}  // namespace

class TextReader {
 public:
  TextReader(Scope& scope, Position at) : scope_(scope), at_(at) {}

  std::optional<Text> Run(const std::string& written) {
    std::string decoded = scope_.Has("encoded-character") ? Decode(written) : written;
    if (scope_.Has("variables"))
      ReadVariables(decoded);
    else
      Append(text_, {Piece::kLiteral, 0, std::move(decoded)});
    if (scope_.Has("vnd.postern.macros")) ReadMacros();
    if (failed_) return std::nullopt;
    return std::move(text_);
  }

 private:
  // RFC 5228 section 2.4.2.4; once, and before variables are looked for.
  std::string Decode(absl::string_view written) {
    std::string out;
    while (!written.empty()) {
      const size_t open = std::min(written.find("${"), written.size());
      absl::StrAppend(&out, written.substr(0, open));
      written.remove_prefix(open);
      if (written.empty()) break;
      const absl::string_view inside = Inside(written, ": \t\n");
      if (!inside.empty() && DecodeOne(inside, out)) {
        written.remove_prefix(inside.size() + 3);
      } else {
        absl::StrAppend(&out, written.substr(0, 2));
        written.remove_prefix(2);
      }
    }
    return out;
  }

  bool DecodeOne(absl::string_view inside, std::string& out) {
    const bool hex = absl::StartsWithIgnoreCase(inside, "hex:");
    if (!hex && !absl::StartsWithIgnoreCase(inside, "unicode:")) return false;
    const auto numbers = HexNumbers(inside.substr(inside.find(':') + 1));
    if (!numbers) return false;
    if (hex) {
      for (const std::string& number : *numbers)
        if (number.size() > 2) return false;
    }
    for (const std::string& number : *numbers) {
      uint32_t value = 0;
      const bool fits = absl::SimpleHexAtoi(number, &value);
      if (hex) {
        out += static_cast<char>(value);
      } else if (!fits || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        Fail(absl::StrCat("${unicode:", number.substr(0, 20), "} is no character"));
        return true;
      } else {
        AppendUtf8(value, out);
      }
    }
    return true;
  }

  void ReadVariables(absl::string_view rest) {
    while (!rest.empty()) {
      const size_t open = std::min(rest.find("${"), rest.size());
      Append(text_, {Piece::kLiteral, 0, std::string(rest.substr(0, open))});
      rest.remove_prefix(open);
      if (rest.empty()) break;
      const absl::string_view name = Inside(rest, "._");
      if (!name.empty() && ReadReference(name)) {
        rest.remove_prefix(name.size() + 3);
      } else {
        Append(text_, {Piece::kLiteral, 0, "${"});
        rest.remove_prefix(2);
      }
    }
  }

  // False: it has not the form of one, and stands for itself.
  bool ReadReference(absl::string_view written) {
    const std::string name = absl::AsciiStrToLower(written);
    const VariableName kind = JudgeVariableName(name);
    if (kind == VariableName::kNone) return false;
    if (kind == VariableName::kMatchValue) {
      uint32_t number = 0;
      if (!absl::SimpleAtoi(name, &number) || number > kMaxMatchValue)
        Fail(absl::StrCat("${", name, "} is beyond the last match value, ${", kMaxMatchValue, "}"));
      scope_.ReadsMatch();
      Append(text_, {Piece::kMatch, number, ""});
      return true;
    }
    constexpr absl::string_view kEnvironment = "env.";
    if (absl::StartsWith(name, kEnvironment) && scope_.Has("vnd.postern.environment")) {
      Append(text_, {Piece::kFact, 0, name.substr(kEnvironment.size())});
      return true;
    }
    const std::optional<uint32_t> slot = scope_.Slot(name, at_);
    if (!slot)
      failed_ = true;
    else
      Append(text_, {Piece::kVariable, *slot, ""});
    return true;
  }

  // $SENDER$ of the content filter, in what is written out.
  void ReadMacros() {
    Text text;
    for (TextPiece& piece : text_.pieces) {
      if (piece.kind == Piece::kLiteral) {
        ReadMacros(piece.text, text);
      } else {
        Append(text, std::move(piece));
      }
    }
    text_ = std::move(text);
  }

  static void ReadMacros(absl::string_view rest, Text& text) {
    while (!rest.empty()) {
      const size_t open = std::min(rest.find('$'), rest.size());
      Append(text, {Piece::kLiteral, 0, std::string(rest.substr(0, open))});
      rest.remove_prefix(open);
      if (rest.empty()) return;
      size_t end = 1;
      while (end < rest.size() && end <= kMaxMacroName &&
             (absl::ascii_isalnum(static_cast<unsigned char>(rest[end])) ||
              absl::StrContains("_-:", rest.substr(end, 1))))
        ++end;
      const bool closed = end > 1 && end < rest.size() && rest[end] == '$';
      if (closed) {
        Append(text, {Piece::kMacro, 0, absl::AsciiStrToUpper(rest.substr(1, end - 1))});
        rest.remove_prefix(end + 1);
      } else {
        Append(text, {Piece::kLiteral, 0, std::string(rest.substr(0, end))});
        rest.remove_prefix(end);
      }
    }
  }

  void Fail(std::string text) {
    failed_ = true;
    scope_.Error(at_, std::move(text));
  }

  Scope& scope_;
  Position at_;
  Text text_;
  bool failed_ = false;
};

std::optional<Text> Scope::MakeText(const String& written) {
  return TextReader(*this, written.at).Run(written.text);
}

}  // namespace postern::rules::sieve
