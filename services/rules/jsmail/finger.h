#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/rules/ir/problem.h"

// JSMail's finger files (USER.fgr): what users say about themselves.
namespace postern::rules::jsmail {

inline constexpr size_t kMaxFingerBytes = 16 * 1024;

// What stands before the first "[WIDE]" is the short form, the whole text without the marks the
// long one. Without a mark both are the whole. One line end beside a mark goes with it.
// UTF-8, no control characters but LF and TAB.
struct Finger {
  std::string brief, full;
  bool operator==(const Finger&) const = default;
};
struct ReadFinger {
  Finger finger;
  std::vector<Problem> problems;  // an error: it is too large
};
ReadFinger ParseFinger(absl::string_view text, absl::string_view file_name);

// "fred.fgr" -> "fred"; nothing of other names, and of those with folders in them.
std::optional<std::string> FingerUser(absl::string_view file_name);

// RFC 1288 section 2.3: "fred", or "/W fred" for the long form.
struct FingerQuery {
  std::string user;  // lower case
  bool wide = false;
};
FingerQuery ReadFingerQuery(absl::string_view line);

// The texts of all users.
class FingerBook {
 public:
  static constexpr size_t kMaxUsers = 10'000;
  // False: there are too many.
  bool Put(absl::string_view user, Finger finger);
  void Remove(absl::string_view user);
  // Null: there is no such user. In whatever case.
  const Finger* Find(absl::string_view user) const;
  // "no such user" when there is none.
  std::string Answer(const FingerQuery& query) const;
  size_t size() const { return fingers_.size(); }

 private:
  std::map<std::string, Finger> fingers_;  // by name in lower case
};

}  // namespace postern::rules::jsmail
