#include "services/admin/account_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/words/wording.h"
#include "tests/unit/admin/sample_accounts.h"

namespace postern::admin {
namespace {

constexpr char kAnn[] = "ann@example.org";

class AccountEditTest : public ::testing::Test {
 protected:
  absl::StatusOr<OwnerEdit> Put(const v1::Account& wanted, const std::string& password = "secret") {
    const crypto::Secret secret(password);
    const PutWish wish{wanted, secret, /*copy_password_from=*/"", relay_, 3, /*now_unix=*/++now_};
    return PlanPut(owner_, wish, box_);
  }
  absl::StatusOr<OwnerEdit> PutCopy(const v1::Account& wanted, const std::string& from,
                                    const std::string& password = "") {
    const crypto::Secret secret(password);
    const PutWish wish{wanted, secret, from, relay_, 3, ++now_};
    return PlanPut(owner_, wish, box_);
  }
  // "" when none is stored for it.
  std::string PasswordOf(const std::string& name) {
    const v1::Account& account = Named(name);
    if (account.sealed_password().empty()) return "";
    auto opened = box_.Open(account.sealed_password(), account.id());
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? opened->Reveal() : "";
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
  RelayRules relay_ = RelayOfExampleOrg();
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

TEST_F(AccountEditTest, APasswordThatIsNotToBeStoredIsNot) {
  v1::Account wanted = ImapAccount(kAnn, "home");
  wanted.set_store_password(false);
  Apply(Put(wanted, ""));
  EXPECT_EQ(PasswordOf("home"), "");
  Apply(Put(Named("home"), "given all the same"));  // the edge hands it over itself
  EXPECT_EQ(PasswordOf("home"), "");

  wanted = Named("home");
  wanted.set_store_password(true);
  EXPECT_EQ(Put(wanted, "").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Put(wanted, "").status().message()), ::testing::StartsWith("password: "));
  Apply(Put(wanted, "hunter2"));
  EXPECT_EQ(PasswordOf("home"), "hunter2");

  wanted = Named("home");
  wanted.set_store_password(false);
  auto edit = Put(wanted, "");
  ASSERT_TRUE(edit.ok()) << edit.status();
  EXPECT_EQ(edit->audit.detail, "password, store_password");
  EXPECT_EQ(edit->put.front().health().state(), v1::HEALTH_STATE_CHECKING);
  Apply(edit);
  EXPECT_EQ(PasswordOf("home"), "");
}

TEST_F(AccountEditTest, TakesAPasswordOverFromAnAccountOnTheSameServer) {
  Apply(Put(ImapAccount(kAnn, "home"), "hunter2"));
  v1::Account lists = ImapAccount(kAnn, "lists");
  lists.set_mailbox("INBOX.lists");
  lists.set_host("IMAP.example.ORG");
  Apply(PutCopy(lists, Named("home").id()));
  EXPECT_EQ(PasswordOf("lists"), "hunter2");
  EXPECT_NE(Named("lists").sealed_password(), Named("home").sealed_password());

  Apply(PutCopy(ImapAccount(kAnn, "own"), Named("home").id(), "its own"));
  EXPECT_EQ(PasswordOf("own"), "its own");
}

TEST_F(AccountEditTest, TakesNoPasswordOverToWhereItDoesNotBelong) {
  Apply(Put(ImapAccount(kAnn, "home"), "hunter2"));
  v1::Account unstored = ImapAccount(kAnn, "asked");
  unstored.set_store_password(false);
  Apply(PutCopy(unstored, Named("home").id()));
  EXPECT_EQ(PasswordOf("asked"), "");

  const std::string home = Named("home").id(), asked = Named("asked").id();
  v1::Account elsewhere = ImapAccount(kAnn, "new"), other = elsewhere, wrong = elsewhere;
  elsewhere.set_host("imap.evil.example");
  other.set_login("bob");
  wrong.set_port(0);
  const struct {
    const char* name;
    v1::Account wanted;
    std::string from;
    const char* field;
  } cases[] = {
      {"another server", elsewhere, home, "password: "},
      {"another login", other, home, "password: "},
      {"no such account", ImapAccount(kAnn, "new"), "of-bob", "password: "},
      {"none stored there", ImapAccount(kAnn, "new"), asked, "password: "},
      {"another field is wrong", wrong, home, "port: "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const absl::Status status = PutCopy(c.wanted, c.from).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), ::testing::StartsWith(c.field));
    EXPECT_TRUE(words::WordingOf(status).has_value());
  }
  owner_.accounts.front().set_sealed_password("damaged");
  EXPECT_THAT(std::string(PutCopy(ImapAccount(kAnn, "new"), Named("home").id()).status().message()),
              ::testing::StartsWith("password: "));
}

TEST_F(AccountEditTest, TheOperatorsRelayCanBeTheDefaultToo) {
  Apply(Put(SmtpAccount(kAnn, "own")));
  v1::Account wanted = RelayAccount(kAnn, "relay");
  wanted.set_default_account(true);
  Apply(Put(wanted, ""));
  EXPECT_TRUE(Named("relay").default_account());
  EXPECT_FALSE(Named("own").default_account());
  EXPECT_EQ(PasswordOf("relay"), "");
  Apply(PlanRemove(owner_, Named("own").id()));
  Apply(Put(SmtpAccount(kAnn, "own")));
  Apply(PlanRemove(owner_, Named("relay").id()));
  EXPECT_TRUE(Named("own").default_account());
  Apply(Put(RelayAccount(kAnn, "relay"), "no password of yours"));
  EXPECT_EQ(PasswordOf("relay"), "");
  Apply(PlanRemove(owner_, Named("own").id()));
  EXPECT_TRUE(Named("relay").default_account());
}

TEST_F(AccountEditTest, PreferencesStandInEveryAccountOfTheirUser) {
  v1::Preferences preferences;
  preferences.set_language("fr");
  EXPECT_EQ(PlanSetPreferences(owner_, preferences).status().code(), absl::StatusCode::kNotFound);
  Apply(Put(ImapAccount(kAnn, "one")));
  Apply(Put(SmtpAccount(kAnn, "two")));
  const uint64_t revision = Named("one").settings_revision();
  auto edit = PlanSetPreferences(owner_, preferences);
  ASSERT_TRUE(edit.ok()) << edit.status();
  EXPECT_EQ(edit->audit.action, "change preferences");
  ASSERT_EQ(edit->put.size(), 2u);
  EXPECT_FALSE(edit->put.front().has_health());
  Apply(edit);
  EXPECT_EQ(Named("one").preferences().language(), "fr");
  EXPECT_EQ(Named("one").settings_revision(), revision);
  EXPECT_TRUE(PlanSetPreferences(owner_, preferences)->put.empty());

  Apply(Put(ImapAccount(kAnn, "three")));
  EXPECT_EQ(Named("three").preferences().language(), "fr");
  v1::Account wanted = Named("one");
  wanted.mutable_preferences()->set_language("de");  // not said so
  Apply(Put(wanted, ""));
  EXPECT_EQ(Named("one").preferences().language(), "fr");

  preferences.set_heard_language("de");
  EXPECT_EQ(PlanSetPreferences(owner_, preferences)->put.size(), 3u);
  EXPECT_EQ(PlanSetPreferences(owner_, preferences)->audit.action, "");
}

TEST_F(AccountEditTest, RefusalsCanBeSaidInOtherLanguages) {
  Apply(Put(ImapAccount(kAnn, "one")));
  const auto twice = words::WordingOf(Put(ImapAccount(kAnn, "ONE")).status());
  ASSERT_TRUE(twice);
  EXPECT_EQ(*twice, words::Word("you have an account named $0 already", "one"));
  Apply(Put(ImapAccount(kAnn, "two")));
  Apply(Put(ImapAccount(kAnn, "three")));
  const absl::Status many = Put(ImapAccount(kAnn, "four")).status();
  EXPECT_EQ(many.message(), "You have 3 accounts, which is the most. Remove one first.");
  EXPECT_TRUE(words::WordingOf(many));
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

}  // namespace
}  // namespace postern::admin
