// The relay's rules change while accounts are stored.
#include "services/admin/relay_senders.h"

#include <gmock/gmock.h>

#include "lib/net/deadline.h"
#include "tests/unit/admin/admin_harness.h"

namespace postern::admin {
namespace {

constexpr char kAnn[] = "ann@example.org";
constexpr char kBob[] = "bob@example.org";

RelayRules Everybody() { return RelayRules{true, "", {{"example.org", ""}}}; }

v1::Account Stored(const std::string& owner) {
  v1::Account account = RelayAccount(owner, "relay");
  account.set_enabled(true);
  account.mutable_health()->set_state(v1::HEALTH_STATE_OK);
  return account;
}

TEST(RelaySenders, AreToldByTheRulesOfToday) {
  const struct {
    const char* name;
    v1::Account account;
    RelayRules rules;
    const char* refusal;  // "" when there is none
  } cases[] = {
      {"one's own", Stored(kAnn), RelayOfExampleOrg(), ""},
      {"everybody's", Stored(kBob), Everybody(), ""},
      {"another's", Stored(kBob), RelayOfExampleOrg(),
       "the operator of this gateway does not let you send as Ann <ann@example.org> any more; "
       "enter another address in the account's settings"},
      {"no relay", Stored(kAnn), RelayRules(),
       "the operator of this gateway does not offer its own mail server any more; register an "
       "SMTP account of your own"},
      {"an account of one's own", SmtpAccount(kBob, "smtp"), RelayRules(), ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto refusal = RelayRefusal(c.account, c.rules);
    EXPECT_EQ(refusal ? words::English(*refusal) : "", c.refusal);
    EXPECT_EQ(AsTold(c.account, c.rules).default_from(), refusal ? "" : c.account.default_from());
  }
}

TEST(RelaySenders, HealthFollowsTheRulesOnce) {
  v1::Account account = Stored(kBob);
  EXPECT_FALSE(HealthByRules(account, Everybody(), 7).has_value());
  const auto refused = HealthByRules(account, RelayOfExampleOrg(), 7);
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->state(), v1::HEALTH_STATE_ERROR);
  EXPECT_THAT(refused->problem().text(), ::testing::HasSubstr("does not let you send as $0"));
  *account.mutable_health() = *refused;
  EXPECT_FALSE(HealthByRules(account, RelayOfExampleOrg(), 8).has_value()) << "told already";
  EXPECT_EQ(HealthByRules(account, Everybody(), 9)->state(), v1::HEALTH_STATE_CHECKING);
  account.mutable_health()->mutable_problem()->set_text("the relay does not answer");
  EXPECT_FALSE(HealthByRules(account, Everybody(), 9).has_value()) << "another trouble stays";
  account.set_enabled(false);
  EXPECT_FALSE(HealthByRules(account, RelayOfExampleOrg(), 9).has_value());
}

class RelayRulesChangeTest : public AdminHarness {
 protected:
  // An admin that is started anew with other rules.
  std::unique_ptr<Replica> StartedWith(const RelayRules& rules) {
    Config config;
    config.relay = rules;
    return std::make_unique<Replica>(io_, redis_.url(), box_, process::Peers(), config);
  }
  // What a service hears that knows everything up to `since`, within 10 s.
  v1::Account Heard(Replica& admin, uint64_t since) {
    const auto told = admin.Call(&AdminCalls::ListAccountChanges, Since(since, 10'000));
    EXPECT_TRUE(told.ok() && told->changed_size() == 1) << told.status();
    return told.ok() && told->changed_size() == 1 ? told->changed(0) : v1::Account();
  }
};

TEST_F(RelayRulesChangeTest, ServicesHearWhoMaySendNoMoreAndWhoMayAgain) {
  auto lax = StartedWith(Everybody());
  const auto put = lax->Call(&AdminCalls::PutAccount, PutRequest(RelayAccount(kBob, "relay"), ""));
  ASSERT_TRUE(put.ok()) << put.status();
  const uint64_t before = lax->Call(&AdminCalls::ListAccountChanges, Since(0))->revision();
  lax.reset();

  auto strict = StartedWith(RelayOfExampleOrg());
  const v1::Account refused = Heard(*strict, before);
  EXPECT_EQ(refused.default_from(), "");
  EXPECT_EQ(refused.health().state(), v1::HEALTH_STATE_ERROR);
  const auto strict_feed = strict->Call(&AdminCalls::ListAccountChanges, Since(0));
  EXPECT_EQ(strict_feed->changed(0).default_from(), "");
  EXPECT_EQ(List(kBob)->accounts(0).default_from(), "Ann <ann@example.org>") << "nothing is lost";
  strict.reset();

  auto again = StartedWith(Everybody());
  const v1::Account let = Heard(*again, strict_feed->revision());
  EXPECT_EQ(let.default_from(), "Ann <ann@example.org>");
  EXPECT_EQ(let.health().state(), v1::HEALTH_STATE_CHECKING);
}

}  // namespace
}  // namespace postern::admin
