#include "services/rules/jsmail/password_roles.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::rules::jsmail {
namespace {

struct Row {
  std::vector<absl::string_view> fields;
  bool user = false;
  char type = 0;
};

// Without blanks around it, and without byte order marks, which stand before the first line of a
// file, or of several that were put together.
absl::string_view Trimmed(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  while (absl::ConsumePrefix(&line, "\xEF\xBB\xBF")) line = absl::StripAsciiWhitespace(line);
  return line;
}

Row ReadRow(absl::string_view rest) {
  Row row;
  if (rest.empty() || rest.front() == '#') return row;
  row.fields = absl::StrSplit(rest, ',');
  if (row.fields.size() < 3) return row;
  const absl::string_view type = absl::StripAsciiWhitespace(row.fields[1]);
  row.user = type == "u" || type == "f" || type == "r";
  row.type = row.user ? type[0] : 0;
  return row;
}

}  // namespace

std::vector<PasswordUser> UsersOf(absl::string_view text, bool swap_fr) {
  std::vector<PasswordUser> users;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const Row row = ReadRow(Trimmed(line));
    if (!row.user) continue;
    PasswordUser user;
    user.name = std::string(absl::StripAsciiWhitespace(row.fields[0]));
    const char operators = swap_fr ? 'r' : 'f';
    if (row.type != 'u') user.role = row.type == operators ? Role::kOperator : Role::kRedirector;
    users.push_back(std::move(user));
  }
  return users;
}

std::string WithoutPasswords(absl::string_view text) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    // A comment may hold the password of a user who is no more.
    const absl::string_view rest = Trimmed(line);
    if (absl::StartsWith(rest, "#")) continue;
    Row row = ReadRow(rest);
    if (row.user) row.fields[2] = "-";
    lines.push_back(row.user ? absl::StrJoin(row.fields, ",") : std::string(rest));
  }
  return absl::StrJoin(lines, "\n");
}

std::string ScheduleWithoutLogins(absl::string_view text) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::string_view rest = absl::StripAsciiWhitespace(line);
    const absl::string_view key = rest.substr(0, rest.find(':'));
    const bool login = absl::EqualsIgnoreCase(key, "user") ||
                       absl::EqualsIgnoreCase(key, "password") ||
                       absl::EqualsIgnoreCase(key, "domain");
    if (!login && !absl::StartsWith(rest, "#")) lines.emplace_back(rest);
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace postern::rules::jsmail
