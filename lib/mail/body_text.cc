#include "lib/mail/body_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "lib/mail/attachment_name.h"
#include "lib/mail/charset.h"
#include "lib/mail/flowed_text.h"
#include "lib/mail/html_charset.h"
#include "lib/mail/html_to_text.h"
#include "lib/mail/html_tree.h"
#include "lib/mail/transfer_encoding.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

enum class Role {
  kStructure,  // a multipart
  kPlain,      // text to show as it is
  kHtml,       // text to make readable
  kRendition,  // another form of the text, for other programs
  kAttachment,
};

Role RoleOf(const MimePart& part, bool is_message) {
  const std::string& type = part.type.value;
  if (part.is_multipart) return Role::kStructure;
  if (type == "text/x-amp-html" || type == "text/watch-html") return Role::kRendition;
  if (part.disposition.value == "attachment") return Role::kAttachment;
  if (!is_message && !DeclaredFileName(part).empty()) return Role::kAttachment;
  if (type == "text/html" || type == "application/xhtml+xml") return Role::kHtml;
  for (absl::string_view plain : {"text/plain", "text/markdown", "text/x-patch", "text/x-diff"}) {
    if (type == plain) return Role::kPlain;
  }
  return Role::kAttachment;
}

absl::string_view EncodingOf(const MimePart& part) {
  return part.Field("Content-Transfer-Encoding");
}

bool IsBlank(absl::string_view text) { return absl::StripAsciiWhitespace(text).empty(); }

// Empty but for line ends, as the plain twin of many an HTML mail is.
bool IsBlankPart(const MimePart& part) {
  constexpr size_t kEnoughToTell = 2048;
  return IsBlank(DecodeTransferEncoding(part.body, EncodingOf(part), kEnoughToTell).bytes);
}

// For each multipart/alternative, the branch to show; the others are hidden.
class Alternatives {
 public:
  explicit Alternatives(const MimeTree& tree) : tree_(tree), choices_(tree.parts.size()) {}

  // Tells about a text; a lower rank is liked better, the earlier one among equals.
  void Offer(size_t part, int rank) {
    ForEachAlternative(part, [&](size_t alternative, size_t branch) {
      Choice& choice = choices_[alternative];
      if (rank < choice.rank) choice = {branch, rank};
      return true;
    });
  }

  bool Shows(size_t part) const {
    bool shown = true;
    ForEachAlternative(part, [&](size_t alternative, size_t branch) {
      shown = choices_[alternative].branch == branch;
      return shown;
    });
    return shown;
  }

 private:
  struct Choice {
    size_t branch = MimePart::kNone;
    int rank = 100;
  };

  // Calls `visit(alternative, its child above the part)` up the tree while it answers true.
  template <typename Visit>
  void ForEachAlternative(size_t part, Visit visit) const {
    for (size_t at = part; tree_.parts[at].parent != MimePart::kNone; at = tree_.parts[at].parent) {
      const size_t parent = tree_.parts[at].parent;
      if (tree_.parts[parent].type.value == "multipart/alternative" && !visit(parent, at)) return;
    }
  }

  const MimeTree& tree_;
  std::vector<Choice> choices_;
};

std::string PlainText(const MimePart& part, absl::string_view bytes) {
  std::string text = CleanText(ToUtf8(bytes, part.type.Get("charset")));
  if (!absl::EqualsIgnoreCase(part.type.Get("format"), "flowed")) return text;
  return UnwrapFlowed(text, absl::EqualsIgnoreCase(part.type.Get("delsp"), "yes"));
}

// Gathers the text, part by part, up to its limit.
class TextJoiner {
 public:
  TextJoiner(bool is_cut, size_t limit) : is_cut_(is_cut), limit_(limit) {}

  void Add(const MimePart& part, Role role, BodyText& body) {
    // Room for charsets that need more bytes than UTF-8, and for markup.
    const size_t max_bytes = role == Role::kHtml ? kMaxHtmlBytes : 2 * limit_ + 16;
    const DecodedBody decoded = DecodeTransferEncoding(part.body, EncodingOf(part), max_bytes);
    body.truncated |= decoded.full_size > decoded.bytes.size() || (part.cut && is_cut_);
    std::string text;
    if (role == Role::kHtml) {
      ReadableHtml html = ReadHtml(HtmlToUtf8(decoded.bytes, part.type.Get("charset")), limit_);
      text = std::move(html.text);
      body.truncated |= html.truncated;
    } else {
      text = PlainText(part, decoded.bytes);
    }
    if (IsBlank(text)) return;
    body.from_html |= role == Role::kHtml;
    if (!body.text.empty()) body.text += body.text.ends_with('\n') ? "\n" : "\n\n";
    body.text += text;
    if (body.text.size() > limit_) {
      body.text.resize(CutUtf8(body.text, limit_).size());
      body.truncated = true;
      full_ = true;
    }
  }

  bool full() const { return full_; }

 private:
  bool is_cut_;
  size_t limit_;
  bool full_ = false;
};

// Blank lines at both ends say nothing in a chat.
void TrimBlankLines(std::string& text) {
  const size_t first = text.find_first_not_of(" \t\n");
  if (first == text.npos) {
    text.clear();
    return;
  }
  const size_t line = text.rfind('\n', first);
  if (line != text.npos) text.erase(0, line + 1);
  const size_t end = text.find('\n', text.find_last_not_of(" \t\n"));
  if (end != text.npos) text.resize(end);
}

}  // namespace

BodyText ReadBodyText(const MimeTree& tree, bool is_cut, const ParseLimits& limits) {
  std::vector<Role> roles;
  Alternatives alternatives(tree);
  for (size_t i = 0; i < tree.parts.size(); ++i) {
    roles.push_back(RoleOf(tree.parts[i], /*is_message=*/i == 0));
    if (roles[i] == Role::kPlain) alternatives.Offer(i, IsBlankPart(tree.parts[i]) ? 2 : 0);
    if (roles[i] == Role::kHtml) alternatives.Offer(i, 1);
  }
  BodyText body;
  TextJoiner joiner(is_cut, limits.text_bytes);
  for (size_t i = 0; i < tree.parts.size(); ++i) {
    if (roles[i] == Role::kAttachment) body.attachments.push_back(&tree.parts[i]);
    if (roles[i] != Role::kPlain && roles[i] != Role::kHtml) continue;
    if (!alternatives.Shows(i)) continue;
    if (joiner.full()) {
      body.truncated = true;
    } else {
      joiner.Add(tree.parts[i], roles[i], body);
    }
  }
  TrimBlankLines(body.text);
  return body;
}

}  // namespace postern::mail
