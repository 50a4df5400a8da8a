#include "services/rules/folder/watched_file.h"

#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"

namespace postern::rules {

std::string StampOf(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return "-";
  return absl::StrCat(found.st_dev, ":", found.st_ino, ":", found.st_size, ":",
                      found.st_mtim.tv_sec, ":", found.st_mtim.tv_nsec);
}

absl::StatusOr<std::string> BytesOf(const std::string& path, absl::string_view name, size_t most) {
  struct stat found {};
  // To open a pipe would wait for a writer.
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": is not a file"));
  }
  std::ifstream file(path, std::ios::binary);
  std::string bytes(most + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.eof() && !file.good()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": can't be read"));
  }
  bytes.resize(static_cast<size_t>(file.gcount()));
  if (bytes.size() <= most) return bytes;
  return absl::InvalidArgumentError(absl::StrCat(name, ": is larger than ", most / 1024, " KiB"));
}

std::string Utf8Of(const std::string& bytes) {
  return mail::IsUtf8(bytes) ? bytes : mail::ToUtf8(bytes, "windows-1252");
}

}  // namespace postern::rules
