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
  const auto V = [](absl::string_view text, Reference reference = Reference::kNothing) {
    return PasswordCandidate{text, reference, false, false};
  };
  const PasswordCandidate reply = V("two words", Reference::kRequest);
  const PasswordCandidate long_reply = V("two\nlines", Reference::kRequest);
  const PasswordCandidate to_mail = V("fine", Reference::kMail);
  const PasswordCandidate threaded = V("Agreed", Reference::kThreadOfMail);
  PasswordCandidate said_again = V("two words");
  said_again.repeats_doubtful = true;
  PasswordCandidate threaded_again = threaded;
  threaded_again.repeats_doubtful = true;
  PasswordCandidate given_again = V("s3cret");
  given_again.repeats_given = true;
  PasswordCandidate given_to_mail = to_mail;
  given_to_mail.repeats_given = true;
  const std::string huge(kMaxPasswordBytes + 1, 'x');
  const bool kWell = false, kNeeds = true;  // the account
  using enum PasswordVerdict;
  const struct {
    const char* name;
    bool needs;
    PasswordMark mark;
    PasswordCandidate candidate;
    PasswordVerdict verdict;
  } cases[] = {
      {"nothing asked", kWell, PasswordMark(), V("s3cret"), kMail},
      {"asked", kNeeds, Mark(State::kAsked, 30), V("s3cret"), kPassword},
      {"the request may be out", kNeeds, Mark(State::kAsking, 30), V("s3cret"), kPassword},
      {"asked long ago", kNeeds, Mark(State::kAsked, 100000), V("s3cret"), kPassword},
      {"written while it was asked", kNeeds, Mark(State::kAsked, 2), V("yes"), kAskWhether},
      {"the next try after a refusal", kNeeds, Mark(State::kAsked, 1, "wrong"), V("s3cret"),
       kPassword},
      {"words", kNeeds, Mark(State::kAsked, 30), V("see you at nine"), kAskWhether},
      {"words, said again", kNeeds, Mark(State::kAsked, 30), said_again, kPassword},
      {"words, as a reply", kNeeds, Mark(State::kAsked, 1), reply, kPassword},
      {"in the thread of a mail", kNeeds, Mark(State::kAsked, 30), threaded, kAskWhether},
      {"there, said again", kNeeds, Mark(State::kAsked, 30), threaded_again, kPassword},
      {"as a reply to a mail", kNeeds, Mark(State::kAsked, 30), to_mail, kMail},
      {"a given one as a reply to a mail", kWell, Mark(State::kClosed, 9000), given_to_mail,
       kGivenBefore},
      {"lines", kNeeds, Mark(State::kAsked, 30), V("two\nlines"), kManyLines},
      {"too long", kNeeds, Mark(State::kAsked, 30), V(huge), kManyLines},
      {"lines as a reply, late", kWell, Mark(State::kClosed, 9000), long_reply, kManyLines},
      {"a late reply", kWell, Mark(State::kClosed, 9000), reply, kPassword},
      {"lines, nothing asked", kWell, Mark(State::kClosed, 10), V("two\nlines"), kMail},
      {"twice", kWell, Mark(State::kGiven, 10), given_again, kGivenBefore},
      {"twice, long after", kWell, Mark(State::kClosed, 9000), given_again, kGivenBefore},
      {"the same again when asked again", kNeeds, Mark(State::kAsked, 30), given_again, kPassword},
      {"another, before the first is judged", kWell, Mark(State::kGiven, 10), V("s3crett"), kMayBe},
      {"another, and the first is never judged", kWell, Mark(State::kGiven, 9000), V("s3crett"),
       kMayBe},
      {"words before the first is judged", kWell, Mark(State::kGiven, 10), V("my s3cret"), kMayBe},
      {"a word after the mark was closed", kWell, Mark(State::kClosed, 10), V("s3cret"), kMayBe},
      {"words after the mark was closed", kWell, Mark(State::kClosed, 10), V("see you at nine"),
       kMayBe},
      {"then, in the thread of a mail", kWell, Mark(State::kClosed, 10), threaded, kMail},
      {"doubtful words, and the mark was closed", kWell, Mark(State::kClosed, 10), said_again,
       kMayBe},
      {"doubtful words, long after", kWell, Mark(State::kClosed, 9000), said_again, kMayBe},
      {"a word long after", kWell, Mark(State::kClosed, 120), V("thanks"), kMail},
      {"needed, and its user was gone for long", kNeeds, Mark(State::kClosed, 9000), V("s3cret"),
       kNeeded},
      {"words then", kNeeds, Mark(State::kClosed, 9000), V("my s3cret"), kNeeded},
      {"the thread of a mail then", kNeeds, Mark(State::kClosed, 9000), threaded, kNeeded},
      {"needed, and never asked for", kNeeds, PasswordMark(), V("s3cret"), kNeeded},
      {"lines then", kNeeds, Mark(State::kClosed, 9000), V("two\nlines"), kMail},
      {"a reply to a mail then", kNeeds, Mark(State::kClosed, 9000), to_mail, kMail},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    admin::v1::Account account = Asking("");
    if (!c.needs) account.mutable_health()->set_state(admin::v1::HEALTH_STATE_OK);
    EXPECT_EQ(JudgePassword(account, c.mark, c.candidate, kNow), c.verdict);
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
