#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "services/rules/engine/macros.h"
#include "services/rules/engine/run.h"

// Texts are put together in one pass: what a variable, a fact or a macro holds is never looked
// at for others.
namespace postern::rules {
namespace {

// Of one text altogether: variables may be named in it thousands of times.
constexpr size_t kMaxText = 64 * 1024;

void Append(const TextPiece& piece, const Run& run, std::string& text) {
  switch (piece.kind) {
    case Piece::kLiteral:
      text += piece.text;
      break;
    case Piece::kVariable:
      if (piece.slot < run.variables.size()) text += run.variables[piece.slot];
      break;
    case Piece::kMatch:
      if (piece.slot < run.match_values.size()) text += run.match_values[piece.slot];
      break;
    case Piece::kFact:
      text += EnvironmentItem(piece.text, run).value_or("");
      break;
    case Piece::kMacro:
      text += MacroValue(piece.text, run).value_or(absl::StrCat("$", piece.text, "$"));
      break;
  }
}

}  // namespace

std::string Expand(const Text& text, const Run& run) {
  if (text.pieces.size() == 1 && text.pieces[0].kind == Piece::kLiteral) return text.pieces[0].text;
  std::string whole;
  for (const TextPiece& piece : text.pieces) {
    Append(piece, run, whole);
    if (whole.size() > kMaxText) return std::string(mail::CutUtf8(whole, kMaxText));
  }
  return whole;
}

std::string ExpandOr(const std::optional<Text>& text, const Run& run) {
  return text ? Expand(*text, run) : "";
}

std::vector<std::string> ExpandAll(const std::vector<Text>& texts, const Run& run) {
  std::vector<std::string> all;
  all.reserve(texts.size());
  for (const Text& text : texts) all.push_back(Expand(text, run));
  return all;
}

}  // namespace postern::rules
