#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// Files of an operator that are read line by line: where what stands. Pure.
namespace postern::words {

struct FileLine {
  size_t number = 0;       // from 1
  absl::string_view text;  // without its line end
};

// The lines of a text: LF or CRLF, a byte order mark left out. They point into `text`.
std::vector<FileLine> LinesOf(absl::string_view text);

// "line:column" of `at`, which is a part of the line; columns in characters, from 1.
std::string PlaceOf(const FileLine& line, absl::string_view at);

// What is wrong with a file, all of it: "line:column: reason" each. The reasons quote nothing
// that may be a password.
class FileProblems {
 public:
  static constexpr size_t kMost = 20;  // what follows is only counted

  void Add(const FileLine& line, absl::string_view at, absl::string_view reason);
  void Add(std::string problem);
  // Complains of the first control character but TAB, if there is one.
  bool HoldsControls(const FileLine& line);

  bool empty() const { return all_.empty(); }
  // kInvalidArgument with a line for each; OK when there is none.
  absl::Status Told() const;

 private:
  std::vector<std::string> all_;
  size_t more_ = 0;
};

// The same with the name of the file before each line.
absl::Status InFile(absl::string_view path, const absl::Status& told);

}  // namespace postern::words
