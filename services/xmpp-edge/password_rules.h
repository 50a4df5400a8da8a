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

// What a message says that it answers.
enum class Reference {
  kNothing,       // or nothing that we know
  kRequest,       // our request for a password
  kMail,          // a mail from this contact (XEP-0461)
  kThreadOfMail,  // only by <thread/>: clients put the last one into whatever they send next
};

// A message to the contact of such an account, with no head line and no subject.
struct PasswordCandidate {
  absl::string_view text;  // without white space at its ends
  Reference reference = Reference::kNothing;
  bool repeats_doubtful = false;  // the same was asked about before
  bool repeats_given = false;     // the same was given as a password in this session
};
enum class PasswordVerdict {
  kMail,  // nothing to do with a password
  kPassword,
  kManyLines,   // something was asked, and this is no answer
  kAskWhether,  // may be either: ask the user to say it again
  kGivenBefore,
  kMayBe,   // not asked any more, but a moment ago
  kNeeded,  // needed, but its user was not asked yet, or is not seen
};
// While the account needs its password, or the mark is open, or was within two minutes,
// one line is a mail only when it answers one by reference.
PasswordVerdict JudgePassword(const admin::v1::Account& account, const PasswordMark& mark,
                              const PasswordCandidate& candidate, int64_t now_unix);

// Longer is no password.
inline constexpr size_t kMaxPasswordBytes = 1024;

}  // namespace postern::xmpp_edge
