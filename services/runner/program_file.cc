#include "services/runner/program_file.h"

#include <algorithm>

#include "lib/words/operator_file.h"

namespace postern::runner {

absl::StatusOr<bool> ProgramFile::Refresh() {
  auto bytes = file_.Refresh();
  if (!bytes.ok()) return bytes.status();
  if (!*bytes) return false;
  auto programs = ParseProgramList(**bytes);
  if (!programs.ok()) return words::InFile(file_.path(), programs.status());
  programs_ = *std::move(programs);
  return true;
}

const ListedProgram* ProgramFile::Find(absl::string_view id) const {
  const auto found = std::find_if(programs_.begin(), programs_.end(),
                                  [&](const ListedProgram& one) { return one.id == id; });
  return found == programs_.end() ? nullptr : &*found;
}

}  // namespace postern::runner
