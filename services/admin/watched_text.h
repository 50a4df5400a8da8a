#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/process/watched_file.h"

namespace postern::admin {

// The text of a file that an operator may change while we run (lib/process/watched_file.h).
// UTF-8 of at most 8 KiB, made safe to show.
class WatchedText {
 public:
  static constexpr size_t kMaxBytes = 8 * 1024;

  WatchedText() = default;  // no file: an empty text
  explicit WatchedText(std::string path) : file_(std::move(path), kMaxBytes) {}

  // Looks at the file. kInvalidArgument, in words for an operator, when it can't be
  // used: once for each state of the file; the text stays as it was before.
  absl::Status Refresh();
  const std::string& text() const { return text_; }

 private:
  process::WatchedFile file_;
  std::string text_;
};

}  // namespace postern::admin
