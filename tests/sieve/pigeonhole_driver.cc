// Runs files of Pigeonhole's own test-suite with our compiler and engine.
//
//   pigeonhole_driver FILE.svtest...
//
// prints a line for each of their test blocks: "pass" or "fail", file, line, name, and why it
// failed, between tabs. Exit status 1 when a file can't be read; what fails is no error.
#include <iostream>
#include <string>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/sieve/suite_script.h"

namespace {

std::string OneLine(const std::string& text) {
  return absl::StrJoin(absl::StrSplit(text, absl::ByAnyChar("\t\r\n"), absl::SkipWhitespace()),
                       " ");
}

}  // namespace

int main(int argc, char** argv) {
  int status = argc > 1 ? 0 : 2;
  for (int i = 1; i < argc; ++i) {
    const auto blocks = postern::rules::suite::RunFile(argv[i]);
    if (!blocks.ok()) {
      std::cerr << blocks.status().message() << "\n";
      status = 1;
      continue;
    }
    for (const auto& block : *blocks) {
      std::cout << (block.failure.empty() ? "pass" : "fail") << "\t" << argv[i] << "\t"
                << block.begin << "\t" << OneLine(block.name) << "\t" << OneLine(block.failure)
                << "\n";
    }
  }
  return status;
}
