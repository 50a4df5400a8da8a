// Any bytes must parse into a mail that is valid UTF-8 without control characters.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/utf8.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireLine(absl::string_view line) {
  Require(postern::mail::IsUtf8(line) && !postern::mail::HasControls(line) &&
          !postern::mail::HasBidiControls(line));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view message(reinterpret_cast<const char*>(data), size);
  const postern::mail::Mail mail =
      postern::mail::ParseMail(message, size % 2 == 0 ? 0 : size + 100);
  Require(postern::mail::IsUtf8(mail.text) && mail.text.find('\0') == std::string::npos);
  RequireLine(mail.subject);
  RequireLine(mail.message_id);
  RequireLine(mail.envelope_from);
  for (const auto* list : {&mail.from, &mail.reply_to, &mail.to, &mail.cc}) {
    for (const postern::mail::Address& address : *list) {
      RequireLine(address.Readable());
      const auto again = postern::mail::ParseAddress(address.Spec());
      Require(again.ok() && again->local_part == address.local_part &&
              again->domain == address.domain);
    }
  }
  for (const postern::mail::Attachment& attachment : mail.attachments) {
    RequireLine(attachment.file_name);
    Require(attachment.file_name.find_first_of("/\\") == std::string::npos);
    RequireLine(attachment.content_type);
  }
  for (const postern::mail::Header& header : mail.headers) {
    RequireLine(header.name);
    RequireLine(header.value);
  }
  return 0;
}
