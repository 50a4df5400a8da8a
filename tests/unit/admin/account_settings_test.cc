#include "services/admin/account_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "services/admin/account_name.h"
#include "services/admin/bare_jid.h"
#include "services/admin/host_syntax.h"
#include "services/admin/readable_text.h"
#include "tests/unit/admin/sample_accounts.h"

namespace postern::admin {
namespace {

TEST(AccountName, IsPreparedAsTheLocalpartOfAJid) {
  const struct {
    const char* typed;
    const char* stored;
  } cases[] = {
      {"Home", "home"},           {"  work  ", "work"},
      {"BÜRO", "büro"},           {"Straße", "strasse"},  // case folding, RFC 3454 B.2
      {"ＷＯＲＫ", "work"},                               // NFKC
      {"a.b-c_d+e", "a.b-c_d+e"}, {"почта", "почта"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.typed);
    auto name = NormalizeAccountName(c.typed);
    ASSERT_TRUE(name.ok()) << name.status();
    EXPECT_EQ(*name, c.stored);
  }
}

TEST(AccountName, RefusesWhatNoContactCanBeCalled) {
  const std::string wrong[] = {"",
                               "   ",
                               "a b",
                               "a@b",
                               "a%b",
                               "a\\b",
                               "a/b",
                               "a\"b",
                               "a&b",
                               "a'b",
                               "a<b",
                               "a>b",
                               "a:b",
                               "a\tb",
                               "a\nb",
                               std::string("a\0b", 3),
                               "a\x7f"
                               "b",
                               "a\u0085b",
                               "help",
                               "HELP",
                               "\xff\xfe",
                               std::string(65, 'a'),
                               std::string(100'000, 'a'),
                               "\u200b",
                               "a\u00a0b"};
  for (const auto& name : wrong) {
    SCOPED_TRACE(name.substr(0, 80));
    auto result = NormalizeAccountName(name);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(result.status().message()), ::testing::StartsWith("name: "));
  }
  EXPECT_TRUE(NormalizeAccountName(std::string(64, 'a')).ok());
  std::string long_but_short;  // 64 characters in 128 bytes
  for (int i = 0; i < 64; ++i) long_but_short += "ж";
  EXPECT_TRUE(NormalizeAccountName(long_but_short).ok());
}

TEST(BareJid, IsComparedWithoutCase) {
  EXPECT_EQ(*NormalizeBareJid("owner", "Ann@Example.ORG"), "ann@example.org");
  EXPECT_EQ(*NormalizeBareJid("owner", "example.org"), "example.org");
  EXPECT_EQ(*NormalizeBareJid("owner", "ann@[::1]"), "ann@[::1]");
  const std::string wrong[] = {"",
                               "@example.org",
                               "ann@",
                               "ann@example.org/phone",
                               "a b@c",
                               "ann@b@c",
                               "a\n@b",
                               "ann@exa mple.org",
                               "a'b@c.org",
                               std::string(1024, 'a') + "@b",
                               "a@" + std::string(1024, 'b')};
  for (const auto& jid : wrong) {
    SCOPED_TRACE(jid.substr(0, 80));
    auto result = NormalizeBareJid("owner", jid);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(result.status().message()), ::testing::StartsWith("owner: "));
  }
}

TEST(HostSyntax, TakesNamesAndAddresses) {
  const struct {
    const char* typed;
    const char* stored;
  } cases[] = {
      {"imap.example.org", "imap.example.org"},
      {"IMAP.Example.ORG", "imap.example.org"},
      {"mail.example.org.", "mail.example.org"},
      {" localhost ", "localhost"},
      {"192.0.2.1", "192.0.2.1"},
      {"[2001:DB8::1]", "2001:db8::1"},
      {"2001:db8::1", "2001:db8::1"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"3com.example", "3com.example"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.typed);
    auto host = NormalizeHost(c.typed);
    ASSERT_TRUE(host.ok()) << host.status();
    EXPECT_EQ(*host, c.stored);
  }
  const std::string wrong[] = {"",
                               ".",
                               "a..b",
                               "-a.org",
                               "a-.org",
                               "a b.org",
                               "a\r\nb",
                               "a/b",
                               "user@host",
                               "host:993",
                               "bücher.example",
                               "1.2.3",
                               "1.2.3.4.5",
                               "256.1.1.1",
                               "[]",
                               "imap://host",
                               std::string(64, 'a'),
                               std::string(300, 'a'),
                               "%00"};
  for (const auto& host : wrong) {
    SCOPED_TRACE(host);
    EXPECT_EQ(NormalizeHost(host).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(ReadableText, IsOneBoundedLine) {
  EXPECT_EQ(OneLine("a\r\nb\x1b[31mc", 100), "a  b [31mc");
  EXPECT_EQ(OneLine("a\u0085b", 100), "a b");
  EXPECT_EQ(OneLine("жжж", 5), "жж");
  EXPECT_EQ(OneLine("жжж", 1), "");
  EXPECT_FALSE(HasControlCharacter("Käse 日本 \u00a0"));
  EXPECT_TRUE(HasControlCharacter("\u009b"));
}

struct WrongField {
  const char* field;
  std::function<void(v1::Account&)> spoil;
};

void ExpectRefused(const v1::Account& good, const WrongField& c) {
  SCOPED_TRACE(c.field);
  v1::Account account = good;
  c.spoil(account);
  auto settings = NewSettings(account, "secret");
  EXPECT_EQ(settings.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(settings.status().message()),
              ::testing::StartsWith(std::string(c.field) + ": "));
}

TEST(AccountSettings, NamesTheWrongFieldOfAnyAccount) {
  const WrongField cases[] = {
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
      {"store_password", [](auto& a) { a.set_store_password(false); }},
  };
  for (const auto& c : cases) {
    ExpectRefused(ImapAccount("ann@example.org", "home"), c);
    ExpectRefused(SmtpAccount("ann@example.org", "relay"), c);
  }
}

TEST(AccountSettings, NamesTheWrongFieldOfItsType) {
  const WrongField mailbox[] = {
      {"interval", [](auto& a) { a.set_interval_minutes(0); }},
      {"interval", [](auto& a) { a.set_interval_minutes(1441); }},
      {"mailbox", [](auto& a) { a.set_mailbox("IN\r\nBOX"); }},
      {"away_action", [](auto& a) { a.mutable_actions()->set_away(static_cast<v1::Action>(7)); }},
      {"offline_action",
       [](auto& a) { a.mutable_actions()->set_offline(static_cast<v1::Action>(-1)); }},
  };
  for (const auto& c : mailbox) ExpectRefused(ImapAccount("ann@example.org", "home"), c);
  const WrongField relay[] = {
      {"default_from", [](auto& a) { a.clear_default_from(); }},
      {"default_from", [](auto& a) { a.set_default_from("ann"); }},
      {"default_from",
       [](auto& a) { a.set_default_from("ann@example.org\r\nBcc: b@example.org"); }},
      {"default_from", [](auto& a) { a.set_default_from("a@example.org, b@example.org"); }},
  };
  for (const auto& c : relay) ExpectRefused(SmtpAccount("ann@example.org", "relay"), c);
}

TEST(AccountSettings, NamesAWrongPasswordWithoutSayingIt) {
  const v1::Account account = ImapAccount("ann@example.org", "home");
  for (const std::string& password :
       {std::string(), std::string("hun\nter2"), std::string(1025, 'x')}) {
    auto settings = NewSettings(account, password);
    EXPECT_EQ(settings.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(settings.status().message()), ::testing::StartsWith("password: "));
    EXPECT_THAT(std::string(settings.status().message()),
                ::testing::Not(::testing::HasSubstr("hun")));
  }
  EXPECT_TRUE(NewSettings(account, " p ä ").ok());
}

TEST(AccountSettings, FillsInWhatWasLeftOut) {
  v1::Account wanted = ImapAccount("Ann@Example.org", "Home");
  wanted.clear_mailbox();
  wanted.set_sealed_password("forged");
  wanted.mutable_health()->set_state(v1::HEALTH_STATE_OK);
  wanted.set_default_from("ann@example.org");
  wanted.mutable_actions()->set_away(v1::ACTION_NOTHING);
  auto settings = NewSettings(wanted, "secret");
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
  EXPECT_TRUE(NewSettings(wanted, "").ok());
  EXPECT_EQ(NewSettings(wanted, "secret").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(AccountSettings, AnUpdateKeepsWhatIsNotForTheUserToChange) {
  v1::Account before = *NewSettings(ImapAccount("ann@example.org", "home"), "secret");
  before.set_id("1");
  before.set_sealed_password("sealed");
  before.set_enabled(false);
  v1::Account wanted = ImapAccount("eve@example.org", "HOME");
  wanted.set_host("other.example.org");
  auto after = UpdatedSettings(before, wanted, "");
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->owner(), "ann@example.org");
  EXPECT_EQ(after->id(), "1");
  EXPECT_FALSE(after->enabled());
  EXPECT_EQ(after->sealed_password(), "sealed");
  EXPECT_EQ(after->host(), "other.example.org");
  EXPECT_EQ(after->settings_revision(), before.settings_revision() + 1);
  EXPECT_THAT(ChangedFields(before, *after), ::testing::ElementsAre("host"));
  EXPECT_TRUE(NeedsNewCheck(before, *after));

  wanted.set_name("other");
  EXPECT_EQ(UpdatedSettings(before, wanted, "").status().message(),
            "name: can't be changed; register another account");
  wanted.set_name("home");
  wanted.set_type(v1::ACCOUNT_TYPE_SMTP);
  EXPECT_THAT(std::string(UpdatedSettings(before, wanted, "").status().message()),
              ::testing::StartsWith("type: "));
}

}  // namespace
}  // namespace postern::admin
