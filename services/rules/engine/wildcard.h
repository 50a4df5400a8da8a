#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/engine/budget.h"
#include "services/rules/ir/test.h"

namespace postern::rules {

// A pattern of ":matches" (RFC 5228 section 2.7.1): "*", "?", and "\" before what stands for
// itself.
class Wildcard {
 public:
  Wildcard(absl::string_view pattern, Collation collation);

  // Whether all of `text` matches. What the wildcards stood for is appended to `captures` unless
  // that is null: as little as possible for each from the left (RFC 5229 section 3.2). Never goes
  // back over what it has found; false as well when `budget` is used up.
  bool Matches(absl::string_view text, Budget& budget, std::vector<std::string>* captures) const;

  // The longest text without wildcards that has to be in what matches; folded.
  absl::string_view longest_literal() const;

 private:
  // Between two "*": literals, and how many "?" stand before each.
  struct Piece {
    size_t any = 0;
    std::string literal;
  };
  using Segment = std::vector<Piece>;
  // Where "?" stood and what it was, in the text.
  using Places = std::vector<std::pair<size_t, size_t>>;

  // Where a segment that begins at `at` ends; npos when it does not match there.
  size_t MatchAt(const Segment& segment, absl::string_view text, size_t at, Budget& budget,
                 Places* places) const;
  // The first place from `at` on where it matches.
  size_t Find(const Segment& segment, absl::string_view text, size_t at, Budget& budget,
              size_t& end, Places* places) const;
  // Where it has to begin to end with the text.
  size_t FindAtEnd(const Segment& segment, absl::string_view text, Budget& budget,
                   Places* places) const;

  Collation collation_;
  std::vector<Segment> segments_;  // one more than there are "*"
};

}  // namespace postern::rules
