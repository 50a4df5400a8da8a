#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

// Files that posternctl reads for the services or by itself.
namespace postern::posternctl {

// The last part of a path: how messages name the file.
std::string FileNameOf(const std::string& path);

struct FileBeginning {
  std::string bytes;  // at most as many as asked for
  size_t full_size = 0;
};
// kNotFound, kInvalidArgument and kUnavailable name the path.
absl::StatusOr<FileBeginning> ReadBeginning(const std::string& path, size_t limit);

// A whole text as UTF-8. kInvalidArgument when it is sealed, or larger than `limit`, a
// number of KiB.
absl::StatusOr<std::string> ReadTextFile(const std::string& path, size_t limit);

}  // namespace postern::posternctl
