#include "services/sender/filing/filed_copy.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/header_writer.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/utf8.h"

namespace postern::sender {
namespace {

constexpr size_t kMaxSubject = 200;

}  // namespace

std::string BccLine(const std::vector<std::string>& hidden) {
  if (hidden.empty()) return "";
  mail::HeaderWords words;
  for (size_t i = 0; i < hidden.size(); ++i) {
    words.push_back(absl::StrCat(hidden[i], i + 1 < hidden.size() ? "," : ""));
  }
  return mail::HeaderLine("Bcc", words);
}

CopyMarks MarksOf(absl::string_view beginning) {
  mail::ParseLimits limits;
  limits.parts = 1;
  mail::Mail mail = mail::ParseMail(beginning.substr(0, beginning.find("\r\n\r\n")), 0, limits);
  CopyMarks marks;
  marks.message_id = std::move(mail.message_id);
  marks.subject = std::string(mail::CutUtf8(mail.subject, kMaxSubject));
  marks.date_unix = mail.date_unix;
  return marks;
}

}  // namespace postern::sender
