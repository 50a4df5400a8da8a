#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace postern::admin {

// The text of a file that an operator may change while we run: read again when the
// file behind the name is another one (a ConfigMap is swapped by symlink) or was
// written to. UTF-8 of at most 8 KiB, made safe to show.
class WatchedText {
 public:
  static constexpr size_t kMaxBytes = 8 * 1024;

  WatchedText() = default;  // no file: an empty text
  explicit WatchedText(std::string path) : path_(std::move(path)) {}

  // Looks at the file. kInvalidArgument, in words for an operator, when it can't be
  // used: once for each state of the file; the text stays as it was before.
  absl::Status Refresh();
  const std::string& text() const { return text_; }

 private:
  struct Version {
    uint64_t device, inode, size;
    int64_t seconds, nanoseconds;  // of the last writing
    bool operator==(const Version&) const = default;
  };

  std::string path_;
  std::string text_;
  std::optional<absl::StatusOr<Version>> seen_;
};

}  // namespace postern::admin
