// What single fields of an account may hold, and in which form it is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/admin/account_name.h"
#include "services/admin/bare_jid.h"
#include "services/admin/host_syntax.h"
#include "services/admin/readable_text.h"

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
                               "ｈｅｌｐ",  // NFKC makes it one of the above
                               "a％b",
                               "a＠b",
                               "a＼b",
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

}  // namespace
}  // namespace postern::admin
