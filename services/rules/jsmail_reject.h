#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/rules/program.h"

namespace postern::rules {

constexpr size_t kMaxSourceBytes = 256 * 1024;
constexpr size_t kMaxRules = 2000;

struct RejectFile {
  Program program;
  std::vector<std::string> warnings;  // "file:line:column: ..."
};

// Reads JSMail's reject file: a rule on each line,
//
//   rule = [ "!" ] key ":" [ "!" ] regex
//   key  = "source" | "destination" | "subject" | "received"
//
// with "!" (in one of the two places) for accept, blank lines, and "#" comments.
// The expression begins right behind the colon, blanks and all, and ends with the
// line; a leading "!" of its own is written \! or [!].
//
// All or nothing: kInvalidArgument lists every wrong line, one a line of the
// message, as "file:line:column: reason". Columns count code points from 1.
absl::StatusOr<RejectFile> ParseRejectFile(absl::string_view source, absl::string_view file_name);

}  // namespace postern::rules
