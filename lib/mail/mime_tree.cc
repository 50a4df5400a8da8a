#include "lib/mail/mime_tree.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace postern::mail {
namespace {

// RFC 2046 allows 70; nobody needs more than this.
constexpr size_t kMaxBoundary = 250;

// What a multipart that forgot to name its boundary must mean: its first line that looks like one.
absl::string_view FirstDelimiter(absl::string_view body) {
  constexpr size_t kLookAhead = 4096;
  body = body.substr(0, kLookAhead);
  for (size_t at = 0; at < body.size(); at = NextLine(body, at)) {
    absl::string_view line =
        absl::StripTrailingAsciiWhitespace(body.substr(at, NextLine(body, at) - at));
    if (line.size() > 2 && absl::ConsumePrefix(&line, "--")) return line;
  }
  return "";
}

class TreeReader {
 public:
  TreeReader(absl::string_view message, const ParseLimits& limits)
      : message_(message), limits_(limits) {}

  MimeTree Read() {
    StartPart();
    // What belongs to no multipart has no delimiters.
    while (at_ < message_.size() && !tree_.too_many && !open_.empty()) {
      const size_t next = NextLine(message_, at_);
      if (!ReadDelimiter(message_.substr(at_, next - at_), next)) at_ = next;
    }
    tree_.unended = !open_.empty() && !tree_.too_many;
    EndLeaf(tree_.too_many ? at_ : message_.size(), /*cut=*/!tree_.too_many);
    EndGap(message_.size());
    if (tree_.parts.size() == 1) ShowAsText(tree_.parts[0]);
    return std::move(tree_);
  }

 private:
  // A multipart whose closing delimiter has not come yet.
  struct Open {
    size_t part;
    std::string boundary;
  };

  // A multipart without parts, mostly one whose boundary is wrong: better shown raw than lost.
  void ShowAsText(MimePart& message) const {
    if (!absl::StartsWith(message.type.value, "multipart/")) return;
    message.is_multipart = false;
    message.type.value = "text/plain";
    message.body = message_.substr(message.header.end);
    message.cut = true;
  }

  // Reads the header at the present place and opens the part it announces.
  void StartPart() {
    if (!tree_.parts.empty() && tree_.parts.size() >= limits_.parts) {
      tree_.too_many = true;
      return;
    }
    MimePart part;
    part.parent = open_.empty() ? MimePart::kNone : open_.back().part;
    part.header = PartHeader();
    at_ += part.header.end;
    const absl::string_view type = part.Field("Content-Type");
    part.type = ParseParameterized(type);
    if (!absl::StrContains(part.type.value, '/')) part.type.value = DefaultType(part.parent);
    part.disposition = ParseParameterized(part.Field("Content-Disposition"));

    part.is_multipart = absl::StartsWith(part.type.value, "multipart/");
    std::string boundary(part.type.Get("boundary"));
    if (part.is_multipart && boundary.empty()) {
      boundary = std::string(FirstDelimiter(message_.substr(at_)));
    }
    if (boundary.empty() || boundary.size() > kMaxBoundary) part.is_multipart = false;
    if (part.is_multipart && open_.size() >= limits_.depth) {
      tree_.too_deep = true;
      part.is_multipart = false;
    }
    tree_.parts.push_back(std::move(part));
    leaf_start_ = at_;
    in_leaf_ = !tree_.parts.back().is_multipart;
    if (in_leaf_) return;
    gap_ = &MimePart::before;
    gap_part_ = tree_.parts.size() - 1;
    open_.push_back({gap_part_, std::move(boundary)});
  }

  // The header of a part ends at a delimiter too, should its empty line be missing.
  HeaderFields PartHeader() const {
    return ReadHeaderFields(message_.substr(at_), limits_.header_bytes, limits_.headers);
  }

  // RFC 2046 section 5.1.5: what is in a digest is a message unless it says otherwise.
  const char* DefaultType(size_t parent) const {
    const bool in_digest =
        parent != MimePart::kNone && tree_.parts[parent].type.value == "multipart/digest";
    return in_digest ? "message/rfc822" : "text/plain";
  }

  // Acts on the line when it is a delimiter of an open multipart, the innermost first.
  bool ReadDelimiter(absl::string_view line, size_t next) {
    if (open_.empty() || !absl::ConsumePrefix(&line, "--") || line.size() > kMaxBoundary + 80)
      return false;
    line = absl::StripTrailingAsciiWhitespace(line);
    for (size_t level = open_.size(); level-- > 0;) {
      const std::string& boundary = open_[level].boundary;
      if (!absl::StartsWith(line, boundary)) continue;
      const absl::string_view tail = line.substr(boundary.size());
      if (!tail.empty() && tail != "--") continue;
      EndLeaf(at_, /*cut=*/false);
      EndGap(at_);
      gap_part_ = open_[level].part;
      open_.resize(tail.empty() ? level + 1 : level);
      at_ = leaf_start_ = next;
      gap_ = tail.empty() ? nullptr : &MimePart::after;
      if (tail.empty()) StartPart();
      return true;
    }
    return false;
  }

  void EndLeaf(size_t end, bool cut) {
    if (!in_leaf_) return;
    in_leaf_ = false;
    absl::string_view body = message_.substr(leaf_start_, end - leaf_start_);
    if (!cut) {  // the line end before a delimiter belongs to the delimiter
      absl::ConsumeSuffix(&body, "\n");
      absl::ConsumeSuffix(&body, "\r");
    }
    tree_.parts.back().body = body;
    tree_.parts.back().cut = cut;
  }

  // What stood outside of the parts since the last delimiter.
  void EndGap(size_t end) {
    if (gap_ == nullptr) return;
    absl::string_view text = message_.substr(leaf_start_, end - leaf_start_);
    absl::ConsumeSuffix(&text, "\n");
    absl::ConsumeSuffix(&text, "\r");
    tree_.parts[gap_part_].*gap_ = text;
    gap_ = nullptr;
  }

  absl::string_view message_;
  const ParseLimits& limits_;
  MimeTree tree_;
  std::vector<Open> open_;
  size_t at_ = 0;
  size_t leaf_start_ = 0;  // or that of a gap
  bool in_leaf_ = false;
  absl::string_view MimePart::*gap_ = nullptr;
  size_t gap_part_ = 0;
};

}  // namespace

absl::string_view MimePart::Field(absl::string_view name) const {
  const RawField* field = FindField(header, name);
  return field == nullptr ? absl::string_view() : field->body;
}

MimeTree ReadMimeTree(absl::string_view message, const ParseLimits& limits) {
  return TreeReader(message, limits).Read();
}

}  // namespace postern::mail
