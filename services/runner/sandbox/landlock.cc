#include "services/runner/sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace postern::runner {
namespace {

// What the headers of Debian 12 (version 2) do not know yet.
constexpr uint64_t kTruncate = 1u << 14;                                      // version 3
constexpr uint64_t kIoctlDevice = 1u << 15;                                   // 5
constexpr uint64_t kBindTcp = 1u << 0, kConnectTcp = 1u << 1;                 // 4
constexpr uint64_t kScopeAbstractSockets = 1u << 0, kScopeSignals = 1u << 1;  // 6
struct RulesetAttributes {
  uint64_t files = 0, network = 0, scoped = 0;
};

constexpr uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kExecute = LANDLOCK_ACCESS_FS_EXECUTE;
constexpr uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr uint64_t kMake = LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                           LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM |
                           LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                           LANDLOCK_ACCESS_FS_REFER;
constexpr uint64_t kDevices =
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK;
constexpr uint64_t kOfFiles = LANDLOCK_ACCESS_FS_READ_FILE | kExecute | kWrite | kIoctlDevice;

struct SystemPath {
  const char* path;
  uint64_t rights;
};
constexpr SystemPath kSystem[] = {
    {"/usr", kRead | kExecute},
    {"/bin", kRead | kExecute},
    {"/sbin", kRead | kExecute},
    {"/lib", kRead | kExecute},
    {"/lib32", kRead | kExecute},
    {"/lib64", kRead | kExecute},
    {"/etc/ld.so.cache", kRead},
    {"/etc/alternatives", kRead},
    {"/etc/localtime", kRead},
    {"/etc/nsswitch.conf", kRead},
    {"/etc/mime.types", kRead},
    {"/etc/ssl/openssl.cnf", kRead},
    {"/dev/null", kRead | LANDLOCK_ACCESS_FS_WRITE_FILE},
    {"/dev/zero", kRead},
    {"/dev/random", kRead},
    {"/dev/urandom", kRead},
};
// To find others, and to know that they are who they say.
constexpr const char* kNetworkPaths[] = {"/etc/resolv.conf", "/etc/hosts",     "/etc/host.conf",
                                         "/etc/gai.conf",    "/etc/ssl/certs", "/etc/services"};

absl::Status Failed(absl::string_view what) {
  return absl::InternalError(absl::StrCat("runner: Landlock: ", what, ": ", std::strerror(errno)));
}

// All that a version can refuse.
uint64_t HandledBy(int version) {
  uint64_t handled = kRead | kExecute | kWrite | kMake | kDevices | kIoctlDevice;
  if (version < 2) handled &= ~static_cast<uint64_t>(LANDLOCK_ACCESS_FS_REFER);
  if (version < 3) handled &= ~kTruncate;
  if (version < 5) handled &= ~kIoctlDevice;
  return handled;
}

class Ruleset {
 public:
  Ruleset(OpenFile file, uint64_t handled) : file_(std::move(file)), handled_(handled) {}

  absl::Status Grant(int fd, uint64_t rights) {
    struct stat found {};
    if (::fstat(fd, &found) != 0) return Failed("fstat");
    if (!S_ISDIR(found.st_mode)) rights &= kOfFiles;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = rights & handled_;
    rule.parent_fd = fd;
    if (::syscall(SYS_landlock_add_rule, file_.fd(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
      return Failed("a rule");
    return absl::OkStatus();
  }
  absl::Status Grant(const std::string& path, uint64_t rights) {
    const OpenFile at(::open(path.c_str(), O_PATH | O_CLOEXEC));
    return at.ok() ? Grant(at.fd(), rights) : absl::OkStatus();
  }
  OpenFile Take() { return std::move(file_); }

 private:
  OpenFile file_;
  const uint64_t handled_;
};

absl::Status GrantAll(const FileGrants& grants, Ruleset& ruleset) {
  for (const SystemPath& one : kSystem) {
    if (absl::Status s = ruleset.Grant(one.path, one.rights); !s.ok()) return s;
  }
  for (const std::string& path : grants.readable) {
    if (absl::Status s = ruleset.Grant(path, kRead); !s.ok()) return s;
  }
  for (const char* path : kNetworkPaths) {
    if (!grants.network) break;
    if (absl::Status s = ruleset.Grant(path, kRead); !s.ok()) return s;
  }
  if (grants.program >= 0) {
    if (absl::Status s = ruleset.Grant(grants.program, kRead | kExecute); !s.ok()) return s;
  }
  if (grants.folder < 0) return absl::OkStatus();
  return ruleset.Grant(grants.folder, kRead | kWrite | kMake);
}

}  // namespace

int LandlockVersion() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

absl::StatusOr<OpenFile> MakeRuleset(const FileGrants& grants) {
  const int version = LandlockVersion();
  if (version == 0) return OpenFile();
  RulesetAttributes attributes;
  attributes.files = HandledBy(version);
  size_t size = sizeof attributes.files;
  if (version >= 4) {
    size = offsetof(RulesetAttributes, scoped);
    if (!grants.network) attributes.network = kBindTcp | kConnectTcp;
  }
  if (version >= 6) {
    size = sizeof attributes;
    attributes.scoped = kScopeAbstractSockets | kScopeSignals;
  }
  OpenFile file(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!file.ok()) return Failed("a ruleset");
  Ruleset ruleset(std::move(file), attributes.files);
  if (absl::Status s = GrantAll(grants, ruleset); !s.ok()) return s;
  return ruleset.Take();
}

}  // namespace postern::runner
