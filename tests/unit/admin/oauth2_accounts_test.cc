// Which accounts wait for consent, and what a change of settings does to what was given.
#include <gtest/gtest.h>

#include "services/admin/account_edit.h"
#include "services/admin/account_settings.h"
#include "services/admin/oauth2/consent_edit.h"
#include "tests/unit/admin/sample_accounts.h"

namespace postern::admin {
namespace {

OAuth2Providers Providers() {
  OAuth2Provider provider;
  provider.name = "ours";
  provider.label = "Ours";
  provider.hosts = {"imap.example.org", "*.mail.example.org"};
  OAuth2Provider other = provider;
  other.name = "other";
  other.hosts = {"imap.other.example"};
  return {provider, other};
}

v1::Account With(void (*change)(v1::Account&), v1::Account account) {
  change(account);
  return account;
}

TEST(OAuth2Accounts, AreThoseOfItsHostsWithoutAPassword) {
  const v1::Account imap = ImapAccount("ann@example.org", "work");
  struct {
    const char* name;
    v1::Account wanted;
    const char* password;
    const char* provider;  // nullptr: refused
  } const cases[] = {
      {"imap", imap, "", "ours"},
      {"an app password", imap, "hunter2", ""},
      {"below a name", With([](auto& a) { a.set_host("x.mail.example.org"); }, imap), "", "ours"},
      {"another's", With([](auto& a) { a.set_host("imap.other.example"); }, imap), "", "other"},
      {"nobody's", With([](auto& a) { a.set_host("imap.example.net"); }, imap), "", nullptr},
      {"given by hand", With([](auto& a) { a.set_store_password(false); }, imap), "", ""},
      {"in the clear", With([](auto& a) { a.set_security(v1::SECURITY_NONE); }, imap), "", nullptr},
      {"claimed by the caller",
       With([](auto& a) { a.set_oauth2_provider("ours"), a.set_host("imap.example.net"); }, imap),
       "hunter2", ""},
      {"claimed without a password",
       With([](auto& a) { a.set_oauth2_provider("ours"), a.set_host("imap.example.net"); }, imap),
       "", nullptr},
      {"smtp",
       With([](auto& a) { a.set_host("imap.example.org"); }, SmtpAccount("ann@example.org", "out")),
       "", "ours"},
      {"pop3", With([](auto& a) { a.set_type(v1::ACCOUNT_TYPE_POP3); }, imap), "", "ours"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto settings = NewSettings(c.wanted, c.password, RelayRules(), Providers());
    EXPECT_EQ(settings.ok(), c.provider != nullptr) << settings.status();
    if (settings.ok() && c.provider != nullptr) {
      EXPECT_EQ(settings->oauth2_provider(), c.provider);
      EXPECT_EQ(settings->sealed_password(), "");
    }
  }
}

TEST(OAuth2Accounts, KeepConsentWhileItServesTheSameMailbox) {
  const v1::Account consented = With(
      [](auto& a) { a.set_id("1"), a.set_oauth2_provider("ours"), a.set_sealed_password("token"); },
      ImapAccount("ann@example.org", "work"));
  const v1::Account by_password = With(
      [](auto& a) { a.clear_oauth2_provider(), a.set_sealed_password("password"); }, consented);
  struct {
    const char* name;
    v1::Account before;
    void (*change)(v1::Account&);
    const char* password;
    const char* provider;  // nullptr: refused
    const char* sealed;
  } const cases[] = {
      {"nothing", consented, [](auto&) {}, "", "ours", "token"},
      {"the port", consented, [](auto& a) { a.set_port(143); }, "", "ours", "token"},
      {"the login", consented, [](auto& a) { a.set_login("bob"); }, "", "ours", ""},
      {"the host, within", consented, [](auto& a) { a.set_host("x.mail.example.org"); }, "", "ours",
       ""},
      {"the provider", consented, [](auto& a) { a.set_host("imap.other.example"); }, "", "other",
       ""},
      {"away", consented, [](auto& a) { a.set_host("imap.example.net"); }, "", nullptr, ""},
      {"away with a password", consented, [](auto& a) { a.set_host("imap.example.net"); }, "pw", "",
       ""},
      {"encryption", consented, [](auto& a) { a.set_security(v1::SECURITY_NONE); }, "", nullptr,
       ""},
      {"a password", consented, [](auto&) {}, "pw", "", ""},
      {"not stored any more", consented, [](auto& a) { a.set_store_password(false); }, "", "", ""},
      {"an app password stays", by_password, [](auto&) {}, "", "", "password"},
      {"an app password and another login", by_password, [](auto& a) { a.set_login("bob"); }, "",
       nullptr, ""},
      {"from elsewhere", With([](auto& a) { a.set_host("imap.example.net"); }, by_password),
       [](auto& a) { a.set_host("imap.example.org"); }, "", "ours", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    v1::Account wanted = c.before;
    c.change(wanted);
    const auto after = UpdatedSettings(c.before, wanted, c.password, RelayRules(), Providers());
    EXPECT_EQ(after.ok(), c.provider != nullptr) << after.status();
    if (after.ok() && c.provider != nullptr) {
      EXPECT_EQ(after->oauth2_provider(), c.provider);
      EXPECT_EQ(after->sealed_password(), c.sealed);
    }
  }
}

class ConsentEdits : public ::testing::Test {
 protected:
  ConsentEdits() {
    owner_.owner = "ann@example.org";
    owner_.revision = "7";
    v1::Account account = ImapAccount("ann@example.org", "work");
    account.set_id("1");
    account.set_enabled(true);
    account.set_oauth2_provider("ours");
    account.set_settings_revision(4);
    account.mutable_health()->set_state(v1::HEALTH_STATE_ASKING);
    owner_.accounts.push_back(account);
  }
  v1::Account& account() { return owner_.accounts.front(); }
  OwnerAccounts owner_;
};

TEST_F(ConsentEdits, ConsentMakesTheAccountBeTriedAtOnce) {
  const auto edit = PlanConsent(owner_, "1", "ours", "sealed", 100);
  ASSERT_TRUE(edit.ok()) << edit.status();
  const v1::Account& after = edit->put.front();
  EXPECT_EQ(after.sealed_password(), "sealed");
  EXPECT_EQ(after.settings_revision(), 5u);
  EXPECT_EQ(after.health().state(), v1::HEALTH_STATE_CHECKING);
  EXPECT_EQ(edit->seen_revision, "7");
  EXPECT_EQ(edit->audit.action, "give consent");
  EXPECT_TRUE(absl::IsFailedPrecondition(PlanConsent(owner_, "1", "other", "s", 1).status()));
  EXPECT_TRUE(absl::IsNotFound(PlanConsent(owner_, "2", "ours", "s", 1).status()));
}

TEST_F(ConsentEdits, ARotationDisturbsNobody) {
  account().set_sealed_password("old");
  const auto edit = PlanRotation(owner_, "1", "old", "new");
  ASSERT_TRUE(edit.ok()) << edit.status();
  EXPECT_EQ(edit->put.front().sealed_password(), "new");
  EXPECT_EQ(edit->put.front().settings_revision(), 4u);
  EXPECT_FALSE(edit->put.front().has_health());
  EXPECT_EQ(edit->audit.action, "");
  EXPECT_TRUE(absl::IsFailedPrecondition(PlanRotation(owner_, "1", "older", "new").status()));
}

TEST_F(ConsentEdits, ALossTakesTheTokenAndAsks) {
  account().set_sealed_password("old");
  account().mutable_health()->set_state(v1::HEALTH_STATE_OK);
  const auto edit = PlanLoss(owner_, "1", "old", 100);
  ASSERT_TRUE(edit.ok()) << edit.status();
  const v1::Account& after = edit->put.front();
  EXPECT_EQ(after.sealed_password(), "");
  EXPECT_EQ(after.settings_revision(), 5u);
  EXPECT_EQ(after.health().state(), v1::HEALTH_STATE_ASKING);
  EXPECT_EQ(after.health().error(), "The mail provider does not accept your consent any more.");
  // Consent was given anew meanwhile.
  EXPECT_TRUE(absl::IsFailedPrecondition(PlanLoss(owner_, "1", "older", 1).status()));
}

TEST(OAuth2Accounts, AskFromTheirFirstMomentAndTakeOverNoToken) {
  const crypto::SecretBox box =
      *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("test"), "test");
  const OAuth2Providers providers = Providers();
  const RelayRules relay;
  OwnerAccounts owner;
  owner.owner = "ann@example.org";
  const crypto::Secret none;
  const v1::Account wanted = ImapAccount("ann@example.org", "work");
  const PutWish wish{wanted, none, "", relay, 3, 100, providers};
  auto edit = PlanPut(owner, wish, box);
  ASSERT_TRUE(edit.ok()) << edit.status();
  EXPECT_EQ(edit->put.front().health().state(), v1::HEALTH_STATE_ASKING);

  v1::Account first = edit->put.front();
  first.set_sealed_password(box.Seal(crypto::Secret("token"), first.id()));
  owner.accounts = {first};
  const v1::Account second = ImapAccount("ann@example.org", "lists");
  const PutWish copy{second, none, first.id(), relay, 3, 100, providers};
  edit = PlanPut(owner, copy, box);
  ASSERT_TRUE(edit.ok()) << edit.status();
  EXPECT_EQ(edit->put.front().sealed_password(), "");
  EXPECT_EQ(edit->put.front().oauth2_provider(), "ours");
}

}  // namespace
}  // namespace postern::admin
