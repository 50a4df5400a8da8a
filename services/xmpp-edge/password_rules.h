#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/xmpp-edge/password_marks.h"

// When a user is asked for a password, and what then counts as one. All pure. A password
// that goes out as a mail can't be taken back; a mail that is not sent can be sent again:
// in doubt it is neither.
namespace postern::xmpp_edge {

// What is known of the moment.
struct PasswordMoment {
  bool available = false;     // the owner
  int64_t since_unix_ms = 0;  // the owner's session
  int64_t now_unix = 0;
};

// What stands in PasswordMark::reason; "" when no password was refused.
std::string ReasonHash(const admin::v1::Health& health);

// The mark of a password that is handed on at this moment.
PasswordMark GivenMark(const admin::v1::Account& account, int64_t since_unix_ms, int64_t now_unix);

// What is to be done about an account whose password its user gives by hand: ask once
// for each login and each refusal, and note when there is nothing to wait for any more.
enum class PasswordErrand { kNothing, kAsk, kClose };
PasswordErrand ErrandFor(const admin::v1::Account& account, const PasswordMark& mark,
                         const PasswordMoment& moment);

// A message to the contact of such an account, with no head line and no reference to
// another message than the request.
struct PasswordCandidate {
  absl::string_view text;  // without white space at its ends
  bool replies_to_request = false;
  bool repeats_doubtful = false;  // the same was asked about before
  bool repeats_given = false;     // the same was taken for the password in this session
};
enum class PasswordVerdict {
  kMail,  // nothing to do with a password
  kPassword,
  kManyLines,   // something was asked, and this is no answer
  kAskWhether,  // may be either: ask the user to say it again
  kGivenBefore,
  kMayBe,  // not asked any more, but a moment ago
};
PasswordVerdict JudgePassword(const PasswordMark& mark, const PasswordCandidate& candidate,
                              int64_t now_unix);

// Longer is no password.
inline constexpr size_t kMaxPasswordBytes = 1024;

}  // namespace postern::xmpp_edge
