#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::runner {

// A program that rules may have run, as a line of the operator's list has it:
//
//   ID PATH SHA256 SECONDS [network] [cpu=SECONDS] [memory=MEGABYTES] [read=PATH]...
//
// Fields are separated by blanks; "…" keeps blanks in one. `#` begins a comment line.
struct ListedProgram {
  std::string id;      // what rules call it; case counts
  std::string path;    // the whole one
  std::string sha256;  // of its file, 64 hexadecimal digits in lower case
  uint32_t seconds = 10;
  uint32_t cpu_seconds = 5;
  uint32_t megabytes = 256;           // of address space
  bool network = false;               // may it speak to others
  std::vector<std::string> readable;  // files and folders beside those of the system
};

constexpr size_t kMaxListBytes = 256 * 1024;
constexpr size_t kMaxPrograms = 200;
constexpr size_t kMaxIdBytes = 128;
constexpr size_t kMaxReadable = 16;
constexpr uint32_t kMaxSeconds = 60;
constexpr uint32_t kMinMegabytes = 16, kMaxMegabytes = 4096;

// kInvalidArgument, "line:column: reason" for each fault in a line of its own.
absl::StatusOr<std::vector<ListedProgram>> ParseProgramList(absl::string_view text);

}  // namespace postern::runner
