#include "services/fetcher/effects/edited_mail.h"

#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/mail/body_encoding.h"
#include "lib/mail/charset.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/mime_tree.h"
#include "lib/mail/transfer_encoding.h"
#include "lib/mail/utf8.h"
#include "services/fetcher/effects/letter.h"

namespace postern::fetcher {

namespace {

using rules::v1::Edit;

constexpr size_t kMaxTextBytes = 4 * 1024 * 1024;  // of a part; a longer one is left alone
constexpr size_t kMaxPatternBytes = 1024;
constexpr int64_t kPatternMemory = 8 << 20;

// --- patterns ---------------------------------------------------------------------

// Null when it is none, or what replaces it names groups that it has not.
std::unique_ptr<RE2> PatternOf(const Edit::Body& edit) {
  if (edit.pattern().empty() || edit.pattern().size() > kMaxPatternBytes) return nullptr;
  RE2::Options options;
  options.set_max_mem(kPatternMemory);
  options.set_log_errors(false);
  auto pattern = std::make_unique<RE2>(edit.pattern(), options);
  std::string why;
  if (!pattern->ok() || !pattern->CheckRewriteString(edit.text(), &why)) return nullptr;
  return pattern;
}

// --- parts ------------------------------------------------------------------------

size_t OffsetIn(absl::string_view whole, absl::string_view part) {
  return static_cast<size_t>(part.data() - whole.data());
}

// A stretch of the mail, and what stands there instead.
struct Patch {
  size_t begin = 0, end = 0;
  std::string text;
};

// A mail's tree, and what is to become of its parts.
class Parts {
 public:
  explicit Parts(absl::string_view mail) : mail_(mail), tree_(mail::ReadMimeTree(mail, {})) {}

  const std::vector<mail::MimePart>& all() const { return tree_.parts; }

  bool Inside(size_t part, absl::string_view type_prefix) const {
    for (size_t at = tree_.parts[part].parent; at != mail::MimePart::kNone;
         at = tree_.parts[at].parent) {
      if (absl::StartsWith(tree_.parts[at].type.value, type_prefix)) return true;
    }
    return false;
  }
  bool IsSealed(size_t part) const {
    return Inside(part, "multipart/signed") || Inside(part, "multipart/encrypted");
  }
  bool IsAttachment(size_t part) const {
    const mail::MimePart& leaf = tree_.parts[part];
    if (leaf.is_multipart) return false;
    const bool text = absl::StartsWith(leaf.type.value, "text/");
    return leaf.disposition.value == "attachment" || !leaf.disposition.Get("filename").empty() ||
           !leaf.type.Get("name").empty() || !text;
  }
  bool IsText(size_t part, absl::string_view type) const {
    const mail::MimePart& leaf = tree_.parts[part];
    // A mail of one part ends where the input does; one in a multipart was cut there.
    const bool whole = !leaf.cut || leaf.parent == mail::MimePart::kNone;
    return !leaf.is_multipart && whole && !IsAttachment(part) && leaf.type.value == type;
  }

  // Decoded, LF line ends; nothing when it is too long.
  std::optional<std::string> TextOf(size_t part) const {
    const mail::MimePart& leaf = tree_.parts[part];
    mail::DecodedBody body = mail::DecodeTransferEncoding(
        leaf.body, leaf.Field("Content-Transfer-Encoding"), kMaxTextBytes);
    if (body.full_size > body.bytes.size()) return std::nullopt;
    return mail::CleanText(mail::ToUtf8(body.bytes, leaf.type.Get("charset")));
  }

  // In the part's place, with those of its fields that tell nothing of its body. False: it can't
  // be, for it has no header of its own and the text needs one.
  bool Replace(size_t part, absl::string_view type, absl::string_view text) {
    const mail::MimePart& leaf = tree_.parts[part];
    const mail::EncodedBody body = mail::EncodeBody(text);
    Patch patch;
    patch.end = OffsetIn(mail_, leaf.body) + leaf.body.size();
    if (leaf.header.fields.empty()) {
      if (body.transfer_encoding != "7bit" || type != "text/plain") return false;
      patch.begin = OffsetIn(mail_, leaf.body);
      patch.text = body.bytes;
    } else {
      patch.begin = OffsetIn(mail_, leaf.header.fields.front().name);
      patch.text = HeaderOf(leaf, type, body.transfer_encoding) + "\r\n" + body.bytes;
    }
    // The line end before a delimiter is the delimiter's.
    const bool line_follows = patch.end < mail_.size() && part != 0;
    if (line_follows && absl::EndsWith(patch.text, "\r\n")) {
      patch.text.resize(patch.text.size() - 2);
    }
    patches_.push_back(std::move(patch));
    return true;
  }

  // "multipart/signed" becomes mixed: what it said of the parts holds no more.
  void Unsign(size_t part) {
    const mail::RawField* type = mail::FindField(tree_.parts[part].header, "Content-Type");
    if (type == nullptr) return;
    const std::string lower = absl::AsciiStrToLower(type->body);
    const size_t at = lower.find("multipart/signed");
    if (at == lower.npos) return;
    const size_t begin = OffsetIn(mail_, type->body) + at;
    patches_.push_back({begin, begin + std::string("multipart/signed").size(), "multipart/mixed"});
  }

  bool changed() const { return !patches_.empty(); }
  std::string Patched() {
    std::sort(patches_.begin(), patches_.end(),
              [](const Patch& a, const Patch& b) { return a.begin < b.begin; });
    std::string out;
    size_t at = 0;
    for (const Patch& patch : patches_) {
      if (patch.begin < at) continue;
      absl::StrAppend(&out, mail_.substr(at, patch.begin - at), patch.text);
      at = patch.end;
    }
    return absl::StrCat(out, mail_.substr(at));
  }

 private:
  static std::string HeaderOf(const mail::MimePart& leaf, absl::string_view type,
                              absl::string_view encoding) {
    std::string header;
    for (const mail::RawField& field : leaf.header.fields) {
      if (absl::StartsWithIgnoreCase(field.name, "Content-")) continue;
      const absl::string_view text(field.name.data(),
                                   field.body.data() + field.body.size() - field.name.data());
      absl::StrAppend(&header, absl::StrReplaceAll(text, {{"\r\n", "\r\n"}, {"\n", "\r\n"}}),
                      "\r\n");
    }
    absl::StrAppend(&header, "Content-Type: ", type, "; charset=utf-8\r\n",
                    "Content-Transfer-Encoding: ", encoding, "\r\n");
    return header;
  }

  const absl::string_view mail_;
  const mail::MimeTree tree_;
  std::vector<Patch> patches_;
};

std::string AsHtml(absl::string_view text) {
  return absl::StrReplaceAll(text,
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\n", "<br>\n"}});
}

std::string HtmlWith(const std::string& html, absl::string_view text) {
  const std::string more = absl::StrCat("<p>", AsHtml(text), "</p>\n");
  const size_t end = absl::AsciiStrToLower(html).rfind("</body");
  if (end == std::string::npos) return absl::StrCat(html, "\n", more);
  return absl::StrCat(html.substr(0, end), more, html.substr(end));
}

void Append(const std::string& text, Parts& parts) {
  bool plain = false, html = false;
  for (size_t i = 0; i < parts.all().size(); ++i) {
    if (parts.IsSealed(i)) continue;
    const bool is_plain = !plain && parts.IsText(i, "text/plain");
    const bool is_html = !html && parts.IsText(i, "text/html");
    if (!is_plain && !is_html) continue;
    auto body = parts.TextOf(i);
    if (!body) continue;
    if (is_plain) {
      const absl::string_view gap = body->empty() || absl::EndsWith(*body, "\n") ? "" : "\n";
      plain = parts.Replace(i, "text/plain", absl::StrCat(*body, gap, text, "\n"));
    } else {
      html = parts.Replace(i, "text/html", HtmlWith(*body, text));
    }
  }
}

void ReplaceText(const Edit::Body& edit, ReplacingLimits& left, Parts& parts) {
  const std::unique_ptr<RE2> pattern = PatternOf(edit);
  if (!pattern) return;
  for (size_t i = 0; i < parts.all().size(); ++i) {
    if (parts.IsSealed(i)) continue;
    for (const char* type : {"text/plain", "text/html"}) {
      if (!parts.IsText(i, type)) continue;
      auto body = parts.TextOf(i);
      if (!body || !ReplaceAll(*pattern, edit.text(), left, *body)) continue;
      parts.Replace(i, type, *body);
    }
  }
}

std::string NameOf(const mail::MimePart& part) {
  absl::string_view name = part.disposition.Get("filename");
  if (name.empty()) name = part.type.Get("name");
  return mail::CleanLine(mail::CutUtf8(name.empty() ? part.type.value : name, 200));
}

void StripAttachments(Parts& parts) {
  for (size_t i = 0; i < parts.all().size(); ++i) {
    if (parts.IsSealed(i) || !parts.IsAttachment(i)) continue;
    const std::string note =
        absl::StrCat("[The attachment \"", NameOf(parts.all()[i]), "\" was removed.]\n");
    parts.Replace(i, "text/plain", note);
  }
}

void StripSignatures(Parts& parts) {
  for (size_t i = 0; i < parts.all().size(); ++i) {
    const mail::MimePart& part = parts.all()[i];
    if (part.is_multipart && part.type.value == "multipart/signed") parts.Unsign(i);
    const std::string& type = part.type.value;
    const bool signature = type == "application/pkcs7-signature" ||
                           type == "application/x-pkcs7-signature" ||
                           type == "application/pgp-signature";
    if (signature) parts.Replace(i, "text/plain", "[The signature was removed.]\n");
  }
}

// Each edit sees what those before it left.
std::string WithBodyEdit(std::string mail, const Edit::Body& edit, ReplacingLimits& left) {
  Parts parts(mail);
  if (edit.change() == Edit::CHANGE_APPEND) Append(edit.text(), parts);
  if (edit.change() == Edit::CHANGE_REPLACE_TEXT) ReplaceText(edit, left, parts);
  if (edit.change() == Edit::CHANGE_STRIP_ATTACHMENTS) StripAttachments(parts);
  if (edit.change() == Edit::CHANGE_STRIP_SIGNATURE) StripSignatures(parts);
  return parts.changed() ? parts.Patched() : std::move(mail);
}

bool IsOfHeader(const Edit& edit) {
  return !edit.has_body() || edit.body().change() == Edit::CHANGE_REPLACE_HEADER;
}

void EditHeader(const Edit& edit, ReplacingLimits& left, Letter& letter) {
  if (edit.has_add()) letter.Add(edit.add().name(), edit.add().value(), edit.add().last());
  if (edit.has_remove()) letter.Remove(edit.remove().name(), edit.remove().occurrence());
  if (!edit.has_body()) return;
  const Edit::Body& body = edit.body();
  if (const auto pattern = PatternOf(body))
    letter.Replace(body.header(), *pattern, body.text(), left);
}

}  // namespace

std::string EditedMail(absl::string_view mail, const Edits& edits) {
  std::string edited(mail);
  ReplacingLimits left;
  std::optional<Letter> letter;  // for all edits of the header in a row: mails are long
  for (const Edit& edit : edits) {
    if (IsOfHeader(edit)) {
      if (!letter) letter.emplace(edited);
      EditHeader(edit, left, *letter);
      continue;
    }
    if (letter) edited = letter->Join();
    letter.reset();
    edited = WithBodyEdit(std::move(edited), edit.body(), left);
  }
  return letter ? letter->Join() : std::move(edited);
}

}  // namespace postern::fetcher
