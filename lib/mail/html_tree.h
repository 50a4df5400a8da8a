#pragma once

#include <gumbo.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/mail/html_arena.h"

namespace postern::mail {

// More markup than this is not read.
constexpr size_t kMaxHtmlBytes = 1 << 20;

// A parsed HTML document, at a bounded price. HTML5's algorithm, and so gumbo,
// is quadratic in the depth of nesting, the attributes of one tag and other
// things that only hostile documents have, and gumbo_destroy_output recurses.
// HtmlArena watches for that; a document over a limit is cut where it got there.
class HtmlTree {
 public:
  explicit HtmlTree(absl::string_view utf8);

  const GumboNode* root() const { return root_; }  // nullptr when nothing can be read
  bool truncated() const { return truncated_; }

 private:
  std::string html_;  // the tree points into it
  std::unique_ptr<HtmlArena> arena_;
  const GumboNode* root_ = nullptr;
  bool truncated_ = false;
};

}  // namespace postern::mail
