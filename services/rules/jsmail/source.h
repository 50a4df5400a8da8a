#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/ir/problem.h"

// What JSMail's files have in common: an entry on each line, "#" comments, and that whatever
// is wrong is told with its place.
namespace postern::rules::jsmail {

inline constexpr size_t kMaxSourceBytes = 256 * 1024;

struct Line {
  uint32_t number = 0;     // from 1
  absl::string_view text;  // without its line end
};

// A file as UTF-8 (an old one is taken for windows-1252, with a warning), and what is to be
// said about it. The text is wiped when it goes, for it may hold passwords.
class Source {
 public:
  Source(absl::string_view bytes, absl::string_view file_name, size_t max_bytes = kMaxSourceBytes);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::string& file_name() const { return file_name_; }
  const std::string& text() const { return text_; }
  std::string Hash() const;  // of the bytes that came
  // All lines; none of a file that is too large.
  const std::vector<Line>& lines() const { return lines_; }
  // Those that are no comment, not blank, and hold no control character but TAB: one that does
  // is complained of.
  std::vector<Line> Entries();

  // `at` is a part of the line's text.
  void Fail(const Line& line, absl::string_view at, std::string reason);
  void Warn(const Line& line, absl::string_view at, std::string reason);
  bool failed() const { return failed_; }
  size_t errors() const { return errors_; }
  // In the order of the source. Nothing is left.
  std::vector<Problem> TakeProblems();

 private:
  void Add(const Line& line, absl::string_view at, std::string reason, bool warning);

  std::string file_name_;
  std::string text_;
  std::string hash_;
  std::vector<Line> lines_;
  std::vector<Problem> problems_;
  size_t warnings_ = 0, errors_ = 0;
  bool failed_ = false;
};

}  // namespace postern::rules::jsmail
