#include "services/rules/jsmail/finger.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"

namespace postern::rules::jsmail {
namespace {

constexpr char kMark[] = "[WIDE]";
constexpr char kEnding[] = ".fgr";
constexpr size_t kMaxUserBytes = 255;

}  // namespace

ReadFinger ParseFinger(absl::string_view text, absl::string_view file_name) {
  ReadFinger read;
  if (text.size() > kMaxFingerBytes) {
    read.problems.push_back(
        {{1, 1},
         absl::StrCat("the file is larger than ", kMaxFingerBytes / 1024, " KiB"),
         std::string(file_name),
         false});
    return read;
  }
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  const std::string utf8 =
      mail::IsUtf8(text) ? std::string(text) : mail::ToUtf8(text, "windows-1252");
  const std::string clean = mail::CleanText(utf8);
  absl::string_view rest = clean;
  bool first = true;
  for (;;) {
    const size_t mark = rest.find(kMark);
    absl::StrAppend(&read.finger.full, rest.substr(0, mark));
    if (first) read.finger.brief = read.finger.full;
    if (mark == rest.npos) return read;
    first = false;
    rest.remove_prefix(mark + sizeof kMark - 1);
    absl::ConsumePrefix(&rest, "\n");
  }
}

std::optional<std::string> FingerUser(absl::string_view file_name) {
  if (!absl::EndsWithIgnoreCase(file_name, kEnding)) return std::nullopt;
  const std::string user =
      absl::AsciiStrToLower(file_name.substr(0, file_name.size() - (sizeof kEnding - 1)));
  const bool good = !user.empty() && user.front() != '.' && user.size() <= kMaxUserBytes &&
                    user.find_first_of("/\\ \t") == user.npos && !mail::HasControls(user);
  return good ? std::optional(user) : std::nullopt;
}

FingerQuery ReadFingerQuery(absl::string_view line) {
  FingerQuery query;
  line = absl::StripAsciiWhitespace(line);
  if (absl::StartsWithIgnoreCase(line, "/w") &&
      (line.size() == 2 || absl::ascii_isspace(static_cast<unsigned char>(line[2])))) {
    query.wide = true;
    line = absl::StripLeadingAsciiWhitespace(line.substr(2));
  }
  query.user = absl::AsciiStrToLower(line);
  return query;
}

bool FingerBook::Put(absl::string_view user, Finger finger) {
  const std::string name = absl::AsciiStrToLower(user);
  if (!fingers_.contains(name) && fingers_.size() >= kMaxUsers) return false;
  fingers_[name] = std::move(finger);
  return true;
}

void FingerBook::Remove(absl::string_view user) { fingers_.erase(absl::AsciiStrToLower(user)); }

const Finger* FingerBook::Find(absl::string_view user) const {
  const auto found = fingers_.find(absl::AsciiStrToLower(user));
  return found == fingers_.end() ? nullptr : &found->second;
}

std::string FingerBook::Answer(const FingerQuery& query) const {
  const Finger* finger = Find(query.user);
  if (finger == nullptr) return "no such user";
  return query.wide ? finger->full : finger->brief;
}

}  // namespace postern::rules::jsmail
