#include "services/rules/engine/wildcard.h"

#include <utility>

#include "absl/strings/match.h"
#include "services/rules/engine/collation.h"

namespace postern::rules {

Wildcard::Wildcard(absl::string_view pattern, Collation collation)
    : collation_(collation), segments_(1) {
  Piece piece;
  const auto end_piece = [&] {
    if (piece.any == 0 && piece.literal.empty()) return;
    piece.literal = Folded(piece.literal, collation);
    segments_.back().push_back(std::exchange(piece, Piece{}));
  };
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '*') {
      end_piece();
      segments_.emplace_back();
    } else if (c == '?') {
      if (!piece.literal.empty()) end_piece();
      ++piece.any;
    } else {
      if (c == '\\' && i + 1 < pattern.size()) ++i;
      piece.literal.push_back(pattern[i]);
    }
  }
  end_piece();
}

absl::string_view Wildcard::longest_literal() const {
  absl::string_view longest;
  for (const Segment& segment : segments_) {
    for (const Piece& piece : segment) {
      if (piece.literal.size() > longest.size()) longest = piece.literal;
    }
  }
  return longest;
}

size_t Wildcard::MatchAt(const Segment& segment, absl::string_view text, size_t at, Budget& budget,
                         Places* places) const {
  for (const Piece& piece : segment) {
    const size_t least = piece.any + piece.literal.size();
    if (least > text.size() - at || !budget.Spend(least + 1)) return text.npos;
    for (size_t i = 0; i < piece.any; ++i) {
      const size_t length = CharacterLength(text.substr(at), collation_);
      if (length == 0) return text.npos;
      if (places != nullptr) places->emplace_back(at, length);
      at += length;
    }
    if (!absl::StartsWith(text.substr(at), piece.literal)) return text.npos;
    at += piece.literal.size();
  }
  return at;
}

size_t Wildcard::Find(const Segment& segment, absl::string_view text, size_t at, Budget& budget,
                      size_t& end, Places* places) const {
  if (segment.size() == 1 && segment[0].any == 0) {  // a plain text
    budget.Spend(text.size() - at);
    const size_t found = FindText(text, segment[0].literal, at);
    if (found == text.npos || budget.spent()) return text.npos;
    end = found + segment[0].literal.size();
    return found;
  }
  while (at <= text.size() && !budget.spent()) {
    Places found;
    end = MatchAt(segment, text, at, budget, &found);
    if (end != text.npos) {
      if (places != nullptr) places->insert(places->end(), found.begin(), found.end());
      return at;
    }
    const size_t length = CharacterLength(text.substr(at), collation_);
    if (length == 0) break;
    at += length;
  }
  return text.npos;
}

size_t Wildcard::FindAtEnd(const Segment& segment, absl::string_view text, Budget& budget,
                           Places* places) const {
  // Backwards piece by piece: "?" may be of several bytes.
  size_t at = text.size();
  for (size_t i = segment.size(); i-- > 0;) {
    const Piece& piece = segment[i];
    if (!budget.Spend(piece.any + piece.literal.size() + 1)) return text.npos;
    if (!absl::EndsWith(text.substr(0, at), piece.literal)) return text.npos;
    at -= piece.literal.size();
    for (size_t j = 0; j < piece.any; ++j) {
      if (at == 0) return text.npos;
      --at;
      if (collation_ != Collation::kOctet) {
        while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
      }
    }
  }
  return MatchAt(segment, text, at, budget, places) == text.size() ? at : text.npos;
}

bool Wildcard::Matches(absl::string_view original, Budget& budget,
                       std::vector<std::string>* captures) const {
  if (!budget.Spend(original.size())) return false;
  const std::string folded = Folded(original, collation_);
  const absl::string_view text = folded;
  // Captures are of the text as it is, when folding leaves each byte where it was.
  const absl::string_view shown = original.size() == text.size() ? original : text;
  Places places;
  Places* const wanted = captures != nullptr ? &places : nullptr;

  size_t at = MatchAt(segments_.front(), text, 0, budget, wanted);
  if (at == text.npos) return false;
  if (segments_.size() == 1) {
    if (at != text.size()) return false;
  } else {
    for (size_t i = 1; i + 1 < segments_.size(); ++i) {
      const size_t star = places.size();
      if (wanted != nullptr) places.emplace_back(at, 0);
      size_t end = at;
      const size_t found =
          segments_[i].empty() ? at : Find(segments_[i], text, at, budget, end, wanted);
      if (found == text.npos) return false;
      if (wanted != nullptr) places[star].second = found - at;
      at = end;
    }
    const size_t star = places.size();
    if (wanted != nullptr) places.emplace_back(at, 0);
    const size_t last = FindAtEnd(segments_.back(), text, budget, wanted);
    if (last == text.npos || last < at) return false;
    if (wanted != nullptr) places[star].second = last - at;
  }
  if (captures != nullptr) {
    captures->emplace_back(original);
    for (const auto& [from, length] : places) captures->emplace_back(shown.substr(from, length));
  }
  return true;
}

}  // namespace postern::rules
