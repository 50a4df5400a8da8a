#include "lib/mail/attachment_name.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/encoded_word.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

constexpr size_t kMaxBytes = 200;
constexpr size_t kMaxExtension = 20;

// The subject of an attached message, looked for in the beginning of its header.
std::string SubjectOf(absl::string_view message) {
  const HeaderFields header = ReadHeaderFields(message, 64 * 1024, 200);
  const RawField* subject = FindField(header, "Subject");
  return subject == nullptr ? "" : DecodeHeaderText(subject->body);
}

// What CleanLine keeps in a subject but only misleads in a file name: LRM, RLM, ALM, zero-width
// space.
std::string WithoutInvisibleMarks(std::string name) {
  for (absl::string_view mark : {"\xE2\x80\x8E", "\xE2\x80\x8F", "\xD8\x9C", "\xE2\x80\x8B"}) {
    for (size_t at = 0; (at = name.find(mark.data(), at, mark.size())) != name.npos;)
      name.erase(at, mark.size());
  }
  return name;
}

}  // namespace

std::string SafeFileName(absl::string_view name) {
  const size_t slash = name.find_last_of("/\\");
  if (slash != name.npos) name.remove_prefix(slash + 1);
  std::string clean = WithoutInvisibleMarks(CleanLine(CutUtf8(name, 64 * kMaxBytes)));
  absl::StripAsciiWhitespace(&clean);
  if (clean.find_first_not_of('.') == clean.npos) return "";
  if (clean.size() <= kMaxBytes) return clean;
  const size_t dot = clean.rfind('.');
  const std::string extension =
      dot != clean.npos && clean.size() - dot <= kMaxExtension ? clean.substr(dot) : "";
  return absl::StrCat(CutUtf8(clean, kMaxBytes - extension.size()), extension);
}

std::string DeclaredFileName(const MimePart& part) {
  const absl::string_view file_name = part.disposition.Get("filename");
  return SafeFileName(file_name.empty() ? part.type.Get("name") : file_name);
}

std::string AttachmentName(const MimePart& part) {
  std::string name = DeclaredFileName(part);
  if (!name.empty() || part.type.value != "message/rfc822") return name;
  std::string subject = SubjectOf(part.body);
  if (subject.empty()) return "";
  for (char& c : subject) {
    if (c == '/' || c == '\\') c = '_';
  }
  return SafeFileName(absl::StrCat(subject, ".eml"));
}

}  // namespace postern::mail
