#include "services/posternctl/text_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/sealed_file.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"

namespace postern::posternctl {

std::string FileNameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

absl::StatusOr<FileBeginning> ReadBeginning(const std::string& path, size_t limit) {
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode))
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a folder"));
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  FileBeginning beginning;
  beginning.bytes.resize(limit);
  file.read(beginning.bytes.data(), static_cast<std::streamsize>(limit));
  if (file.bad()) return absl::UnavailableError(absl::StrCat(path, ": can't be read"));
  beginning.bytes.resize(static_cast<size_t>(file.gcount()));
  beginning.full_size = beginning.bytes.size();
  if (beginning.bytes.size() == limit) beginning.full_size = static_cast<size_t>(about.st_size);
  return beginning;
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path, size_t limit) {
  auto file = ReadBeginning(path, limit + 1);
  if (!file.ok()) return file.status();
  if (file->bytes.size() > limit)
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is larger than ", limit / 1024, " KiB"));
  if (crypto::IsSealedFile(file->bytes)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     ": is sealed; 'posternctl seal -d FILE --key-file KEY -o TEXT' makes the "
                     "text again, which can be looked through"));
  }
  if (mail::IsUtf8(file->bytes)) return std::move(file->bytes);
  return mail::ToUtf8(file->bytes, "windows-1252");
}

}  // namespace postern::posternctl
