#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/crypto/sealed_file.h"

// Which file of a JSMail installation is what.
namespace postern::rules::jsmail {

using crypto::NameOfKind;
using crypto::OpenFile;

std::optional<crypto::FileKind> KindNamed(absl::string_view name);
// "reject, allow-deny, …"
std::string AllKinds();

// By its name, whatever its case: "reject.txt", "Allow_Deny.cfg", "fred.fgr", "scheduler.jsm".
std::optional<crypto::FileKind> KindOfFile(absl::string_view file_name);
// By what stands in it; nothing when it could be anything.
std::optional<crypto::FileKind> KindOfText(absl::string_view text);

}  // namespace postern::rules::jsmail
