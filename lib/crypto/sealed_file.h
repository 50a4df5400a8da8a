#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"

// Files of JSMail with passwords in them, sealed by `posternctl seal` in place of JSMail's JSMC:
//
//   "JSM2", version (1), kind, and what SecretBox makes of the text (its key's name, a nonce, and
//   AES-256-GCM's ciphertext and tag), bound to all that stands before it
//
// The text is UTF-8 with LF. XChaCha20-Poly1305 would ask for libsodium, which nothing else here
// needs; a key seals a handful of files, so that 96 random bits of a nonce never come twice.
namespace postern::crypto {

enum class FileKind : uint8_t {
  kScheduler = 1,
  kPopAccounts = 2,
  kPasswords = 3,
  kReject = 4,
  kAllowDeny = 5,
  kResponders = 6,
  kSubject = 7,
  kFinger = 8,
};

// "scheduler", "pop3", "passwords", "reject", "allow-deny", "responders", "subject", "finger".
std::string NameOfKind(FileKind kind);

struct OpenedFile {
  FileKind kind = FileKind::kScheduler;
  Secret text;
};

// Whether the bytes begin like a sealed file.
bool IsSealedFile(absl::string_view bytes);
// Whether they can't be a text: a file that JSMail's own JSMC compiled.
bool IsBinaryFile(absl::string_view bytes);

std::string SealFile(const SecretBox& box, FileKind kind, absl::string_view text);
// kDataLoss: damaged, or of a version that is not known; kFailedPrecondition: sealed with a key
// that is not in the box (named).
absl::StatusOr<OpenedFile> OpenSealedFile(const SecretBox& box, absl::string_view bytes);

// The text of a file that may be sealed. `keys` may be null; `kind`: what it has to be. `bytes` are
// wiped. kInvalidArgument or the errors above, "NAME: why": no key is there, it is of another kind,
// or compiled by JSMail's own JSMC, whose format nobody knows.
absl::StatusOr<OpenedFile> OpenFile(std::string bytes, absl::string_view file_name,
                                    const SecretBox* keys, std::optional<FileKind> kind);

}  // namespace postern::crypto
