#include "lib/mail/html_tree.h"

#include "absl/strings/match.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

// At most kMaxHtmlBytes, and not with half a tag at the end, which would be shown as text.
absl::string_view FirstBytes(absl::string_view html) {
  if (html.size() <= kMaxHtmlBytes) return html;
  html = CutUtf8(html, kMaxHtmlBytes);
  const size_t tag = html.rfind('<');
  const bool is_open = tag != html.npos && html.find('>', tag) == html.npos;
  return is_open ? html.substr(0, tag) : html;
}

// Each further <html> or <body> adds its attributes to the first, which gumbo
// searches one by one. Forwarded mails have a few.
absl::string_view FirstDocuments(absl::string_view html) {
  constexpr int kMaxDocuments = 32;
  int seen = 0;
  for (size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
    const absl::string_view tag = html.substr(at + 1, 4);
    if (!absl::EqualsIgnoreCase(tag, "html") && !absl::EqualsIgnoreCase(tag, "body")) continue;
    if (++seen > 2 * kMaxDocuments) return html.substr(0, at);
  }
  return html;
}

}  // namespace

HtmlTree::HtmlTree(absl::string_view utf8) {
  const absl::string_view kept = FirstDocuments(FirstBytes(utf8));
  truncated_ = kept.size() < utf8.size();
  html_ = CleanText(kept);
  // The part before the limit may still need a second cut: memory, unlike depth, is used up by its
  // end.
  for (int attempt = 0; attempt < 4 && !html_.empty(); ++attempt) {
    arena_ = std::make_unique<HtmlArena>();
    root_ = arena_->Parse(html_);
    if (root_ != nullptr) return;
    truncated_ = true;
    html_.resize(attempt < 2 ? arena_->good_bytes() : html_.size() / 4);
  }
}

}  // namespace postern::mail
