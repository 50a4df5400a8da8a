#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/mail/mail.h"

namespace postern::mail {

// Where an attachment's bytes are.
struct AttachmentBody {
  Attachment about;
  absl::string_view bytes;  // of the message, still transfer-encoded
  std::string encoding;     // Content-Transfer-Encoding, as it is
};

// The attachment of that number, counted from 1 in Mail.attachments as ParseMail lists them of
// the whole `message`. Nothing when there is none.
std::optional<AttachmentBody> FindAttachment(absl::string_view message, size_t number);

}  // namespace postern::mail
