#include "lib/words/operator_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::words {

std::vector<FileLine> LinesOf(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  std::vector<FileLine> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    absl::ConsumeSuffix(&line, "\r");
    lines.push_back({lines.size() + 1, line});
  }
  return lines;
}

std::string PlaceOf(const FileLine& line, absl::string_view at) {
  const absl::string_view before = line.text.substr(0, at.data() - line.text.data());
  const auto characters =
      std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xc0) != 0x80; });
  return absl::StrCat(line.number, ":", 1 + characters);
}

void FileProblems::Add(const FileLine& line, absl::string_view at, absl::string_view reason) {
  Add(absl::StrCat(PlaceOf(line, at), ": ", reason));
}

void FileProblems::Add(std::string problem) {
  if (all_.size() == kMost) {
    ++more_;
  } else {
    all_.push_back(std::move(problem));
  }
}

bool FileProblems::HoldsControls(const FileLine& line) {
  const auto control = std::find_if(line.text.begin(), line.text.end(),
                                    [](char c) { return absl::ascii_iscntrl(c) && c != '\t'; });
  if (control == line.text.end()) return false;
  Add(line, line.text.substr(control - line.text.begin()), "must not hold control characters");
  return true;
}

namespace {

// Of "line:column: reason"; what has no place comes last.
size_t LineOf(absl::string_view problem) {
  size_t line = 0;
  const bool has_place = absl::SimpleAtoi(problem.substr(0, problem.find(':')), &line);
  return has_place ? line : static_cast<size_t>(-1);
}

}  // namespace

absl::Status FileProblems::Told() const {
  if (all_.empty()) return absl::OkStatus();
  std::vector<std::string> sorted = all_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const std::string& a, const std::string& b) {
    return LineOf(a) < LineOf(b);
  });
  std::string told = absl::StrJoin(sorted, "\n");
  if (more_ > 0) absl::StrAppend(&told, "\nand ", more_, " more");
  return absl::InvalidArgumentError(told);
}

absl::Status InFile(absl::string_view path, const absl::Status& told) {
  if (told.ok()) return told;
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(told.message(), '\n')) {
    // "and 7 more" is of no line.
    const bool has_place = !line.empty() && absl::ascii_isdigit(line.front());
    lines.push_back(has_place ? absl::StrCat(path, ":", line) : std::string(line));
  }
  return absl::Status(told.code(), absl::StrJoin(lines, "\n"));
}

}  // namespace postern::words
