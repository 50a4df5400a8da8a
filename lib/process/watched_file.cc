#include "lib/process/watched_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace postern::process {
namespace {

absl::Status Unusable(const std::string& path, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", reason));
}

}  // namespace

absl::StatusOr<WatchedFile::Version> WatchedFile::Look() {
  struct stat found {};
  if (::stat(path_.c_str(), &found) != 0) return Unusable(path_, std::strerror(errno));
  // To open a pipe would wait for a writer.
  if (!S_ISREG(found.st_mode)) return Unusable(path_, "is not a file");
  open_to_all_ = (found.st_mode & S_IROTH) != 0;
  return Version{found.st_dev, found.st_ino, static_cast<uint64_t>(found.st_size),
                 found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

absl::StatusOr<std::string> WatchedFile::Read() const {
  std::ifstream file(path_, std::ios::binary);
  std::string bytes(max_bytes_ + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.eof() && !file.good()) return Unusable(path_, "can't be read");
  bytes.resize(static_cast<size_t>(file.gcount()));
  if (bytes.size() > max_bytes_) {
    return Unusable(path_, absl::StrCat("holds more than ", max_bytes_, " bytes"));
  }
  return bytes;
}

absl::StatusOr<std::optional<std::string>> WatchedFile::Refresh() {
  if (path_.empty()) return std::nullopt;
  auto now = Look();
  if (seen_ && *seen_ == now) return std::nullopt;
  seen_ = now;
  if (!now.ok()) return now.status();
  auto bytes = Read();
  if (!bytes.ok()) return bytes.status();
  return *std::move(bytes);
}

}  // namespace postern::process
