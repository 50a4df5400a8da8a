#include "services/runner/executable.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"

namespace postern::runner {
namespace {

constexpr size_t kMaxKnown = 1000;
constexpr int64_t kSettleSeconds = 2;

absl::Status Refuse(const ListedProgram& program, absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("runner: program ", program.id, ": ", program.path, " ", why));
}

absl::StatusOr<std::string> ReadAll(int fd, size_t size) {
  std::string bytes(size + 1, '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = ::pread(fd, bytes.data() + have, bytes.size() - have, have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return absl::UnavailableError(std::strerror(errno));
    if (n == 0) break;
    have += n;
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace

absl::StatusOr<OpenFile> Executables::Open(const ListedProgram& program) {
  // O_NONBLOCK: a pipe at that place would be waited for.
  OpenFile file(::open(program.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.ok()) return Refuse(program, absl::StrCat("can't be read: ", std::strerror(errno)));
  struct stat found {};
  if (::fstat(file.fd(), &found) != 0 || !S_ISREG(found.st_mode))
    return Refuse(program, "is not a file");
  if (found.st_size > static_cast<off_t>(kMaxBytes))
    return Refuse(program, absl::StrCat("is larger than ", kMaxBytes >> 20, " MiB"));
  if ((found.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
    return Refuse(program, "may not be executed (chmod +x)");
  const Version version{found.st_dev,
                        found.st_ino,
                        found.st_size,
                        {found.st_mtim.tv_sec, found.st_mtim.tv_nsec},
                        {found.st_ctim.tv_sec, found.st_ctim.tv_nsec}};
  auto sum = SumOf(file.fd(), program.path, version);
  if (!sum.ok()) return Refuse(program, absl::StrCat("can't be read: ", sum.status().message()));
  if (*sum == program.sha256) return file;
  return Refuse(program,
                absl::StrCat("is not the file that the list means: its SHA-256 is ", *sum));
}

absl::StatusOr<std::string> Executables::SumOf(int fd, const std::string& path,
                                               const Version& version) {
  const auto known = known_.find(path);
  if (known != known_.end() && known->second.version == version) return known->second.sha256;
  const auto bytes = ReadAll(fd, static_cast<size_t>(version.size));
  if (!bytes.ok()) return bytes.status();
  std::string sum = crypto::Sha256Hex(*bytes);
  if (known_.size() >= kMaxKnown) known_.clear();
  // Written to a moment ago: it may be again, and the clock of files would not tell.
  if (version.changed[0] + kSettleSeconds < ::time(nullptr))
    known_.insert_or_assign(path, Summed{version, sum});
  return sum;
}

}  // namespace postern::runner
