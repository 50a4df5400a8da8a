#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

// Makes HTML of text, for the second form of a mail. Nothing of the text is taken for markup,
// nothing is loaded from elsewhere. LF line ends. Linear.
//
//   HtmlWriter html;
//   html.AddStyled("see *this*: https://example.org/");
//   if (html.rich()) mail.html = std::move(html).Take();
class HtmlWriter {
 public:
  // Lines with the styling of chat: XEP-0393, blocks and spans. Links of http, https and mailto
  // can be followed.
  void AddStyled(absl::string_view text);
  // Lines in which only quotes ("> ") and links mean something: what somebody else wrote.
  // They stand `deeper` levels of quotation deeper than they say.
  void AddPlain(absl::string_view text, size_t deeper = 0);
  // An image that comes along with the mail (RFC 2392).
  void AddImage(absl::string_view content_id, absl::string_view description);

  // There is something that a plain text could not say.
  bool rich() const { return rich_; }
  std::string Take() &&;

 private:
  void AddLine(absl::string_view line, size_t deeper, bool styled);
  bool ContinuesPreformatted(absl::string_view line, size_t deeper);
  void SetDepth(size_t depth);
  void EndPreformatted();
  void AddSpans(absl::string_view text);
  void AddLinks(absl::string_view text);
  void AddEscaped(absl::string_view text);

  std::string out_;
  size_t depth_ = 0;               // of quotation
  bool preformatted_ = false;      // between two lines of ```
  size_t preformatted_depth_ = 0;  // quotes around it, of the text itself
  bool after_blank_ = true;        // a space here would not be seen
  bool rich_ = false;
};

}  // namespace postern::mail
