#include "lib/crypto/sealed_file.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace postern::crypto {
namespace {

constexpr char kMagic[] = "JSM2";
constexpr char kVersion = 1;
constexpr size_t kHeaderBytes = 6;

// The same file, however its lines end, is the same text.
Secret Canonical(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  std::string lines;
  lines.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool line_end = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!line_end) lines += text[i];
  }
  Secret canonical(lines);
  Wipe(lines);
  return canonical;
}

absl::Status Refused(absl::string_view file_name, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(file_name, ": ", why));
}

}  // namespace

std::string NameOfKind(FileKind kind) {
  switch (kind) {
    case FileKind::kScheduler:
      return "scheduler";
    case FileKind::kPopAccounts:
      return "pop3";
    case FileKind::kPasswords:
      return "passwords";
    case FileKind::kReject:
      return "reject";
    case FileKind::kAllowDeny:
      return "allow-deny";
    case FileKind::kResponders:
      return "responders";
    case FileKind::kSubject:
      return "subject";
    case FileKind::kFinger:
      return "finger";
  }
  return "unknown";
}

bool IsSealedFile(absl::string_view bytes) { return absl::StartsWith(bytes, kMagic); }

bool IsBinaryFile(absl::string_view bytes) {
  return !IsSealedFile(bytes) && bytes.find('\0') != bytes.npos;
}

std::string SealFile(const SecretBox& box, FileKind kind, absl::string_view text) {
  std::string header(kMagic);
  header += kVersion;
  header += static_cast<char>(kind);
  return absl::StrCat(header, box.Seal(Canonical(text), header));
}

absl::StatusOr<OpenedFile> OpenSealedFile(const SecretBox& box, absl::string_view bytes) {
  if (!IsSealedFile(bytes) || bytes.size() < kHeaderBytes) {
    return absl::DataLossError("the sealed file is damaged");
  }
  const absl::string_view header = bytes.substr(0, kHeaderBytes);
  if (header[4] != kVersion) {
    return absl::DataLossError(
        absl::StrCat("the file was sealed by another version of posternctl, or is damaged: its "
                     "form is number ",
                     static_cast<int>(static_cast<unsigned char>(header[4]))));
  }
  auto text = box.Open(bytes.substr(kHeaderBytes), header);
  if (absl::IsFailedPrecondition(text.status())) {
    return absl::FailedPreconditionError(absl::StrReplaceAll(
        text.status().message(),
        {{"the password was", "the file was"}, {"the master key file", "the key file"}}));
  }
  if (!text.ok()) {
    return absl::DataLossError(
        "the sealed file is damaged, or was sealed with another key of the same name");
  }
  return OpenedFile{static_cast<FileKind>(header[5]), *std::move(text)};
}

absl::StatusOr<OpenedFile> OpenFile(std::string bytes, absl::string_view file_name,
                                    const SecretBox* keys, std::optional<FileKind> kind) {
  OpenedFile opened;
  opened.kind = kind.value_or(FileKind::kReject);
  if (IsBinaryFile(bytes)) {
    return Refused(file_name,
                   "not a text; if JSMail's own JSMC compiled it, nobody knows its format: take "
                   "the text that it was made from, and seal that with 'posternctl seal'");
  }
  if (!IsSealedFile(bytes)) {
    opened.text = Secret(bytes);
    Wipe(bytes);
    return opened;
  }
  if (keys == nullptr) return Refused(file_name, "it is sealed, and no key file is named");
  auto unsealed = OpenSealedFile(*keys, bytes);
  if (!unsealed.ok()) {
    return absl::Status(unsealed.status().code(),
                        absl::StrCat(file_name, ": ", unsealed.status().message()));
  }
  if (kind && unsealed->kind != *kind) {
    return Refused(file_name,
                   absl::StrCat("what is sealed in it is a file of the kind ",
                                NameOfKind(unsealed->kind), ", not ", NameOfKind(*kind)));
  }
  return unsealed;
}

}  // namespace postern::crypto
