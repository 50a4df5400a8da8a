#include "services/rules/jsmail/installation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/rules/jsmail/finger.h"

namespace postern::rules::jsmail {
namespace {

using crypto::FileKind;

// What files of a kind are called: letters and digits only.
const struct {
  FileKind kind;
  std::vector<const char*> file_names;
} kKinds[] = {
    {FileKind::kReject, {"reject", "rejects"}},
    {FileKind::kAllowDeny, {"allowdeny", "allow", "deny", "access", "acl", "allowed", "denied"}},
    {FileKind::kResponders, {"responders", "responder", "respond"}},
    {FileKind::kSubject, {"subject", "subjects"}},
    {FileKind::kFinger, {}},
    {FileKind::kPasswords, {"passwords", "password", "passwd", "users", "aliases"}},
    {FileKind::kPopAccounts, {"pop3", "pop3accounts", "pop", "accounts"}},
    {FileKind::kScheduler, {"scheduler", "schedule", "sched"}},
};

bool EqualsAny(absl::string_view word, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [word](const char* each) { return absl::EqualsIgnoreCase(word, each); });
}

// "MO-FR 12:00" and "5", but not "user: fred".
bool IsScheduleEntry(absl::string_view line) {
  const bool plain = line.find_first_not_of("0123456789:*-ABCDEFGHIJKLMNOPQRSTUVWXYZ \t") ==
                     absl::string_view::npos;
  return plain && line.find_first_of("0123456789*") != absl::string_view::npos;
}

std::optional<FileKind> KindOfSections(const std::vector<absl::string_view>& lines) {
  const auto is_entry = [](absl::string_view line) {
    return line.front() != '[' && IsScheduleEntry(line);
  };
  if (std::any_of(lines.begin(), lines.end(), is_entry)) return FileKind::kScheduler;
  return FileKind::kPopAccounts;
}

std::optional<FileKind> KindOfLine(absl::string_view line) {
  if (IsScheduleEntry(line)) return FileKind::kScheduler;
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.size() > 1 && EqualsAny(words[0], {"allow", "deny"})) return FileKind::kAllowDeny;
  absl::string_view key = line.substr(0, line.find(':'));
  const bool has_colon = key.size() < line.size();
  absl::ConsumePrefix(&key, "!");
  if (has_colon && EqualsAny(key, {"source", "destination", "subject", "received"})) {
    return FileKind::kReject;
  }
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ',');
  const bool types =
      fields.size() > 2 && EqualsAny(absl::StripAsciiWhitespace(fields[1]), {"u", "f", "r", "a"});
  if (types) return FileKind::kPasswords;
  const size_t comma = line.find(',');
  if (has_colon && (comma == line.npos || line.find(':') < comma)) return FileKind::kSubject;
  if (comma != line.npos) return FileKind::kResponders;
  return std::nullopt;
}

}  // namespace

std::optional<FileKind> KindNamed(absl::string_view name) {
  for (const auto& each : kKinds) {
    if (absl::EqualsIgnoreCase(name, NameOfKind(each.kind))) return each.kind;
  }
  // As people write it, and as rules.proto does: "jsmail-reject", "allow/deny".
  if (absl::StartsWithIgnoreCase(name, "jsmail-")) return KindNamed(name.substr(7));
  if (EqualsAny(name, {"allow/deny", "allow_deny", "allowdeny", "allow", "deny", "acl"}))
    return FileKind::kAllowDeny;
  if (EqualsAny(name, {"responder"})) return FileKind::kResponders;
  if (EqualsAny(name, {"password", "passwd"})) return FileKind::kPasswords;
  return std::nullopt;
}

std::string AllKinds() {
  return absl::StrJoin(kKinds, ", ",
                       [](std::string* out, const auto& each) { *out += NameOfKind(each.kind); });
}

std::optional<FileKind> KindOfFile(absl::string_view file_name) {
  if (absl::EndsWithIgnoreCase(file_name, ".jsm")) {
    file_name = file_name.substr(0, file_name.size() - 4);
  }
  if (FingerUser(file_name)) return FileKind::kFinger;
  std::string stem;
  for (const char c : file_name.substr(0, file_name.rfind('.'))) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) stem += absl::ascii_tolower(c);
  }
  for (const auto& each : kKinds) {
    for (const char* name : each.file_names) {
      if (stem == name) return each.kind;
    }
  }
  return std::nullopt;
}

std::optional<FileKind> KindOfText(absl::string_view text) {
  if (absl::StrContains(text, "[WIDE]")) return FileKind::kFinger;
  std::vector<absl::string_view> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty() && line.front() != '#') lines.push_back(line);
  }
  if (lines.empty()) return std::nullopt;
  if (lines.front().front() == '[') return KindOfSections(lines);
  return KindOfLine(lines.front());
}

}  // namespace postern::rules::jsmail
