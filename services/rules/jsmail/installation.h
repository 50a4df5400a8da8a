#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/sealed_file.h"

// Which file of a JSMail installation is what.
namespace postern::rules::jsmail {

// "reject", "allow-deny", "responders", "subject", "finger", "passwords", "pop3", "scheduler".
std::string NameOfKind(crypto::FileKind kind);
std::optional<crypto::FileKind> KindNamed(absl::string_view name);
// "reject, allow-deny, …"
std::string AllKinds();

// By its name, whatever its case: "reject.txt", "Allow_Deny.cfg", "fred.fgr", "scheduler.jsm".
std::optional<crypto::FileKind> KindOfFile(absl::string_view file_name);
// By what stands in it; nothing when it could be anything.
std::optional<crypto::FileKind> KindOfText(absl::string_view text);

// The text of a file: of a sealed one, what was sealed. `keys` may be null. kInvalidArgument or
// kFailedPrecondition, "NAME: why": sealed with a key that isn't there, of another kind than
// `kind`, damaged, or compiled by JSMail's own JSMC, whose format nobody knows.
absl::StatusOr<crypto::OpenedFile> OpenFile(std::string bytes, absl::string_view file_name,
                                            const crypto::SecretBox* keys,
                                            std::optional<crypto::FileKind> kind);

}  // namespace postern::rules::jsmail
