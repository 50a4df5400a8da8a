#include "services/all-in-one/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_box.h"
#include "lib/process/log.h"

namespace postern::all_in_one {
namespace {

absl::Status CannotWrite(const std::string& path) {
  return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
}

absl::Status WriteDurably(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return CannotWrite(path);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  const absl::Status status = written ? absl::OkStatus() : CannotWrite(path);
  ::close(fd);
  return status;
}

}  // namespace

absl::StatusOr<std::string> KeyFileIn(const std::string& data_dir) {
  std::error_code error;
  std::filesystem::create_directories(data_dir, error);
  if (error) return absl::UnavailableError(absl::StrCat(data_dir, ": ", error.message()));
  if (::access(data_dir.c_str(), W_OK) != 0) return CannotWrite(data_dir);
  ::chmod(data_dir.c_str(), 0700);
  const std::string path = absl::StrCat(data_dir, "/master.key");
  if (::access(path.c_str(), F_OK) == 0) return path;
  // A new key would open none of the passwords that are there.
  if (std::filesystem::exists(data_dir + "/redis/appendonlydir")) {
    return absl::FailedPreconditionError(absl::StrCat(
        path,
        " is missing, but the folder holds accounts whose passwords it seals: put the key "
        "back, or name another one with --master-key-file"));
  }
  // Renamed into place when whole: a crash leaves no half key behind.
  const std::string fresh = path + ".new";
  std::string line = absl::StrCat(crypto::SecretBox::NewKeyLine("main"), "\n");
  absl::Status status = WriteDurably(fresh, line);
  crypto::Wipe(line);
  if (!status.ok()) return status;
  if (::rename(fresh.c_str(), path.c_str()) != 0) return CannotWrite(path);
  if (const int folder = ::open(data_dir.c_str(), O_RDONLY | O_CLOEXEC); folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  log::Info("made a master key; keep a copy, without it stored passwords can't be opened",
            {{"file", path}});
  return path;
}

}  // namespace postern::all_in_one
