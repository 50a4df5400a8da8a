#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/runner/open_file.h"
#include "services/runner/user.h"

namespace postern::runner {

// Where the folders of runs are: made when it is not there, ours alone, used by one runner at a
// time. What a runner that was killed left in it is removed.
class WorkPlace {
 public:
  WorkPlace() = default;  // none yet
  // kFailedPrecondition: the message says why not.
  static absl::StatusOr<WorkPlace> Open(const std::string& path);
  const std::string& path() const { return path_; }

 private:
  WorkPlace(std::string path, OpenFile folder)
      : path_(std::move(path)), folder_(std::move(folder)) {}
  std::string path_;
  OpenFile folder_;  // holds the lock
};

// The private folder (0700) of one run, which holds the mail. It goes with its owner, when nobody
// writes to it any more.
class WorkFolder {
 public:
  static constexpr char kMessage[] = "message.eml";
  static constexpr size_t kMaxResultBytes = 1 << 20;
  static constexpr size_t kMaxEntries = 2000;
  static constexpr uint64_t kMaxBytes = 64 << 20;  // beside the mail

  // Of `user`, or ours. kUnavailable: the disk is full, or something like it.
  static absl::StatusOr<WorkFolder> Make(const WorkPlace& place, const std::optional<User>& user,
                                         absl::string_view message);
  WorkFolder(WorkFolder&&) noexcept = default;
  WorkFolder& operator=(WorkFolder&&) = delete;
  ~WorkFolder();

  int fd() const { return folder_.fd(); }
  const std::string& path() const { return path_; }
  // Of the whole way there.
  std::string message_path() const;

  // Whether a run has put more there than it may. What it hides from us counts as too much.
  bool IsTooFull() const;

  // A file that the run made; nothing when it made none. kFailedPrecondition: it is no plain file
  // of the run's own in this very folder, or too large. After the run has ended.
  absl::StatusOr<std::optional<std::string>> TakeResult(const std::string& name) const;

 private:
  WorkFolder(std::string path, OpenFile folder, uid_t owner, size_t message_bytes)
      : path_(std::move(path)),
        folder_(std::move(folder)),
        owner_(owner),
        message_bytes_(message_bytes) {}

  std::string path_;
  OpenFile folder_;
  uid_t owner_;
  size_t message_bytes_;
};

// Whether it can be the name of a result: a name, and not the mail's.
bool IsResultName(absl::string_view name);

// Removes a folder with all that is in it, however deep, and follows no link.
void RemoveFolder(const std::string& path);

}  // namespace postern::runner
