// Any text must be read as a list of programs, or be refused; what is read can be run as it is.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/runner/program_list.h"

namespace {

using namespace postern::runner;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckPath(const std::string& path) {
  Require(path.size() > 1 && path.front() == '/' && path.back() != '/');
  Require(path.find("/..") == path.npos || path.find("/../") == path.npos);
  Require(path.find('\0') == path.npos && path.find('\n') == path.npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto list = ParseProgramList(text);
  if (!list.ok()) {
    Require(!list.status().message().empty());
    return 0;
  }
  Require(list->size() <= kMaxPrograms);
  for (const ListedProgram& program : *list) {
    Require(!program.id.empty() && program.id.size() <= kMaxIdBytes);
    Require(std::count_if(list->begin(), list->end(),
                          [&](const ListedProgram& other) { return other.id == program.id; }) == 1);
    CheckPath(program.path);
    Require(program.sha256.size() == 64);
    Require(program.sha256.find_first_not_of("0123456789abcdef") == program.sha256.npos);
    Require(program.seconds >= 1 && program.seconds <= kMaxSeconds);
    Require(program.cpu_seconds >= 1 && program.cpu_seconds <= kMaxSeconds);
    Require(program.megabytes >= kMinMegabytes && program.megabytes <= kMaxMegabytes);
    Require(program.readable.size() <= kMaxReadable);
    for (const std::string& path : program.readable) CheckPath(path);
  }
  return 0;
}
