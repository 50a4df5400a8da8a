#include "services/xmpp-edge/password_rules.h"

#include <gtest/gtest.h>

namespace postern::xmpp_edge {
namespace {

using State = PasswordMark::State;

constexpr int64_t kNow = 1700000000;

admin::v1::Account Asking(const std::string& error) {
  admin::v1::Account account;
  account.set_type(admin::v1::ACCOUNT_TYPE_IMAP);
  account.set_enabled(true);
  account.mutable_health()->set_state(admin::v1::HEALTH_STATE_ASKING);
  account.mutable_health()->set_error(error);
  account.mutable_health()->set_changed_unix(kNow - 500);
  return account;
}

PasswordMark Mark(State state, int64_t age, const std::string& error = "") {
  PasswordMark mark;
  mark.state = state;
  mark.at_unix = kNow - age;
  mark.since_unix_ms = 7;
  mark.reason = ReasonHash(Asking(error).health());
  mark.changed_unix = kNow - 500;
  return mark;
}

TEST(PasswordErrand, IsToAskOncePerLoginAndRefusal) {
  const PasswordMoment here{true, 7, kNow}, later_login{true, 8, kNow}, gone{false, 0, kNow};
  admin::v1::Account refused = Asking("wrong password");
  admin::v1::Account heard_again = Asking("");
  heard_again.mutable_health()->set_changed_unix(kNow - 1);
  admin::v1::Account works = Asking("");
  works.mutable_health()->set_state(admin::v1::HEALTH_STATE_OK);
  admin::v1::Account stored = Asking("");
  stored.set_store_password(true);
  admin::v1::Account disabled = Asking("");
  disabled.set_enabled(false);
  admin::v1::Account relay = Asking("");
  relay.set_type(admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP);
  const auto kAsk = PasswordErrand::kAsk;
  const auto kNothing = PasswordErrand::kNothing;
  const auto kClose = PasswordErrand::kClose;
  const struct {
    const char* name;
    admin::v1::Account account;
    PasswordMark mark;
    PasswordMoment moment;
    PasswordErrand errand;
  } cases[] = {
      {"never asked", Asking(""), PasswordMark(), here, kAsk},
      {"asked", Asking(""), Mark(State::kAsked, 100000), here, kNothing},
      {"begun before a restart", Asking(""), Mark(State::kAsking, 5), here, kAsk},
      {"asked in an earlier session", Asking(""), Mark(State::kAsked, 100), later_login, kAsk},
      {"refused", refused, Mark(State::kAsked, 100), here, kAsk},
      {"asked after the refusal", refused, Mark(State::kAsked, 9, "wrong password"), here,
       kNothing},
      {"given, not heard of", Asking(""), Mark(State::kGiven, 10), here, kNothing},
      {"given, and never heard of", Asking(""), Mark(State::kGiven, 60), here, kAsk},
      {"given, refused", refused, Mark(State::kGiven, 1), here, kAsk},
      {"given, refused as before", heard_again, Mark(State::kGiven, 1), here, kAsk},
      {"given in an earlier session", Asking(""), Mark(State::kGiven, 10), later_login, kAsk},
      {"forgotten by a restarted fetcher", Asking(""), Mark(State::kClosed, 10), here, kAsk},
      {"works", works, Mark(State::kAsked, 10), here, kClose},
      {"works since", works, Mark(State::kClosed, 10), here, kNothing},
      {"works, never asked", works, PasswordMark(), here, kNothing},
      {"went offline", Asking(""), Mark(State::kAsked, 10), gone, kClose},
      {"offline", Asking(""), PasswordMark(), gone, kNothing},
      {"stored now", stored, Mark(State::kAsked, 10), here, kClose},
      {"disabled", disabled, Mark(State::kGiven, 10), here, kClose},
      {"the relay has none", relay, PasswordMark(), here, kNothing},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ErrandFor(c.account, c.mark, c.moment), c.errand);
  }
}

TEST(PasswordVerdict, InDoubtItIsNeitherAPasswordNorAMail) {
  const auto V = [](absl::string_view text) {
    return PasswordCandidate{text, false, false, false};
  };
  PasswordCandidate reply = V("two words");
  reply.replies_to_request = true;
  PasswordCandidate long_reply = V("two\nlines");
  long_reply.replies_to_request = true;
  PasswordCandidate said_again = V("two words");
  said_again.repeats_doubtful = true;
  PasswordCandidate given_again = V("s3cret");
  given_again.repeats_given = true;
  const std::string huge(kMaxPasswordBytes + 1, 'x');
  const struct {
    const char* name;
    PasswordMark mark;
    PasswordCandidate candidate;
    PasswordVerdict verdict;
  } cases[] = {
      {"nothing asked", PasswordMark(), V("s3cret"), PasswordVerdict::kMail},
      {"asked", Mark(State::kAsked, 30), V("s3cret"), PasswordVerdict::kPassword},
      {"the request may be out", Mark(State::kAsking, 30), V("s3cret"), PasswordVerdict::kPassword},
      {"asked long ago", Mark(State::kAsked, 100000), V("s3cret"), PasswordVerdict::kPassword},
      {"written while it was asked", Mark(State::kAsked, 2), V("yes"),
       PasswordVerdict::kAskWhether},
      {"the next try after a refusal", Mark(State::kAsked, 1, "wrong"), V("s3cret"),
       PasswordVerdict::kPassword},
      {"words", Mark(State::kAsked, 30), V("see you at nine"), PasswordVerdict::kAskWhether},
      {"words, said again", Mark(State::kAsked, 30), said_again, PasswordVerdict::kPassword},
      {"words, as a reply", Mark(State::kAsked, 1), reply, PasswordVerdict::kPassword},
      {"lines", Mark(State::kAsked, 30), V("two\nlines"), PasswordVerdict::kManyLines},
      {"too long", Mark(State::kAsked, 30), V(huge), PasswordVerdict::kManyLines},
      {"lines as a reply, late", Mark(State::kClosed, 9000), long_reply,
       PasswordVerdict::kManyLines},
      {"a late reply", Mark(State::kClosed, 9000), reply, PasswordVerdict::kPassword},
      {"lines, nothing asked", Mark(State::kClosed, 10), V("two\nlines"), PasswordVerdict::kMail},
      {"twice", Mark(State::kGiven, 10), given_again, PasswordVerdict::kGivenBefore},
      {"twice, long after", Mark(State::kClosed, 9000), given_again, PasswordVerdict::kGivenBefore},
      {"the same again when asked again", Mark(State::kAsked, 30), given_again,
       PasswordVerdict::kPassword},
      {"another, before the first is judged", Mark(State::kGiven, 10), V("s3crett"),
       PasswordVerdict::kMayBe},
      {"words before the first is judged", Mark(State::kGiven, 10), V("my s3cret"),
       PasswordVerdict::kMayBe},
      {"a word after the mark was closed", Mark(State::kClosed, 10), V("s3cret"),
       PasswordVerdict::kMayBe},
      {"words after the mark was closed", Mark(State::kClosed, 10), V("see you at nine"),
       PasswordVerdict::kMail},
      {"a word long after", Mark(State::kClosed, 120), V("thanks"), PasswordVerdict::kMail},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(JudgePassword(c.mark, c.candidate, kNow), c.verdict);
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
