#include "services/xmpp-edge/password_rules.h"

#include "lib/crypto/digest.h"
#include "services/xmpp-edge/password_need.h"

namespace postern::xmpp_edge {
namespace {

// What comes sooner after the request was begun before it was read.
constexpr int64_t kReadingSeconds = 3;
// A word of password may still be on its way for so long after it is needed no more.
constexpr int64_t kLateSeconds = 120;
// Health tells when a given password was refused; when nothing was heard, ask again.
constexpr int64_t kVerdictSeconds = 60;

bool IsOneLine(absl::string_view text) {
  return text.size() <= kMaxPasswordBytes && text.find('\n') == absl::string_view::npos;
}

bool IsOneWord(absl::string_view text) {
  return text.find_first_of(" \t") == absl::string_view::npos;
}

// The user was asked, and has not answered.
PasswordVerdict JudgeAwaited(const PasswordMark& mark, const PasswordCandidate& candidate,
                             int64_t now_unix) {
  if (!IsOneLine(candidate.text)) return PasswordVerdict::kManyLines;
  if (candidate.repeats_doubtful) return PasswordVerdict::kPassword;
  // Who is told of a refusal is in the midst of it: the next word is the next try.
  const bool unread = now_unix - mark.at_unix < kReadingSeconds && mark.reason.empty();
  const bool doubtful =
      unread || !IsOneWord(candidate.text) || candidate.reference == Reference::kThreadOfMail;
  return doubtful ? PasswordVerdict::kAskWhether : PasswordVerdict::kPassword;
}

PasswordErrand ErrandWhenGiven(const admin::v1::Account& account, const PasswordMark& mark,
                               const PasswordMoment& moment) {
  const bool heard = account.health().changed_unix() != mark.changed_unix ||
                     ReasonHash(account.health()) != mark.reason;
  const bool overdue = moment.now_unix - mark.at_unix >= kVerdictSeconds;
  return heard || overdue ? PasswordErrand::kAsk : PasswordErrand::kNothing;
}

}  // namespace

std::string ReasonHash(const admin::v1::Health& health) {
  if (health.error().empty()) return "";
  return crypto::Sha256Hex(health.error()).substr(0, 16);
}

PasswordMark GivenMark(const admin::v1::Account& account, int64_t since_unix_ms, int64_t now_unix) {
  PasswordMark mark;
  mark.state = PasswordMark::State::kGiven;
  mark.at_unix = now_unix;
  mark.reason = ReasonHash(account.health());
  mark.since_unix_ms = since_unix_ms;
  mark.changed_unix = account.health().changed_unix();
  return mark;
}

PasswordErrand ErrandFor(const admin::v1::Account& account, const PasswordMark& mark,
                         const PasswordMoment& moment) {
  const bool needed = IsPasswordGivenByHand(account) && moment.available &&
                      account.health().state() == admin::v1::HEALTH_STATE_ASKING;
  if (!needed) {
    const bool over =
        mark.state == PasswordMark::State::kNone || mark.state == PasswordMark::State::kClosed;
    return over ? PasswordErrand::kNothing : PasswordErrand::kClose;
  }
  const bool same_login = mark.since_unix_ms == moment.since_unix_ms;
  switch (mark.state) {
    case PasswordMark::State::kGiven:
      return same_login ? ErrandWhenGiven(account, mark, moment) : PasswordErrand::kAsk;
    case PasswordMark::State::kAsked:
      return same_login && mark.reason == ReasonHash(account.health()) ? PasswordErrand::kNothing
                                                                       : PasswordErrand::kAsk;
    default:
      return PasswordErrand::kAsk;
  }
}

PasswordVerdict JudgePassword(const admin::v1::Account& account, const PasswordMark& mark,
                              const PasswordCandidate& candidate, int64_t now_unix) {
  const bool one_line = IsOneLine(candidate.text);
  if (candidate.reference == Reference::kRequest) {
    return one_line ? PasswordVerdict::kPassword : PasswordVerdict::kManyLines;
  }
  if (candidate.reference == Reference::kMail) {
    return candidate.repeats_given ? PasswordVerdict::kGivenBefore : PasswordVerdict::kMail;
  }
  if (mark.IsOpen()) return JudgeAwaited(mark, candidate, now_unix);
  if (!one_line) return PasswordVerdict::kMail;
  if (candidate.repeats_given) return PasswordVerdict::kGivenBefore;
  if (candidate.repeats_doubtful) return PasswordVerdict::kMayBe;
  if (mark.state == PasswordMark::State::kGiven) return PasswordVerdict::kMayBe;
  if (account.health().state() == admin::v1::HEALTH_STATE_ASKING) return PasswordVerdict::kNeeded;
  const bool late = mark.state == PasswordMark::State::kClosed &&
                    now_unix - mark.at_unix < kLateSeconds &&
                    candidate.reference != Reference::kThreadOfMail;
  return late ? PasswordVerdict::kMayBe : PasswordVerdict::kMail;
}

}  // namespace postern::xmpp_edge
