#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// A file of a folder that is looked at every second.
namespace postern::rules {

// Which file it is, and when it was written; "-" when there is none.
std::string StampOf(const std::string& path);

// kInvalidArgument, with its name: it is none, can't be read, or has more than `most` bytes.
absl::StatusOr<std::string> BytesOf(const std::string& path, absl::string_view name, size_t most);

// What is no UTF-8 is taken for windows-1252: texts of JSMail's days, and names of such files.
std::string Utf8Of(const std::string& bytes);

}  // namespace postern::rules
