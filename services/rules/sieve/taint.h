#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "services/rules/ir/text.h"

namespace postern::rules::sieve {

// Which texts a mail may have had a hand in, at one place of a script: they may not say where
// something is sent (section 5.4 of the rules reference). Errs on the side of yes.
class Taint {
 public:
  // One way more that leads to a place.
  static void AddWay(const Taint& way, std::optional<Taint>& place) {
    if (place)
      place->Join(way);
    else
      place = way;
  }

  bool Holds(const Text& text) const {
    for (const TextPiece& piece : text.pieces) {
      if (piece.kind == Piece::kMacro) return true;
      if (piece.kind == Piece::kMatch && match_ && vouched_.count(piece.slot) == 0) return true;
      if (piece.kind == Piece::kVariable && HoldsVariable(piece.slot)) return true;
    }
    return false;
  }
  void SetVariable(uint32_t slot, bool tainted) {
    if (slot >= variables_.size()) variables_.resize(slot + 1);
    variables_[slot] = tainted;
  }
  // A test that sets ${n}: out of a mail, or out of something else. It may also fail, and
  // leave what was there.
  void AddMatch(bool tainted) {
    if (tainted) vouched_.clear();
    match_ = match_ || tainted;
  }
  // The match before was made, and of nothing that a mail says.
  void CleanMatch() { match_ = false; }
  // A list of the owner's has what this piece holds.
  void Vouch(const TextPiece& piece) {
    if (piece.kind == Piece::kVariable) SetVariable(piece.slot, false);
    if (piece.kind == Piece::kMatch) vouched_.insert(piece.slot);
  }
  // Whether a variable of `slots` is tainted here, and was not in `before`.
  bool IsMoreThan(const Taint& before, const std::vector<uint32_t>& slots) const {
    for (const uint32_t slot : slots)
      if (HoldsVariable(slot) && !before.HoldsVariable(slot)) return true;
    return false;
  }
  // Where two ways meet.
  void Join(const Taint& other) {
    match_ = match_ || other.match_;
    std::set<uint32_t> both;
    for (const uint32_t number : vouched_)
      if (other.vouched_.count(number) > 0) both.insert(number);
    vouched_ = std::move(both);
    for (uint32_t slot = 0; slot < other.variables_.size(); ++slot)
      if (other.variables_[slot]) SetVariable(slot, true);
  }

 private:
  bool HoldsVariable(uint32_t slot) const { return slot < variables_.size() && variables_[slot]; }

  std::vector<bool> variables_;
  bool match_ = false;
  std::set<uint32_t> vouched_;  // numbers of match values
};

}  // namespace postern::rules::sieve
