#include "services/rules/jsmail/source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/secret_box.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"
#include "services/rules/code_points.h"

namespace postern::rules::jsmail {
namespace {

constexpr size_t kMostErrors = 30, kMostWarnings = 20;  // ir/problem.h: 50 in all

bool IsControl(char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t'; }

}  // namespace

Source::Source(absl::string_view bytes, absl::string_view file_name, size_t max_bytes)
    : file_name_(file_name), hash_(crypto::Sha256Hex(bytes)) {
  const Line beginning{1, text_};
  if (bytes.size() > max_bytes) {
    Fail(beginning, beginning.text,
         absl::StrCat("the file is larger than ", max_bytes / 1024, " KiB"));
    return;
  }
  absl::ConsumePrefix(&bytes, "\xEF\xBB\xBF");
  const bool is_utf8 = mail::IsUtf8(bytes);
  text_ = is_utf8 ? std::string(bytes) : mail::ToUtf8(bytes, "windows-1252");
  if (!is_utf8) {
    Warn(beginning, beginning.text, "not UTF-8, so it is read as Latin-1 (windows-1252)");
  }
  for (absl::string_view line : absl::StrSplit(text_, '\n')) {
    absl::ConsumeSuffix(&line, "\r");
    lines_.push_back({static_cast<uint32_t>(lines_.size() + 1), line});
  }
}

Source::~Source() { crypto::Wipe(text_); }

std::string Source::Hash() const { return hash_; }

std::vector<Line> Source::Entries() {
  std::vector<Line> entries;
  for (const Line& line : lines_) {
    const absl::string_view rest = absl::StripLeadingAsciiWhitespace(line.text);
    if (rest.empty() || rest.front() == '#') continue;
    const auto control = std::find_if(line.text.begin(), line.text.end(), IsControl);
    if (control == line.text.end()) {
      entries.push_back(line);
    } else {
      Fail(line, line.text.substr(control - line.text.begin()), "a control character");
    }
  }
  return entries;
}

void Source::Fail(const Line& line, absl::string_view at, std::string reason) {
  failed_ = true;
  if (errors_++ < kMostErrors) Add(line, at, std::move(reason), false);
}

void Source::Warn(const Line& line, absl::string_view at, std::string reason) {
  if (warnings_++ < kMostWarnings) Add(line, at, std::move(reason), true);
}

void Source::Add(const Line& line, absl::string_view at, std::string reason, bool warning) {
  Problem problem;
  problem.at.line = line.number;
  const absl::string_view before = line.text.substr(0, at.data() - line.text.data());
  problem.at.column = static_cast<uint32_t>(1 + CountCodePoints(before));
  problem.text = std::move(reason);
  problem.file = file_name_;
  problem.warning = warning;
  problems_.push_back(std::move(problem));
}

std::vector<Problem> Source::TakeProblems() {
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return a.at.line != b.at.line ? a.at.line < b.at.line : a.at.column < b.at.column;
  });
  return std::exchange(problems_, {});
}

}  // namespace postern::rules::jsmail
