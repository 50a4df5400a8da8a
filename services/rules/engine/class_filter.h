#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/engine/literal_set.h"
#include "services/rules/ir/test.h"

namespace re2 {
class FilteredRE2;
}

namespace postern::rules {

// All that the tests of a program look for in one class of texts. Of an expression it knows the
// literals that any match has in it, whatever stands between them ("w1.*w2": both), so none is
// tried on a mail that can't match, and a pile of them has no automaton that could run out of
// memory. What it says of a test is "no" or "perhaps": the test itself is asked then.
class ClassFilter {
 public:
  // A key of a test that can be true: the test's number above, the key's below.
  using Hit = uint64_t;
  static Hit HitOf(uint32_t test, uint32_t key) { return Hit{test} << 32 | key; }
  static uint32_t TestOf(Hit hit) { return static_cast<uint32_t>(hit >> 32); }
  static uint32_t KeyOf(Hit hit) { return static_cast<uint32_t>(hit); }

  ClassFilter();
  ~ClassFilter();

  // Whether these keys can be looked for this way: each has something that must be in the text.
  // `pattern_memory`: for each expression, bytes.
  bool Add(uint32_t test, const Match& match, const Keys& keys, int64_t pattern_memory);
  // Bytes of what is looked for so far.
  size_t weight() const { return weight_; }
  // After the last Add; at most `max_cells` of memory (LiteralSet). Those of which it can say
  // nothing after all: nothing is known that a match of their expressions must have in it.
  std::vector<uint32_t> Build(size_t max_cells);

  // Through the texts of a mail.
  class Search {
   public:
    explicit Search(const ClassFilter& filter);
    void Feed(absl::string_view text);
    // What can be true; some more than once.
    void AddHits(std::vector<Hit>& hits) const;

   private:
    const ClassFilter& filter_;
    LiteralSet::Search literals_;
    bool folds_oddly_ = false;
  };

 private:
  friend class Search;
  void AddLiteral(Hit hit, absl::string_view literal);
  bool AddPattern(Hit hit, const RE2& pattern, int64_t memory);
  void BuildPatterns();

  LiteralSet literals_;
  size_t weight_ = 0;
  std::vector<std::vector<Hit>> hits_of_;  // by literal
  std::unique_ptr<re2::FilteredRE2> patterns_;
  std::vector<Hit> hit_of_pattern_;
  std::vector<std::vector<int>> atoms_of_;  // by literal: RE2's numbers
  std::vector<int> blind_atoms_;            // that can't be looked for: taken as found
};

}  // namespace postern::rules
