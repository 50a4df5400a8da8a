#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace postern::rules {

// Finds which of many literals are in a text, in any ASCII case, in one pass (Aho and Corasick):
// linear in the text, however many there are and however often they are in it, which RE2::Set is
// not. A literal that is too long for the table is looked for by its beginning only, so a find
// may be none: it has to be verified.
class LiteralSet {
 public:
  static constexpr size_t kMaxCells = 4 << 20;  // of a table: 16 MiB

  // Their ids are 0, 1, 2 …; the same one again has its former id. `literal` is not empty.
  uint32_t Add(absl::string_view literal);
  // After the last Add, before the first Search. The table has `max_cells` at the most, or as many
  // as the first bytes of all literals need.
  void Build(size_t max_cells = kMaxCells);

  bool empty() const { return literals_.empty(); }
  size_t size() const { return literals_.size(); }

  // Through one text, which may come in pieces.
  class Search {
   public:
    explicit Search(const LiteralSet& set) : set_(set) {}
    void Feed(absl::string_view text);
    // The ids of those that were found, each once.
    const std::vector<uint32_t>& found() const { return found_; }

   private:
    void FeedLong(absl::string_view text);
    void Note(uint32_t row);

    const LiteralSet& set_;
    uint32_t row_ = 0;           // where the present state's row begins
    std::vector<uint8_t> seen_;  // by state, of those with literals; empty before the first
    std::vector<uint32_t> found_;
  };

 private:
  friend class Search;
  static constexpr size_t kLongest = 64;  // bytes of a literal that are looked for

  struct Trie;
  void ChooseColumns(size_t longest);
  size_t CountStates(size_t longest) const;
  Trie MakeTrie(size_t longest) const;
  void Complete(Trie& trie);
  void LayOut(const Trie& trie);

  std::vector<std::string> literals_;  // in lower case
  absl::flat_hash_map<std::string, uint32_t> ids_;

  std::array<uint8_t, 256> column_{};  // 0: in no literal
  size_t columns_ = 1;
  size_t longest_ = 0;
  std::vector<uint32_t> table_;       // rows of `columns_`: where the next state's row begins
  uint32_t first_with_ = UINT32_MAX;  // rows from here on have literals
  // Of the states with literals: where theirs begin in ends_, and the row of the longest other
  // state with literals that ends there, too (0: none).
  std::vector<uint32_t> begins_, ends_, shorter_;
};

}  // namespace postern::rules
