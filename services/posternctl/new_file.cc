#include "services/posternctl/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace postern::posternctl {
namespace {

absl::Status Failed(const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": ", std::strerror(errno), "; it was not written"));
}

bool WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(fd) == 0;
}

}  // namespace

absl::Status WriteNewFile(const std::string& path, absl::string_view bytes, bool replace) {
  const std::string temporary = absl::StrCat(path, ".new.", ::getpid());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(path);
  const bool written = WriteAll(fd, bytes);
  absl::Status status = written ? absl::OkStatus() : Failed(path);
  ::close(fd);
  // link() does not replace what is there.
  if (written && (replace ? ::rename(temporary.c_str(), path.c_str())
                          : ::link(temporary.c_str(), path.c_str())) != 0) {
    status = Failed(path);
  }
  if (!replace || !status.ok()) ::unlink(temporary.c_str());
  return status;
}

}  // namespace postern::posternctl
