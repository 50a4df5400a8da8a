#include "services/rules/ir/text.h"

namespace postern::rules {

Text Text::Literal(absl::string_view text) {
  Text whole;
  if (!text.empty()) whole.pieces.push_back({Piece::kLiteral, 0, std::string(text)});
  return whole;
}

bool Text::constant() const {
  for (const TextPiece& piece : pieces) {
    if (piece.kind != Piece::kLiteral) return false;
  }
  return true;
}

std::string Text::literal() const {
  std::string whole;
  for (const TextPiece& piece : pieces) whole += piece.text;
  return whole;
}

}  // namespace postern::rules
