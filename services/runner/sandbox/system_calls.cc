#include "services/runner/sandbox/system_calls.h"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/runner/open_file.h"

namespace postern::runner {
namespace {

constexpr const char* kNever[] = {
    // other processes
    "kcmp", "pidfd_getfd", "process_madvise", "process_mrelease", "process_vm_readv",
    "process_vm_writev", "ptrace",
    // where files are
    "chroot", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr",
    "move_mount", "name_to_handle_at", "open_by_handle_at", "open_tree", "pivot_root", "umount",
    "umount2",
    // the kernel
    "acct", "bpf", "delete_module", "finit_module", "init_module", "ioperm", "iopl",
    "kexec_file_load", "kexec_load", "lookup_dcookie", "perf_event_open", "quotactl", "quotactl_fd",
    "reboot", "swapoff", "swapon", "syslog", "userfaultfd", "vhangup",
    // calls that no filter sees
    "io_uring_enter", "io_uring_register", "io_uring_setup",
    // keys, names, clocks
    "add_key", "adjtimex", "clock_adjtime", "clock_settime", "keyctl", "request_key",
    "setdomainname", "sethostname", "settimeofday",
    // what would outlive the run, or leave its process group
    "mq_open", "mq_unlink", "msgget", "semget", "setns", "setpgid", "setsid", "shmget", "unshare"};

constexpr uint64_t kNamespaces[] = {CLONE_NEWCGROUP, CLONE_NEWIPC,  CLONE_NEWNET, CLONE_NEWNS,
                                    CLONE_NEWPID,    CLONE_NEWUSER, CLONE_NEWUTS};
// Of these a thread may change itself alone (0).
constexpr const char* kOfItself[] = {"prlimit64", "sched_setaffinity", "sched_setattr",
                                     "sched_setparam", "sched_setscheduler"};
constexpr int kIoPriorityOfProcess = 1;  // IOPRIO_WHO_PROCESS

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_ALLOW), ::seccomp_release) {
    if (context_ == nullptr) error_ = -ENOMEM;
  }

  void Refuse(const char* name, std::initializer_list<scmp_arg_cmp> when = {}, int with = EPERM) {
    if (error_ != 0) return;
    const int call = ::seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR) return;  // younger than the library
    error_ = ::seccomp_rule_add_array(context_.get(), SCMP_ACT_ERRNO(with), call,
                                      static_cast<unsigned>(when.size()), when.begin());
    if (error_ != 0) failed_ = name;
  }

  absl::StatusOr<std::vector<sock_filter>> Compile() {
    const OpenFile file(::memfd_create("seccomp", MFD_CLOEXEC));
    if (!file.ok()) return absl::InternalError(absl::StrCat("memfd: ", std::strerror(errno)));
    if (error_ == 0) error_ = ::seccomp_export_bpf(context_.get(), file.fd());
    const off_t size = ::lseek(file.fd(), 0, SEEK_END);
    std::vector<sock_filter> program(static_cast<size_t>(size) / sizeof(sock_filter));
    if (error_ == 0 && ::pread(file.fd(), program.data(), size, 0) != size) error_ = -EIO;
    if (error_ == 0 && !program.empty()) return program;
    return absl::InternalError(
        absl::StrCat("runner: no filter of system calls: ", failed_, " ", std::strerror(-error_)));
  }

 private:
  const std::unique_ptr<void, decltype(&::seccomp_release)> context_;
  int error_ = 0;
  const char* failed_ = "";
};

scmp_arg_cmp Argument(unsigned at, scmp_compare how, uint64_t value, uint64_t second = 0) {
  return scmp_arg_cmp{at, how, value, second};
}

// A rule knows each argument once, so "none but these" is what lies around them.
void LimitSockets(bool network, Filter& filter) {
  if (!network) return filter.Refuse("socket");
  static_assert(AF_INET == 2 && AF_INET6 == 10);
  filter.Refuse("socket", {Argument(0, SCMP_CMP_LT, AF_INET)});
  for (uint64_t family = AF_INET + 1; family < AF_INET6; ++family)
    filter.Refuse("socket", {Argument(0, SCMP_CMP_EQ, family)});
  filter.Refuse("socket", {Argument(0, SCMP_CMP_GT, AF_INET6)});
}

void LimitProcesses(Filter& filter) {
  for (const uint64_t flag : kNamespaces)
    filter.Refuse("clone", {Argument(0, SCMP_CMP_MASKED_EQ, flag, flag)});
  // Its flags are in memory, where no filter sees them; without it, libraries take clone.
  filter.Refuse("clone3", {}, ENOSYS);
  // To everybody: all that have our user.
  constexpr uint64_t kInt = 0xffffffff;
  filter.Refuse("kill", {Argument(0, SCMP_CMP_MASKED_EQ, kInt, kInt)});
  for (const char* name : kOfItself) filter.Refuse(name, {Argument(0, SCMP_CMP_NE, 0)});
  filter.Refuse("setpriority", {Argument(0, SCMP_CMP_NE, PRIO_PROCESS)});
  filter.Refuse("setpriority", {Argument(1, SCMP_CMP_NE, 0)});
  filter.Refuse("ioprio_set", {Argument(0, SCMP_CMP_NE, kIoPriorityOfProcess)});
  filter.Refuse("ioprio_set", {Argument(1, SCMP_CMP_NE, 0)});
}

}  // namespace

absl::StatusOr<std::vector<sock_filter>> MakeCallFilter(bool network) {
  Filter filter;
  for (const char* name : kNever) filter.Refuse(name);
  LimitSockets(network, filter);
  LimitProcesses(filter);
  return filter.Compile();
}

}  // namespace postern::runner
