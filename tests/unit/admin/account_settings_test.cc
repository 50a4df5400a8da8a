#include "services/admin/account_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "lib/words/wording.h"
#include "tests/unit/admin/sample_accounts.h"

namespace postern::admin {
namespace {

absl::StatusOr<v1::Account> New(const v1::Account& wanted, absl::string_view password) {
  return NewSettings(wanted, password, RelayOfExampleOrg());
}

absl::StatusOr<v1::Account> Updated(const v1::Account& before, const v1::Account& wanted) {
  return UpdatedSettings(before, wanted, "", RelayOfExampleOrg());
}

struct SpoiltField {
  const char* field;
  std::function<void(v1::Account&)> spoil;
};

void ExpectRefused(const v1::Account& good, const SpoiltField& c) {
  SCOPED_TRACE(c.field);
  v1::Account account = good;
  c.spoil(account);
  auto settings = New(account, "secret");
  EXPECT_EQ(settings.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(settings.status().message()),
              ::testing::StartsWith(std::string(c.field) + ": "));
  // Users read it; "owner" is nothing that they type.
  const auto wording = words::WordingOf(settings.status());
  if (c.field == std::string("owner")) return;
  ASSERT_TRUE(wording.has_value());
  EXPECT_EQ(settings.status().message(), absl::StrCat(c.field, ": ", words::English(*wording)));
}

TEST(AccountSettings, NamesTheSpoiltFieldOfAnyAccount) {
  const SpoiltField cases[] = {
      {"type", [](auto& a) { a.set_type(v1::ACCOUNT_TYPE_UNSPECIFIED); }},
      {"type", [](auto& a) { a.set_type(static_cast<v1::AccountType>(9)); }},
      {"owner", [](auto& a) { a.set_owner("ann@example.org/phone"); }},
      {"name", [](auto& a) { a.set_name("a@b"); }},
      {"host", [](auto& a) { a.set_host("not a host"); }},
      {"port", [](auto& a) { a.set_port(0); }},
      {"port", [](auto& a) { a.set_port(65536); }},
      {"ssl", [](auto& a) { a.set_security(v1::SECURITY_UNSPECIFIED); }},
      {"ssl", [](auto& a) { a.set_security(static_cast<v1::Security>(9)); }},
      {"login", [](auto& a) { a.set_login("ann\r\nLOGOUT"); }},
      {"login", [](auto& a) { a.set_login(std::string(513, 'a')); }},
      {"login", [](auto& a) { a.clear_login(); }},
  };
  for (const auto& c : cases) {
    ExpectRefused(ImapAccount("ann@example.org", "home"), c);
    ExpectRefused(SmtpAccount("ann@example.org", "relay"), c);
    v1::Account pop3 = ImapAccount("ann@example.org", "home");
    pop3.set_type(v1::ACCOUNT_TYPE_POP3);
    ExpectRefused(pop3, c);
  }
}

TEST(AccountSettings, NamesTheSpoiltFieldOfItsType) {
  const SpoiltField mailbox[] = {
      {"interval", [](auto& a) { a.set_interval_minutes(0); }},
      {"interval", [](auto& a) { a.set_interval_minutes(1441); }},
      {"mailbox", [](auto& a) { a.set_mailbox("IN\r\nBOX"); }},
      {"away_action", [](auto& a) { a.mutable_actions()->set_away(static_cast<v1::Action>(7)); }},
      {"offline_action",
       [](auto& a) { a.mutable_actions()->set_offline(static_cast<v1::Action>(-1)); }},
  };
  for (const auto& c : mailbox) ExpectRefused(ImapAccount("ann@example.org", "home"), c);
  v1::Account pop3 = ImapAccount("ann@example.org", "home");
  pop3.set_type(v1::ACCOUNT_TYPE_POP3);
  for (const auto& c : mailbox) {
    if (c.field != std::string("mailbox")) ExpectRefused(pop3, c);
  }
  const SpoiltField relay[] = {
      {"default_from", [](auto& a) { a.clear_default_from(); }},
      {"default_from", [](auto& a) { a.set_default_from("ann"); }},
      {"default_from",
       [](auto& a) { a.set_default_from("ann@example.org\r\nBcc: b@example.org"); }},
      {"default_from", [](auto& a) { a.set_default_from("a@example.org, b@example.org"); }},
  };
  for (const auto& c : relay) ExpectRefused(SmtpAccount("ann@example.org", "relay"), c);
  for (const auto& c : relay) ExpectRefused(RelayAccount("ann@example.org", "relay"), c);
}

TEST(AccountSettings, NamesAWrongPasswordWithoutSayingIt) {
  const v1::Account account = ImapAccount("ann@example.org", "home");
  for (const std::string& password :
       {std::string(), std::string("hun\nter2"), std::string(1025, 'x')}) {
    auto settings = New(account, password);
    EXPECT_EQ(settings.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(settings.status().message()), ::testing::StartsWith("password: "));
    EXPECT_THAT(std::string(settings.status().message()),
                ::testing::Not(::testing::HasSubstr("hun")));
  }
  EXPECT_TRUE(New(account, " p ä ").ok());
}

TEST(AccountSettings, FillsInWhatWasLeftOut) {
  v1::Account wanted = ImapAccount("Ann@Example.org", "Home");
  wanted.clear_mailbox();
  wanted.set_sealed_password("forged");
  wanted.mutable_health()->set_state(v1::HEALTH_STATE_OK);
  wanted.set_default_from("ann@example.org");
  wanted.mutable_actions()->set_away(v1::ACTION_NOTHING);
  auto settings = New(wanted, "secret");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->owner(), "ann@example.org");
  EXPECT_EQ(settings->name(), "home");
  EXPECT_TRUE(settings->enabled());
  EXPECT_EQ(settings->mailbox(), "INBOX");
  EXPECT_EQ(settings->sealed_password(), "");
  EXPECT_FALSE(settings->has_health());
  EXPECT_EQ(settings->default_from(), "");
  EXPECT_EQ(settings->actions().chat(), v1::ACTION_FULL);
  EXPECT_EQ(settings->actions().online(), v1::ACTION_FULL);
  EXPECT_EQ(settings->actions().away(), v1::ACTION_NOTHING);
  EXPECT_EQ(settings->actions().dnd(), v1::ACTION_DIGEST);
  EXPECT_EQ(settings->actions().offline(), v1::ACTION_NOTHING);
}

TEST(AccountSettings, ARelayMayAskForNoLogin) {
  v1::Account wanted = SmtpAccount("ann@example.org", "relay");
  wanted.clear_login();
  wanted.set_store_password(false);
  ASSERT_TRUE(New(wanted, "").ok());
  EXPECT_TRUE(New(wanted, "")->store_password()) << "nobody is to be asked for one";
  EXPECT_EQ(New(wanted, "secret").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(AccountSettings, AnUpdateKeepsWhatIsNotForTheUserToChange) {
  v1::Account before = *New(ImapAccount("ann@example.org", "home"), "secret");
  before.set_id("1");
  before.set_sealed_password("sealed");
  before.set_enabled(false);
  v1::Account wanted = ImapAccount("eve@example.org", "HOME");
  wanted.set_port(10993);
  auto after = Updated(before, wanted);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->owner(), "ann@example.org");
  EXPECT_EQ(after->id(), "1");
  EXPECT_FALSE(after->enabled());
  EXPECT_EQ(after->sealed_password(), "sealed");
  EXPECT_EQ(after->port(), 10993u);
  EXPECT_EQ(after->settings_revision(), before.settings_revision() + 1);
  EXPECT_THAT(ChangedFields(before, *after), ::testing::ElementsAre("port"));
  EXPECT_TRUE(NeedsNewCheck(before, *after));

  wanted.set_name("other");
  EXPECT_EQ(Updated(before, wanted).status().message(),
            "name: can't be changed; register another account");
  wanted.set_name("home");
  wanted.set_type(v1::ACCOUNT_TYPE_SMTP);
  EXPECT_THAT(std::string(Updated(before, wanted).status().message()),
              ::testing::StartsWith("type: "));
}

TEST(AccountSettings, AStoredPasswordServesItsOwnServerAlone) {
  v1::Account before = *New(ImapAccount("ann@example.org", "home"), "secret");
  before.set_sealed_password("sealed");
  const struct {
    const char* name;
    std::function<void(v1::Account&)> change;
    bool same_use;
  } cases[] = {
      {"port", [](auto& a) { a.set_port(10993); }, true},
      {"mailbox", [](auto& a) { a.set_mailbox("lists"); }, true},
      {"STARTTLS", [](auto& a) { a.set_security(v1::SECURITY_STARTTLS); }, true},
      {"spelling", [](auto& a) { a.set_host("IMAP.Example.org."); }, true},
      {"server", [](auto& a) { a.set_host("evil.example"); }, false},
      {"login", [](auto& a) { a.set_login("eve"); }, false},
      {"no TLS", [](auto& a) { a.set_security(v1::SECURITY_NONE); }, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    v1::Account wanted = before;
    c.change(wanted);
    const auto kept = Updated(before, wanted);
    EXPECT_EQ(kept.ok(), c.same_use) << kept.status();
    if (!c.same_use) {
      EXPECT_THAT(std::string(kept.status().message()),
                  ::testing::StartsWith("password: must be entered again, because "));
    }
    EXPECT_TRUE(UpdatedSettings(before, wanted, "new", RelayRules()).ok());
    wanted.set_store_password(false);
    const auto asked = Updated(before, wanted);
    ASSERT_TRUE(asked.ok()) << asked.status();
    EXPECT_EQ(asked->sealed_password(), "");
  }
}

TEST(AccountSettings, APop3AccountHasOneMailbox) {
  v1::Account wanted = ImapAccount("ann@example.org", "home");
  wanted.set_type(v1::ACCOUNT_TYPE_POP3);
  wanted.set_port(995);
  wanted.set_mailbox("INBOX.lists\n");  // never looked at
  auto settings = New(wanted, "secret");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->mailbox(), "");
  EXPECT_EQ(settings->interval_minutes(), 5u);
  EXPECT_EQ(settings->actions().online(), v1::ACTION_FULL);
}

TEST(AccountSettings, WithoutAStoredPasswordNoneIsNeeded) {
  v1::Account wanted = ImapAccount("ann@example.org", "home");
  wanted.set_store_password(false);
  auto settings = New(wanted, "");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_FALSE(settings->store_password());
  EXPECT_TRUE(New(wanted, "given").ok());
  EXPECT_FALSE(New(wanted, "hun\nter2").ok());  // it would be handed over like that
}

TEST(AccountSettings, AnAccountOfTheRelayHasNoServerOfItsOwn) {
  v1::Account wanted = SmtpAccount("ann@example.org", "relay");
  wanted.set_type(v1::ACCOUNT_TYPE_GLOBAL_SMTP);
  wanted.set_host("not a host");
  wanted.set_store_password(false);
  wanted.set_mailbox("INBOX");
  wanted.set_default_from(" ann@example.org ");
  wanted.mutable_actions()->set_away(v1::ACTION_FULL);
  auto settings = New(wanted, "");
  ASSERT_TRUE(settings.ok()) << settings.status();
  v1::Account expected = RelayAccount("ann@example.org", "relay");
  expected.set_default_from("ann@example.org");
  expected.set_enabled(true);
  expected.set_store_password(true);
  expected.set_settings_revision(1);
  EXPECT_EQ(settings->SerializeAsString(), expected.SerializeAsString());

  RelayRules none;
  EXPECT_THAT(std::string(NewSettings(wanted, "", none).status().message()),
              ::testing::StartsWith("type: "));
  EXPECT_FALSE(UpdatedSettings(*settings, *settings, "", none).ok());
}

TEST(Preferences, AreTags) {
  const struct {
    std::string tag;
    bool good;
  } cases[] = {{"", true},       {"de", true},
               {"pt-BR", true},  {"sr-Latn-RS", true},
               {"de_AT", false}, {"de\n", false},
               {"dé", false},    {std::string(35, 'a'), true},
               {"*", false},     {std::string(36, 'a'), false}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.tag);
    v1::Preferences chosen, heard;
    chosen.set_language(c.tag);
    heard.set_heard_language(c.tag);
    EXPECT_EQ(CheckPreferences(chosen).ok(), c.good);
    EXPECT_EQ(CheckPreferences(heard).ok(), c.good);
  }
}

}  // namespace
}  // namespace postern::admin
