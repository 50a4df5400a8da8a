#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/process/watched_file.h"
#include "services/runner/program_list.h"

namespace postern::runner {

// The operator's list of programs as its file has it (--programs-file).
class ProgramFile {
 public:
  ProgramFile() = default;  // no programs
  explicit ProgramFile(std::string path) : file_(std::move(path), kMaxListBytes) {}

  // Looks at the file; true when another list is in force now. kInvalidArgument, a line
  // "PATH:LINE:COLUMN: reason" for each fault, once for each state of the file: the list before
  // stays in force.
  absl::StatusOr<bool> Refresh();

  const std::vector<ListedProgram>& programs() const { return programs_; }
  // Null when there is none of that id; good until the next Refresh.
  const ListedProgram* Find(absl::string_view id) const;

 private:
  process::WatchedFile file_;
  std::vector<ListedProgram> programs_;
};

}  // namespace postern::runner
