#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/health_reporter.h"
#include "services/sender/delivery/retry_policy.h"
#include "services/sender/delivery/settlement.h"
#include "services/sender/outbox/outbox_codec.h"
#include "services/sender/outcomes/sentences.h"

namespace postern::sender {
namespace {

using namespace std::chrono_literals;

TEST(RetryPolicy, KnowsWhatStoppedAnAttempt) {
  const struct {
    absl::Status outcome;
    Cause cause;
  } cases[] = {
      {absl::OkStatus(), Cause::kNone},
      {absl::UnavailableError("gone"), Cause::kServer},
      {absl::DeadlineExceededError("silent"), Cause::kServer},
      {absl::DataLossError("nonsense"), Cause::kServer},
      {absl::UnauthenticatedError("password"), Cause::kAccount},
      {absl::FailedPreconditionError("certificate"), Cause::kAccount},
      {absl::PermissionDeniedError("host"), Cause::kAccount},
  };
  for (const auto& c : cases) EXPECT_EQ(CauseOf(c.outcome), c.cause) << c.outcome;
}

TEST(RetryPolicy, FollowsItsSchedule) {
  const struct {
    const char* name;
    Cause cause;
    int attempts;
    milliseconds age, retry_in, pause;
  } cases[] = {
      {"first refusal", Cause::kNone, 1, 0s, 1min, 0s},
      {"second", Cause::kNone, 2, 1min, 5min, 0s},
      {"third", Cause::kNone, 3, 6min, 15min, 0s},
      {"fourth", Cause::kNone, 4, 21min, 30min, 0s},
      {"fifth", Cause::kNone, 5, 1h, 1h, 0s},
      {"sixth", Cause::kNone, 6, 2h, 2h, 0s},
      {"seventh", Cause::kNone, 7, 4h, 4h, 0s},
      {"hundredth", Cause::kNone, 100, 90h, 4h, 0s},
      {"server away", Cause::kServer, 1, 0s, 1min, 1min},
      {"server away for long: its other mail is tried more often", Cause::kServer, 6, 2h, 2h, 5min},
      {"password: rarely", Cause::kAccount, 1, 0s, 1h, 1h},
      {"password, later", Cause::kAccount, 7, 8h, 4h, 4h},
      {"the last attempt is not late", Cause::kNone, 40, 118h, 2h, 0s},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Verdict verdict = Judge(c.cause, c.attempts, c.age, 0);
    EXPECT_FALSE(verdict.give_up);
    EXPECT_EQ(verdict.retry_in, c.retry_in);
    EXPECT_EQ(verdict.pause_account, c.pause);
  }
}

TEST(RetryPolicy, SpreadsButDoesNotHurry) {
  EXPECT_EQ(Judge(Cause::kNone, 1, 0s, 1).retry_in, 72s);
  EXPECT_EQ(Judge(Cause::kNone, 1, 0s, 0.5).retry_in, 66s);
}

TEST(RetryPolicy, GivesUpAfterFiveDays) {
  for (Cause cause : {Cause::kNone, Cause::kServer, Cause::kAccount}) {
    EXPECT_FALSE(Judge(cause, 30, 120h - 1s, 0).give_up);
    EXPECT_EQ(Judge(cause, 30, 120h - 1s, 0).retry_in, 1s);
    EXPECT_TRUE(Judge(cause, 30, 120h, 0).give_up);
  }
}

// A server's own words; they are stored with a separator before them.
words::Wording Raw(const std::string& words) { return words::Wording{"$0", {words}}; }

smtp::Transaction Mixed() {
  smtp::Transaction transaction({"sent@x.org", "failed@x.org", "later@x.org", "untried@x.org"});
  transaction.recipients[0].fate = smtp::Fate::kSent;
  transaction.recipients[0].reason = Raw("250 ok");
  transaction.recipients[1].fate = smtp::Fate::kFailed;
  transaction.recipients[1].reason = Raw("550 no");
  transaction.recipients[2].reason = Raw("451 later");
  return transaction;
}

std::string InEnglish(const std::vector<Outcome>& outcomes) {
  std::string text;
  for (const Outcome& outcome : outcomes) {
    const char* kind = outcome.kind == Outcome::Kind::kSent ? "S " : "F ";
    absl::StrAppend(&text, kind, outcome.recipient, " ", words::English(outcome.reason), "\n");
  }
  return text;
}

TEST(Settlement, PutsEachRecipientWhereItBelongs) {
  TakenMail mail;
  mail.attempts = 1;
  const Settlement s = Conclude(mail, Mixed(), absl::UnavailableError("x.org: hung up"), 0);
  EXPECT_EQ(s.pending, (std::vector<std::string>{"later@x.org", "untried@x.org"}));
  EXPECT_EQ(s.error, Raw("451 later"));
  EXPECT_EQ(s.retry_in, 1min);
  EXPECT_EQ(s.pause_account, 1min);
  EXPECT_EQ(InEnglish(s.outcomes), "S sent@x.org 250 ok\nF failed@x.org 550 no\n");
}

TEST(Settlement, GivesUpOnlyWhatIsPending) {
  TakenMail mail;
  mail.attempts = 30;
  mail.age = 121h;
  const Settlement s = Conclude(mail, Mixed(), absl::UnavailableError("x.org: hung up"), 0);
  EXPECT_TRUE(s.pending.empty());
  EXPECT_EQ(
      InEnglish(s.outcomes),
      "S sent@x.org 250 ok\nF failed@x.org 550 no\n"
      "F later@x.org given up after 5 days; the server's last answer: 451 later\n"
      "F untried@x.org given up after 5 days in which the mail server could not be reached\n");
}

TEST(Settlement, SaysWhatKeptAMailForDays) {
  const struct {
    absl::Status outcome;
    const char* reason;
  } cases[] = {
      {absl::UnauthenticatedError("no"),
       "given up after 5 days in which the gateway could not sign in"},
      {absl::FailedPreconditionError("certificate"),
       "given up after 5 days in which the account did not work"},
      {absl::DeadlineExceededError("silence"),
       "given up after 5 days in which the mail server could not be reached"},
  };
  TakenMail mail;
  mail.age = 121h;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.reason);
    const Settlement s = Conclude(mail, smtp::Transaction({"bob@x.org"}), c.outcome, 0);
    ASSERT_EQ(s.outcomes.size(), 1u);
    EXPECT_EQ(words::English(s.outcomes[0].reason), c.reason);
  }
}

TEST(Sentences, AreGivenToErrorsThatHaveNone) {
  const absl::Status worded =
      words::Error(absl::StatusCode::kUnavailable, words::Word("$0 hung up: $1", "x.org", "421"));
  EXPECT_EQ(OfHost("x.org", worded), worded);
  EXPECT_EQ(OfQueue(worded), worded);
  EXPECT_EQ(OfHost("x.org", absl::AbortedError("lease")), absl::AbortedError("lease"));
  EXPECT_EQ(OfHost("x.org", absl::DeadlineExceededError("no answer within 20 s")).message(),
            "x.org did not answer in time");
  EXPECT_EQ(OfHost("x.org", absl::InternalError("odd")).message(), "x.org: odd");
  EXPECT_EQ(OfQueue(absl::UnavailableError("redis: refused")).message(),
            "the queue of this gateway can't be read at the moment");
  EXPECT_EQ(OfAttempt(30min, absl::DeadlineExceededError("no answer")).message(),
            "the mail server took longer than 30 minutes");
  EXPECT_TRUE(words::WordingOf(OfAttempt(30min, absl::DeadlineExceededError("no answer"))));
  EXPECT_EQ(SentenceOf(worded), *words::WordingOf(worded));
  EXPECT_EQ(words::English(SentenceOf(absl::InternalError("$1 is odd"))), "$1 is odd");
}

TEST(ConditionAfter, TellsAskingFromFailing) {
  const absl::Status refused =
      words::Error(absl::StatusCode::kUnauthenticated, words::Word("$0 refused", "x.org"));
  const absl::Status away =
      words::Error(absl::StatusCode::kUnavailable, words::Word("$0 is away", "x.org"));
  const struct {
    const char* name;
    absl::Status sign_in;
    bool asking;
    Health health;
    const char* problem;
  } cases[] = {
      {"works", absl::OkStatus(), false, Health::kOk, ""},
      {"works, but the password is wiped already", absl::OkStatus(), true, Health::kAsking, ""},
      {"the stored password is refused", refused, false, Health::kError, "x.org refused"},
      {"the held password is refused", refused, true, Health::kAsking, "x.org refused"},
      {"away", away, false, Health::kError, "x.org is away"},
      {"away, and there is no password any more", away, true, Health::kAsking, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Condition condition = ConditionAfter(c.sign_in, c.asking);
    EXPECT_EQ(condition.health, c.health);
    EXPECT_EQ(words::English(condition.problem), c.problem);
  }
}

TEST(OutboxCodec, ReadsOutcomesBack) {
  Outcome sent, failed;
  sent.kind = Outcome::Kind::kSent;
  sent.recipient = "a@x.org";
  sent.reason = Raw("250 ok");
  failed.kind = Outcome::Kind::kFailed;
  failed.recipient = "c@x.org";
  failed.reason = words::Word("$0 MB, at most $1 MB; $2", 2, 1, "a\tb\nc");
  Outcome delayed;
  delayed.kind = Outcome::Kind::kDelayed;
  delayed.recipient = "b@x.org";
  const auto read = DecodeOutcomes(EncodeOutcomes({sent, delayed, failed}));
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0].reason, sent.reason);
  EXPECT_TRUE(read[1].reason.empty());
  EXPECT_EQ(read[2].reason, words::Word("$0 MB, at most $1 MB; $2", 2, 1, "a b c"));
  EXPECT_EQ(read[2].recipient, "c@x.org");
  EXPECT_TRUE(DecodeOutcomes("nonsense\n\n").empty());
}

// As an older version wrote them.
TEST(OutboxCodec, ReadsReasonsThatAreNoWordings) {
  const auto read = DecodeOutcomes("F\tc@x.org\t550 costs $5\n");
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(words::English(read[0].reason), "550 costs $5");
}

Account AccountOf(const std::string& id, const std::string& owner, uint64_t revision) {
  Account account;
  account.id = id;
  account.owner = owner;
  account.enabled = true;
  account.settings_revision = revision;
  return account;
}

TEST(AccountDirectory, TellsWhatChanged) {
  AccountDirectory directory;
  EXPECT_FALSE(directory.loaded());
  auto changes = directory.Apply({AccountOf("1", "ann", 1), AccountOf("2", "ann", 1)}, {}, true);
  EXPECT_TRUE(changes.first);
  EXPECT_EQ(changes.changed, (std::vector<std::string>{"1", "2"}));
  EXPECT_TRUE(directory.loaded());

  changes = directory.Apply({AccountOf("1", "ann", 1), AccountOf("2", "ann", 2)}, {}, false);
  EXPECT_FALSE(changes.first);
  EXPECT_EQ(changes.changed, std::vector<std::string>{"2"}) << "health alone is no change";

  changes = directory.Apply({AccountOf("3", "bob", 1)}, {"1", "9"}, false);
  EXPECT_EQ(changes.removed, std::vector<std::string>{"1"});
  EXPECT_EQ(directory.Find("1"), nullptr);
  EXPECT_EQ(directory.AccountsOf("ann"), std::vector<std::string>{"2"});

  changes = directory.Apply({AccountOf("3", "bob", 1)}, {}, true);
  EXPECT_EQ(changes.removed, std::vector<std::string>{"2"}) << "not in the snapshot";
  EXPECT_TRUE(directory.AccountsOf("ann").empty());
  EXPECT_NE(directory.Find("3"), nullptr);
}

TEST(AccountDirectory, TellsWhoIsElsewhere) {
  AccountDirectory directory;
  Account account = AccountOf("1", "ann", 1);
  account.host = "smtp.example.org";
  account.login = "ann";
  EXPECT_TRUE(directory.Apply({account}, {}, true).elsewhere.empty());
  const auto after = [&](const std::function<void(Account&)>& change) {
    ++account.settings_revision;
    change(account);
    return directory.Apply({account}, {}, false).elsewhere.size();
  };
  EXPECT_EQ(after([](Account& a) { a.port = 587; }), 0u);
  EXPECT_EQ(after([](Account& a) { a.security = Security::kStartTls; }), 0u);
  EXPECT_EQ(after([](Account& a) { a.host = "evil.example"; }), 1u);
  EXPECT_EQ(after([](Account& a) { a.login = "eve"; }), 1u);
  EXPECT_EQ(after([](Account& a) { a.security = Security::kNone; }), 1u);
}

}  // namespace
}  // namespace postern::sender
