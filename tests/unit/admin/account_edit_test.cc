#include "services/admin/account_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/admin/health.h"
#include "tests/unit/admin/sample_accounts.h"

namespace postern::admin {
namespace {

constexpr char kAnn[] = "ann@example.org";

class AccountEditTest : public ::testing::Test {
 protected:
  absl::StatusOr<OwnerEdit> Put(const v1::Account& wanted, const std::string& password = "secret") {
    const crypto::Secret secret(password);
    const PutWish wish{wanted, secret, /*most_accounts=*/3, /*now_unix=*/++now_};
    return PlanPut(owner_, wish, box_);
  }
  // Does to owner_ what the store would do.
  void Apply(const absl::StatusOr<OwnerEdit>& edit) {
    ASSERT_TRUE(edit.ok()) << edit.status();
    for (const auto& gone : edit->removed) {
      std::erase_if(owner_.accounts, [&](const auto& a) { return a.id() == gone.id(); });
    }
    for (const auto& put : edit->put) {
      std::erase_if(owner_.accounts, [&](const auto& a) { return a.id() == put.id(); });
      owner_.accounts.push_back(put);
    }
  }
  const v1::Account& Named(const std::string& name) {
    for (const auto& account : owner_.accounts) {
      if (account.name() == name) return account;
    }
    ADD_FAILURE() << "no account " << name;
    return owner_.accounts.front();
  }

  crypto::SecretBox box_ =
      *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("test"), "test");
  OwnerAccounts owner_{kAnn, "0", {}};
  int64_t now_ = 1'000;
};

TEST_F(AccountEditTest, TheFirstRelayIsTheDefaultWhateverIsAskedFor) {
  Apply(Put(ImapAccount(kAnn, "home")));
  Apply(Put(SmtpAccount(kAnn, "relay")));
  EXPECT_TRUE(Named("relay").default_account());
  EXPECT_FALSE(Named("home").default_account());

  v1::Account wanted = Named("relay");
  wanted.set_default_account(false);
  Apply(Put(wanted, ""));
  EXPECT_TRUE(Named("relay").default_account());
}

TEST_F(AccountEditTest, ANewDefaultRelayTakesTheMarkFromTheOther) {
  Apply(Put(SmtpAccount(kAnn, "one")));
  const uint64_t before = Named("one").settings_revision();
  v1::Account wanted = SmtpAccount(kAnn, "two");
  wanted.set_default_account(true);
  Apply(Put(wanted));
  EXPECT_TRUE(Named("two").default_account());
  EXPECT_FALSE(Named("one").default_account());
  EXPECT_EQ(Named("one").settings_revision(), before + 1);

  Apply(PlanRemove(owner_, Named("two").id()));
  EXPECT_TRUE(Named("one").default_account());
  EXPECT_EQ(Named("one").settings_revision(), before + 2);
}

TEST_F(AccountEditTest, RefusesOneNameTwiceAndTooManyAccounts) {
  Apply(Put(ImapAccount(kAnn, "one")));
  EXPECT_EQ(Put(SmtpAccount(kAnn, "ONE")).status().code(), absl::StatusCode::kAlreadyExists);
  Apply(Put(ImapAccount(kAnn, "two")));
  Apply(Put(ImapAccount(kAnn, "three")));
  EXPECT_EQ(Put(ImapAccount(kAnn, "four")).status().code(), absl::StatusCode::kResourceExhausted);
  Apply(Put(Named("three")));  // a change is none more
}

TEST_F(AccountEditTest, SealsThePasswordForThatAccountAlone) {
  Apply(Put(ImapAccount(kAnn, "home"), "hunter2"));
  const v1::Account& home = Named("home");
  EXPECT_THAT(home.sealed_password(), ::testing::Not(::testing::HasSubstr("hunter2")));
  EXPECT_EQ(box_.Open(home.sealed_password(), home.id())->Reveal(), "hunter2");
  EXPECT_FALSE(box_.Open(home.sealed_password(), "another").ok());
}

TEST_F(AccountEditTest, WhatMustBeTriedAnewIsCheckingAgain) {
  Apply(Put(ImapAccount(kAnn, "home")));
  v1::Account& account = owner_.accounts.front();
  account.mutable_health()->set_state(v1::HEALTH_STATE_ERROR);
  account.mutable_health()->set_error("wrong password");
  account.mutable_health()->set_last_error("wrong password");

  v1::Account wanted = account;
  wanted.set_interval_minutes(10);
  EXPECT_FALSE(Put(wanted, "")->put.front().has_health());  // stays as it is
  const v1::Health health = Put(wanted, "right")->put.front().health();
  EXPECT_EQ(health.state(), v1::HEALTH_STATE_CHECKING);
  EXPECT_EQ(health.error(), "");
  EXPECT_EQ(health.last_error(), "wrong password");
}

TEST_F(AccountEditTest, TheAuditNamesFieldsAndNoValues) {
  Apply(Put(ImapAccount(kAnn, "home"), "hunter2"));
  v1::Account wanted = Named("home");
  wanted.set_host("new.example.org");
  auto edit = Put(wanted, "hunter3");
  ASSERT_TRUE(edit.ok());
  EXPECT_EQ(edit->audit.actor, kAnn);
  EXPECT_EQ(edit->audit.subject, "ann@example.org/home");
  EXPECT_EQ(edit->audit.detail, "password, host");
}

TEST_F(AccountEditTest, AnAccountOfAnotherIsNotThere) {
  v1::Account wanted = ImapAccount(kAnn, "home");
  wanted.set_id("of-bob");
  EXPECT_EQ(Put(wanted).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(PlanRemove(owner_, "of-bob").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(PlanSetEnabled(owner_, "of-bob", true, 1).status().code(), absl::StatusCode::kNotFound);
}

TEST(Health, FollowsTheReports) {
  const auto report = [](v1::HealthState state, const std::string& error = "") {
    v1::ReportHealthRequest request;
    request.set_state(state);
    request.set_error(error);
    return request;
  };
  v1::Health health = UntriedHealth({}, 10);
  EXPECT_EQ(health.changed_unix(), 10);
  EXPECT_EQ(health.last_ok_unix(), 0);
  EXPECT_FALSE(IsNews(health, ReportedHealth(health, report(v1::HEALTH_STATE_CHECKING), 11)));

  v1::Health before = health;
  health = ReportedHealth(health, report(v1::HEALTH_STATE_OK), 20);
  EXPECT_TRUE(IsNews(before, health));
  EXPECT_EQ(health.last_ok_unix(), 20);

  before = health;
  health = ReportedHealth(health, report(v1::HEALTH_STATE_OK), 30);
  EXPECT_FALSE(IsNews(before, health));
  EXPECT_EQ(health.last_ok_unix(), 30);
  EXPECT_EQ(health.changed_unix(), 20);

  before = health;
  health = ReportedHealth(
      health, report(v1::HEALTH_STATE_ERROR, "refused\r\n" + std::string(2'000, 'x')), 40);
  EXPECT_TRUE(IsNews(before, health));
  EXPECT_EQ(health.error().size(), 512u);
  EXPECT_THAT(health.error(), ::testing::StartsWith("refused  xxx"));
  EXPECT_EQ(health.last_ok_unix(), 30);

  before = health;
  health = ReportedHealth(health, report(v1::HEALTH_STATE_CHECKING), 50);
  EXPECT_FALSE(IsNews(before, health));

  health = ReportedHealth(health, report(v1::HEALTH_STATE_OK), 60);
  EXPECT_EQ(health.error(), "");
  EXPECT_EQ(health.last_error(), before.error());
}

}  // namespace
}  // namespace postern::admin
