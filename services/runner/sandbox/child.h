#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/runner/open_file.h"
#include "services/runner/user.h"

namespace postern::runner {

// What a child may use; beyond it calls fail, or the kernel ends it.
struct Limits {
  uint64_t cpu_seconds = 5;
  uint64_t memory_bytes = 256ull << 20;  // of address space
  uint64_t file_bytes = 16ull << 20;     // of each file
  uint64_t open_files = 64;
  uint64_t processes = 64;  // of its user, threads included, in all that runs as this user
};

// How a child becomes a program. The files stay the caller's.
struct Launch {
  int executable = -1;                   // read, and executed as it is open here
  std::vector<std::string> words;        // argv
  std::vector<std::string> environment;  // "NAME=value", all there is
  int folder = -1;                       // where it begins
  int output = -1, errors = -1;          // what it writes goes there; it hears /dev/null
  std::optional<User> user;              // whom it runs as; nothing: as we do
  Limits limits;
  int ruleset = -1;                     // of Landlock; -1: none
  std::span<const sock_filter> filter;  // of system calls; empty: none
};

// A program that runs in a session and process group of its own, which nothing that it starts can
// leave while the filter is there. One that is left is killed, with all that it started.
class Child {
 public:
  // kInternal: it could not be made, or not be confined; the message says what failed. Nothing of
  // the program has run then.
  static absl::StatusOr<Child> Start(Launch launch);
  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), watch_(std::move(other.watch_)) {}
  Child& operator=(Child&&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  // Whether the program itself has ended. What it started may still run.
  bool HasEnded() const;
  // To all of the group.
  void Signal(int number) const;
  struct Ended {
    int exit_code = 127;  // 128 + signal when it was ended by one
    bool by_signal = false;
  };
  // Kills what is left of the group, and tells how the program ended. Once, when HasEnded().
  Ended Conclude();
  // After Conclude(): whether all of the group are gone.
  bool IsGone();
  // Becomes readable when the program ends; whoever takes it closes it.
  int TakeWatch() { return watch_.Release(); }

 private:
  Child(pid_t pid, OpenFile watch) : pid_(pid), watch_(std::move(watch)) {}

  pid_t pid_;         // of the program, and of its group; -1: concluded
  pid_t group_ = -1;  // that was concluded
  OpenFile watch_;
};

}  // namespace postern::runner
