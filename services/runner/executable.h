#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "services/runner/open_file.h"
#include "services/runner/program_list.h"

namespace postern::runner {

// Opens programs to be run, when their files are what the list says. What is opened is what is
// run, whatever the path leads to by then.
class Executables {
 public:
  static constexpr size_t kMaxBytes = 64 * 1024 * 1024;

  // kFailedPrecondition: the file isn't there, or is another one; the message says which.
  absl::StatusOr<OpenFile> Open(const ListedProgram& program);

 private:
  // A file as it was when its sum was taken. Nobody but root can set back the time of its last
  // change of state.
  struct Version {
    dev_t device;
    ino_t inode;
    off_t size;
    int64_t written[2], changed[2];  // seconds, nanoseconds
    bool operator==(const Version&) const = default;
  };
  struct Summed {
    Version version;
    std::string sha256;
  };
  absl::StatusOr<std::string> SumOf(int fd, const std::string& path, const Version& version);

  std::map<std::string, Summed> known_;  // by path
};

}  // namespace postern::runner
