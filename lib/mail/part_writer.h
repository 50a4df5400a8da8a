#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "lib/mail/body_encoding.h"
#include "lib/mail/outgoing_mail.h"

namespace postern::mail {

// A part as it goes into a message: header fields with their CRLFs, and the body that follows
// an empty line. A part may be a multipart.
struct WrittenPart {
  std::string header, body;
};

// text/plain; format=flowed. `text` as CleanText leaves it.
WrittenPart WriteText(absl::string_view text);
WrittenPart WriteHtml(absl::string_view html);
// An attachment: its bytes are never changed. A mail (message/rfc822) and a header
// (text/rfc822-headers) stand as they are if any relay carries them so; else a mail is
// sent as a file.
WrittenPart WriteAttachment(const OutgoingPart& part);

// "multipart/SUBTYPE" with this delimiter, which stands in none of the parts.
WrittenPart WriteMultipart(absl::string_view subtype, absl::string_view delimiter,
                           absl::Span<const WrittenPart> parts);

}  // namespace postern::mail
