#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/mail/utf8.h"
#include "services/rules/engine/macros.h"
#include "services/rules/engine/run.h"

// Texts are put together in one pass: what a variable, a fact or a macro holds is never looked
// at for others.
namespace postern::rules {
namespace {

// Of one text altogether: variables may be named in it thousands of times.
constexpr size_t kMaxText = 64 * 1024;
constexpr size_t kMaxList = 8 << 20;  // of all texts of a list, in memory at once
// What a text costs beside its bytes: a list may have thousands that are empty.
constexpr size_t kEach = 16;

// What stands on the line before a list is before each line of it, too: "> $BODY$".
void AppendLines(const std::string& lines, std::string& text) {
  const size_t line = text.rfind('\n');
  const std::string before = line == text.npos ? text : text.substr(line + 1);
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    if (at > 0) absl::StrAppend(&text, "\n", before);
    absl::StrAppend(&text, absl::string_view(lines).substr(at, end - at));
    at = end + 1;
    if (text.size() > kMaxText) return;
  }
}

std::string ValueOf(const TextPiece& macro, const Run& run) {
  return MacroValue(macro.text, run, macro.slot).value_or(absl::StrCat("$", macro.text, "$"));
}

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
      AppendLines(ValueOf(piece, run), text);
      break;
  }
}

}  // namespace

std::string Expand(const Text& text, const Run& run) {
  run.budget.Spend(kEach);
  if (text.pieces.size() == 1 && text.pieces[0].kind == Piece::kLiteral) {
    run.budget.Spend(text.pieces[0].text.size());
    return text.pieces[0].text;
  }
  std::string whole;
  for (const TextPiece& piece : text.pieces) {
    Append(piece, run, whole);
    if (whole.size() > kMaxText) break;
  }
  run.budget.Spend(whole.size());
  if (whole.size() > kMaxText) whole.resize(mail::CutUtf8(whole, kMaxText).size());
  return whole;
}

// A backslash means something in a replacement; in what is put into it, it is one.
std::string ExpandReplacement(const Text& text, const Run& run) {
  std::string whole;
  for (const TextPiece& piece : text.pieces) {
    std::string value;
    Append(piece, run, value);
    const bool literal = piece.kind == Piece::kLiteral;
    whole += literal ? value : absl::StrReplaceAll(value, {{"\\", "\\\\"}});
    if (whole.size() > kMaxText) return "";
  }
  return whole;
}

std::string ExpandOr(const std::optional<Text>& text, const Run& run) {
  return text ? Expand(*text, run) : "";
}

std::vector<std::string> ExpandAll(const std::vector<Text>& texts, const Run& run) {
  std::vector<std::string> all;
  all.reserve(texts.size());
  size_t bytes = 0;
  for (const Text& text : texts) {
    all.push_back(Expand(text, run));
    bytes += all.back().size();
    if (bytes > kMaxList) run.budget.SpendAll();
    if (run.budget.spent()) break;  // a list may name a long text thousands of times
  }
  return all;
}

}  // namespace postern::rules
