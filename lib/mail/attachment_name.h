#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "lib/mail/mime_tree.h"

namespace postern::mail {

// The name that a part declares for itself, made harmless (see SafeFileName); empty when there is
// none.
std::string DeclaredFileName(const MimePart& part);

// The same, but an attached message without a name is named by its subject.
std::string AttachmentName(const MimePart& part);

// The last component of a path, on one line, without what no file system or
// terminal should meet, at most 200 bytes with the extension kept. Empty for "." and "..".
std::string SafeFileName(absl::string_view name);

}  // namespace postern::mail
