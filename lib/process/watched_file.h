#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace postern::process {

// A file that an operator may change while we run: read again when the file behind the name
// is another one (a ConfigMap is swapped by symlink) or was written to.
class WatchedFile {
 public:
  WatchedFile() = default;  // no file: never anything new
  WatchedFile(std::string path, size_t max_bytes) : path_(std::move(path)), max_bytes_(max_bytes) {}

  // Its bytes, when they may be others than before; nothing when it is as it was.
  // kInvalidArgument, "PATH: why", when it can't be used: once for each state of the file.
  // Nothing of it is kept here.
  absl::StatusOr<std::optional<std::string>> Refresh();
  const std::string& path() const { return path_; }
  // Whether anybody on the machine may read it; as it was at the last Refresh.
  bool open_to_all() const { return open_to_all_; }

 private:
  struct Version {
    uint64_t device, inode, size;
    int64_t seconds, nanoseconds;  // of the last writing
    bool operator==(const Version&) const = default;
  };
  absl::StatusOr<Version> Look();
  absl::StatusOr<std::string> Read() const;

  std::string path_;
  size_t max_bytes_ = 0;
  bool open_to_all_ = false;
  std::optional<absl::StatusOr<Version>> seen_;
};

}  // namespace postern::process
