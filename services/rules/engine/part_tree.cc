#include "services/rules/engine/part_tree.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "lib/mail/attachment_name.h"
#include "lib/mail/charset.h"
#include "lib/mail/html_charset.h"
#include "lib/mail/html_to_text.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/transfer_encoding.h"
#include "lib/mail/utf8.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxHtmlText = 512 * 1024;

bool IsHtml(const MessageView::Part& part) {
  return (part.type == "text" && part.subtype == "html") ||
         (part.type == "application" && part.subtype == "xhtml+xml");
}

// It goes on as it is: neither encoded nor anything but a message (RFC 2046 section 5.2.1).
bool IsMessage(const mail::MimePart& part) {
  if (part.type.value != "message/rfc822" && part.type.value != "message/global") return false;
  const absl::string_view encoding =
      absl::StripAsciiWhitespace(part.Field("Content-Transfer-Encoding"));
  return !absl::EqualsIgnoreCase(encoding, "base64") &&
         !absl::EqualsIgnoreCase(encoding, "quoted-printable");
}

}  // namespace

MessageView::Field FieldOf(const mail::RawField& raw) {
  MessageView::Field field;
  field.name = std::string(raw.name);
  field.raw = mail::Unfold(raw.body.substr(0, MessageView::kMaxHeaderBytes));
  return field;
}

PartTree::PartTree(absl::string_view message) {
  Read(message, SIZE_MAX, 0);
  SetEnds();
}

void PartTree::Read(absl::string_view message, size_t parent, size_t depth) {
  mail::ParseLimits limits;
  limits.parts = kMaxParts - std::min(kMaxParts - 1, parts_.size());
  const mail::MimeTree tree = mail::ReadMimeTree(message, limits);
  // A message inside pushes those behind it further back.
  std::vector<size_t> places;
  for (const mail::MimePart& part : tree.parts) {
    if (parts_.size() >= kMaxParts) return;
    const size_t above = part.parent == mail::MimePart::kNone ? parent : places[part.parent];
    places.push_back(parts_.size());
    Add(part, above);
    if (IsMessage(part) && depth < kMaxMessages && parts_.size() < kMaxParts) {
      parts_.back().message = true;
      Read(part.body, places.back(), depth + 1);
    }
  }
}

void PartTree::Add(const mail::MimePart& raw, size_t parent) {
  MessageView::Part part;
  part.parent = parent;
  const std::pair<std::string, std::string> type =
      absl::StrSplit(raw.type.value, absl::MaxSplits('/', 1));
  part.type = type.first;
  part.subtype = type.second;
  part.disposition = raw.disposition.value;
  part.file_name = mail::DeclaredFileName(raw);
  part.multipart = raw.is_multipart;
  if (!parts_.empty()) {  // the mail's own are the view's
    part.fields.reserve(raw.header.fields.size());
    for (const mail::RawField& field : raw.header.fields) part.fields.push_back(FieldOf(field));
  }
  parts_.push_back(std::move(part));
  sources_.push_back({std::string(raw.Field("Content-Transfer-Encoding")),
                      std::string(raw.type.Get("charset")), raw.body, raw.before, raw.after});
}

// Parts stand behind what encloses them, so from the back each has its last descendant already.
void PartTree::SetEnds() {
  for (size_t i = parts_.size(); i-- > 0;) {
    parts_[i].end = std::max(parts_[i].end, i + 1);
    const size_t parent = parts_[i].parent;
    if (parent != SIZE_MAX) parts_[parent].end = std::max(parts_[parent].end, parts_[i].end);
  }
}

std::string PartTree::Decode(size_t index) const {
  const MessageView::Part& part = parts_[index];
  const Source& source = sources_[index];
  if (part.multipart) return "";
  if (part.message) {  // RFC 5173 section 5.2: the header, which is what belongs to it alone
    const mail::HeaderFields header =
        mail::ReadHeaderFields(source.body, MessageView::kMaxHeaderBytes, 1000);
    const std::string fields(
        source.body.substr(0, std::min(header.end, MessageView::kMaxBodyBytes)));
    std::string lines = absl::StrReplaceAll(fields, {{"\r\n", "\n"}});
    if (absl::EndsWith(lines, "\n\n")) lines.pop_back();  // the empty line is of neither
    return lines;
  }
  const mail::DecodedBody decoded =
      mail::DecodeTransferEncoding(source.body, source.encoding, MessageView::kMaxBodyBytes);
  if (part.type != "text") return decoded.bytes;
  if (IsHtml(part)) return mail::CleanText(mail::HtmlToUtf8(decoded.bytes, source.charset));
  return mail::CleanText(mail::ToUtf8(decoded.bytes, source.charset));
}

absl::string_view PartTree::Content(size_t part) const {
  if (part >= parts_.size()) return "";
  auto [known, fresh] = contents_.try_emplace(part);
  if (fresh) known->second = Decode(part);
  return known->second;
}

std::vector<std::string> PartTree::AroundParts(size_t part) const {
  std::vector<std::string> around;
  if (part >= parts_.size() || !parts_[part].multipart) return around;
  for (const absl::string_view text : {sources_[part].before, sources_[part].after}) {
    around.push_back(
        absl::StrReplaceAll(text.substr(0, MessageView::kMaxBodyBytes), {{"\r\n", "\n"}}));
  }
  return around;
}

absl::string_view PartTree::Readable(size_t part) const {
  if (part >= parts_.size() || !IsHtml(parts_[part])) return Content(part);
  auto [known, fresh] = readable_.try_emplace(part);
  if (fresh) known->second = mail::HtmlToText(Content(part), kMaxHtmlText);
  return known->second;
}

std::string PartTree::ReadableText(size_t limit) const {
  std::string text;
  for (size_t i = 0; i < parts_.size() && text.size() < limit; ++i) {
    const MessageView::Part& part = parts_[i];
    if (part.multipart || (part.type != "text" && !IsHtml(part))) continue;
    if (!text.empty()) text += '\n';
    absl::StrAppend(&text, Readable(i));
  }
  if (text.size() > limit) text.resize(mail::CutUtf8(text, limit).size());
  return text;
}

}  // namespace postern::rules
