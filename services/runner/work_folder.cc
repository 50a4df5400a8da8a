#include "services/runner/work_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postern::runner {
namespace {

constexpr absl::string_view kPrefix = "run-";
constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr size_t kMaxDepthBytes = 2000;  // of a path below the folder
constexpr size_t kNamesAtOnce = WorkFolder::kMaxEntries + 1;

absl::Status Failed(const std::string& path, absl::string_view what) {
  return absl::UnavailableError(
      absl::StrCat("runner: ", path, ": ", what, ": ", std::strerror(errno)));
}

// Some of the names in a folder, beginning anew.
std::vector<std::string> NamesIn(int folder) {
  std::vector<std::string> names;
  const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const opened = own < 0 ? nullptr : ::fdopendir(own);
  if (opened == nullptr) {
    if (own >= 0) ::close(own);
    return names;
  }
  while (const dirent* entry = ::readdir(opened)) {
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    if (names.size() == kNamesAtOnce) break;
  }
  ::closedir(opened);
  return names;
}

// A folder in a folder, and nothing that a link there leads to: a program that is dying may still
// put one in its place.
void MakeWritable(int folder, const std::string& name) {
  const OpenFile found(
      ::openat(folder, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (found.ok()) ::chmod(absl::StrCat("/proc/self/fd/", found.fd()).c_str(), 0700);
}

// Empties a folder from the top: what lies in a folder below is moved up, so that no depth is
// too deep.
class Emptying {
 public:
  explicit Emptying(int folder) : folder_(folder) {}

  void Go() {
    for (;;) {
      const std::vector<std::string> names = NamesIn(folder_);
      bool progress = false;
      for (const std::string& name : names) progress = Remove(name) || progress;
      if (!progress) return;
    }
  }

 private:
  bool Remove(const std::string& name) {
    if (::unlinkat(folder_, name.c_str(), 0) == 0) return true;
    if (::unlinkat(folder_, name.c_str(), AT_REMOVEDIR) == 0) return true;
    MakeWritable(folder_, name);
    const OpenFile below(::openat(folder_, name.c_str(), kFolder));
    if (!below.ok()) return false;
    bool progress = false;
    for (const std::string& inner : NamesIn(below.fd())) {
      if (::unlinkat(below.fd(), inner.c_str(), 0) == 0) {
        progress = true;
        continue;
      }
      // A folder moves when it may be written to itself: its ".." changes.
      MakeWritable(below.fd(), inner);
      const std::string up = absl::StrCat("up-", ++moved_);
      progress = ::renameat(below.fd(), inner.c_str(), folder_, up.c_str()) == 0 || progress;
    }
    return ::unlinkat(folder_, name.c_str(), AT_REMOVEDIR) == 0 || progress;
  }

  const int folder_;
  uint64_t moved_ = 0;
};

absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed(path, "can't be written");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status WriteMessage(int folder, const std::optional<User>& user, absl::string_view message,
                          const std::string& path) {
  const OpenFile file(::openat(folder, WorkFolder::kMessage,
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.ok()) return Failed(path, "can't be made");
  if (absl::Status s = WriteAll(file.fd(), message, path); !s.ok()) return s;
  if (!user) return absl::OkStatus();
  if (::fchown(file.fd(), user->uid, user->gid) != 0) return Failed(path, "chown");
  if (::fchown(folder, user->uid, user->gid) != 0) return Failed(path, "chown");
  return absl::OkStatus();
}

int OpenBeneath(int folder, const std::string& name) {
  open_how how{};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  const long fd = ::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how);
  if (fd >= 0 || errno != ENOSYS) return static_cast<int>(fd);
  // An old sandbox around us. A name has no "/" in it, so this reaches nothing else either.
  return ::openat(folder, name.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
}

absl::Status BadResult(const std::string& name, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("its file ", name, " ", why));
}

}  // namespace

absl::StatusOr<WorkPlace> WorkPlace::Open(const std::string& path) {
  const auto refuse = [&](absl::string_view why) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": ", why));
  };
  if (::mkdir(path.c_str(), 0711) != 0 && errno != EEXIST) return refuse(std::strerror(errno));
  OpenFile folder(::open(path.c_str(), kFolder));
  if (!folder.ok()) return refuse(std::strerror(errno));
  struct stat found {};
  if (::fstat(folder.fd(), &found) != 0) return refuse(std::strerror(errno));
  if (found.st_uid != ::geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refuse("is not this user's alone; name a folder that is not there yet");
  if (::flock(folder.fd(), LOCK_EX | LOCK_NB) != 0) return refuse("another runner is using it");
  ::fchmod(folder.fd(), 0711);  // programs of another user have to get to theirs
  for (const std::string& name : NamesIn(folder.fd())) {
    if (absl::StartsWith(name, kPrefix)) RemoveFolder(absl::StrCat(path, "/", name));
  }
  return WorkPlace(path, std::move(folder));
}

absl::StatusOr<WorkFolder> WorkFolder::Make(const WorkPlace& place, const std::optional<User>& user,
                                            absl::string_view message) {
  std::string path = absl::StrCat(place.path(), "/", kPrefix, "XXXXXX");
  if (::mkdtemp(path.data()) == nullptr) return Failed(path, "can't be made");
  OpenFile folder(::open(path.c_str(), kFolder));
  if (!folder.ok()) return Failed(path, "can't be opened");
  const uid_t owner = user ? user->uid : ::geteuid();
  WorkFolder made(path, std::move(folder), owner, message.size());
  if (absl::Status s = WriteMessage(made.fd(), user, message, path); !s.ok()) return s;
  return made;
}

WorkFolder::~WorkFolder() {
  if (folder_.ok()) RemoveFolder(path_);
}

std::string WorkFolder::message_path() const { return absl::StrCat(path_, "/", kMessage); }

bool WorkFolder::IsTooFull() const {
  std::vector<std::string> folders = {"."};
  size_t entries = 0;
  uint64_t bytes = 0;
  while (!folders.empty()) {
    const std::string at = std::move(folders.back());
    folders.pop_back();
    const OpenFile opened(::openat(fd(), at.c_str(), kFolder));
    if (!opened.ok() && errno == ENOENT) continue;
    if (!opened.ok() || at.size() > kMaxDepthBytes) return true;
    for (const std::string& name : NamesIn(opened.fd())) {
      struct stat found {};
      if (::fstatat(opened.fd(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
      bytes += static_cast<uint64_t>(found.st_blocks) * 512;
      if (++entries > kMaxEntries || bytes > kMaxBytes + message_bytes_) return true;
      if (S_ISDIR(found.st_mode)) folders.push_back(absl::StrCat(at, "/", name));
    }
  }
  return false;
}

absl::StatusOr<std::optional<std::string>> WorkFolder::TakeResult(const std::string& name) const {
  const OpenFile file(OpenBeneath(fd(), name));
  if (!file.ok() && errno == ENOENT) return std::nullopt;
  if (!file.ok() && (errno == ELOOP || errno == EXDEV))
    return BadResult(name, "is a link, and not a file");
  if (!file.ok()) return BadResult(name, absl::StrCat("can't be read: ", std::strerror(errno)));
  struct stat found {};
  if (::fstat(file.fd(), &found) != 0 || !S_ISREG(found.st_mode))
    return BadResult(name, "is not a file");
  // A second name may be that of a file elsewhere.
  if (found.st_uid != owner_ || found.st_nlink != 1) return BadResult(name, "is not its own");
  std::string bytes(kMaxResultBytes + 1, '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = ::pread(file.fd(), bytes.data() + have, bytes.size() - have, have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return BadResult(name, absl::StrCat("can't be read: ", std::strerror(errno)));
    if (n == 0) break;
    have += static_cast<size_t>(n);
  }
  if (have > kMaxResultBytes) return BadResult(name, "is larger than 1 MiB");
  bytes.resize(have);
  return std::optional<std::string>(std::move(bytes));
}

bool IsResultName(absl::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         name != WorkFolder::kMessage && name.find('/') == name.npos &&
         name.find('\0') == name.npos;
}

void RemoveFolder(const std::string& path) {
  ::chmod(path.c_str(), 0700);
  const OpenFile folder(::open(path.c_str(), kFolder));
  if (folder.ok()) Emptying(folder.fd()).Go();
  ::rmdir(path.c_str());
}

}  // namespace postern::runner
