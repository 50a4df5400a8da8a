#include "services/xmpp-edge/spool/spool_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "services/xmpp-edge/spool/spooled_message.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kFailed[] = "failed";
constexpr size_t kKeyDigits = 40;

absl::Status Wrong(absl::string_view what, int error) { return absl::ErrnoToStatus(error, what); }

int64_t Nanoseconds(const struct timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// At most one byte more than a file may have. False: `errno` says why.
bool ReadAll(int fd, std::string& bytes) {
  bytes.resize(kMaxSpooledBytes + 1);
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = ::read(fd, bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  bytes.resize(size);
  return true;
}

// Without writing over another file of that name, where the file system can say so.
int MoveAside(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return ::unlink(from.c_str()) == 0 ? 0 : errno;
  if (errno == EEXIST) return EEXIST;
  struct stat there {};
  if (::lstat(to.c_str(), &there) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

std::string SpoolFolder::In(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

absl::StatusOr<std::vector<SpoolFile>> SpoolFolder::List() const {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path_.c_str()), &::closedir);
  if (!folder) return Wrong(path_, errno);
  std::vector<SpoolFile> files;
  size_t messages = 0, locks = 0;
  while (true) {
    errno = 0;
    const struct dirent* entry = ::readdir(folder.get());
    if (entry == nullptr && errno != 0) return Wrong(path_, errno);
    if (entry == nullptr) break;
    SpoolFile file;
    file.name = entry->d_name;
    const auto name = ReadSpoolName(file.name);
    if (!name) continue;
    const bool lock = name->kind == SpoolName::Kind::kLock;
    if (lock && ++locks > kMaxLocks) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path_, ": there are more than ", kMaxLocks, " locks; remove those of old"));
    }
    if (!lock && ++messages > kMaxFiles) continue;
    struct stat found {};
    if (::lstat(In(file.name).c_str(), &found) != 0) continue;  // it went meanwhile
    file.inode = found.st_ino;
    file.size = found.st_size;
    file.written_ns = Nanoseconds(found.st_mtim);
    file.touched_ns = Nanoseconds(found.st_ctim);
    files.push_back(std::move(file));
  }
  return files;
}

absl::StatusOr<SpooledWork> SpoolFolder::Take(const SpoolFile& file,
                                              const std::string& worker) const {
  const auto name = ReadSpoolName(file.name);
  if (!name) return absl::InvalidArgumentError(absl::StrCat(file.name, ": is no message"));
  std::string work = WorkName(name->file, worker);
  struct stat there {};
  if (::lstat(In(work).c_str(), &there) == 0) {
    return absl::UnavailableError(absl::StrCat(work, ": another one of this name is not done"));
  }
  if (::rename(In(file.name).c_str(), In(work).c_str()) != 0) return Wrong(file.name, errno);
  return Read(std::move(work), name->file);
}

SpooledWork SpoolFolder::Read(std::string name, std::string file) const {
  SpooledWork work;
  work.name = std::move(name);
  work.file = std::move(file);
  // Neither a link to somewhere else, nor a pipe, which would wait for its writer.
  const Descriptor fd(
      ::open(In(work.name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat found {};
  const bool opened = fd.get() >= 0 && ::fstat(fd.get(), &found) == 0;
  if (!opened && errno == EACCES) {
    work.problem = "the gateway may not read the file";
  } else if (!opened || !S_ISREG(found.st_mode)) {
    work.problem = "this is no plain file";
  } else if (!ReadAll(fd.get(), work.bytes)) {
    work.problem = "the file can't be read";
  }
  work.key = crypto::Sha256Hex(absl::StrCat(work.file, "\n", found.st_ino, "\n",
                                            Nanoseconds(found.st_mtim), "\n",
                                            crypto::Sha256Hex(work.bytes)))
                 .substr(0, kKeyDigits);
  return work;
}

void SpoolFolder::Touch(const SpooledWork& work) const {
  // The time of the content stays: it belongs to the key.
  const struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  (void)::utimensat(AT_FDCWD, In(work.name).c_str(), times, AT_SYMLINK_NOFOLLOW);
}

absl::Status SpoolFolder::Remove(const SpooledWork& work) const {
  if (::unlink(In(work.name).c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return Wrong(work.name, errno);
}

absl::Status SpoolFolder::Fail(const SpooledWork& work, absl::string_view reason) const {
  const std::string folder = In(kFailed);
  if (::mkdir(folder.c_str(), 0770) != 0 && errno != EEXIST) return Wrong(kFailed, errno);
  std::string to = absl::StrCat(folder, "/", work.file);
  int error = MoveAside(In(work.name), to);
  if (error == EEXIST) {
    to = absl::StrCat(to, ".", work.key.substr(0, 8));  // the key tells that it is the very same
    error = ::rename(In(work.name).c_str(), to.c_str()) == 0 ? 0 : errno;
  }
  if (error == ENOENT) return absl::OkStatus();  // somebody else did it
  if (error != 0) return Wrong(to, error);
  const std::string why = absl::StrCat(reason, "\n");
  // Of a pipe nobody may be the reader: that is an error, and not waited for.
  const Descriptor fd(::open(absl::StrCat(to, ".why").c_str(),
                             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                             0660));
  if (fd.get() < 0 || ::write(fd.get(), why.data(), why.size()) < 0) return Wrong(to, errno);
  return absl::OkStatus();
}

}  // namespace postern::xmpp_edge
