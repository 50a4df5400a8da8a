#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/sender/account_directory.h"
#include "services/sender/outbox_codec.h"
#include "services/sender/retry_policy.h"
#include "services/sender/settlement.h"

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

smtp::Transaction Mixed() {
  smtp::Transaction transaction({"sent@x.org", "failed@x.org", "later@x.org", "untried@x.org"});
  transaction.recipients[0].fate = smtp::Fate::kSent;
  transaction.recipients[0].reason = "250 ok";
  transaction.recipients[1].fate = smtp::Fate::kFailed;
  transaction.recipients[1].reason = "550 no";
  transaction.recipients[2].reason = "451 later";
  return transaction;
}

TEST(Settlement, PutsEachRecipientWhereItBelongs) {
  TakenMail mail;
  mail.attempts = 1;
  const Settlement s = Conclude(mail, Mixed(), absl::UnavailableError("x.org: hung up"), 0);
  EXPECT_EQ(s.pending, (std::vector<std::string>{"later@x.org", "untried@x.org"}));
  EXPECT_EQ(s.error, "451 later");
  EXPECT_EQ(s.retry_in, 1min);
  EXPECT_EQ(s.pause_account, 1min);
  EXPECT_EQ(EncodeOutcomes(s.outcomes), "S\tsent@x.org\t250 ok\nF\tfailed@x.org\t550 no\n");
}

TEST(Settlement, GivesUpOnlyWhatIsPending) {
  TakenMail mail;
  mail.attempts = 30;
  mail.age = 121h;
  const Settlement s = Conclude(mail, Mixed(), absl::UnavailableError("x.org: hung up"), 0);
  EXPECT_TRUE(s.pending.empty());
  EXPECT_EQ(EncodeOutcomes(s.outcomes),
            "S\tsent@x.org\t250 ok\nF\tfailed@x.org\t550 no\n"
            "F\tlater@x.org\tgiven up after 5 days: 451 later\n"
            "F\tuntried@x.org\tgiven up after 5 days: x.org: hung up\n");
}

TEST(OutboxCodec, ReadsOutcomesBack) {
  const std::string text = "S\ta@x.org\t250 ok\nD\tb@x.org\t\nF\tc@x.org\t550 a b\n";
  EXPECT_EQ(EncodeOutcomes(DecodeOutcomes(text)), text);
  EXPECT_TRUE(DecodeOutcomes("nonsense\n\n").empty());
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

}  // namespace
}  // namespace postern::sender
