// Replies, names, capabilities and limits of ManageSieve.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/rules/managesieve/capabilities.h"
#include "services/rules/managesieve/limits.h"
#include "services/rules/managesieve/reply.h"
#include "services/rules/managesieve/script_name.h"

namespace postern::rules::managesieve {
namespace {

TEST(Reply, IsWrittenAsTheGrammarHasIt) {
  const struct {
    const char* name;
    Reply reply;
    std::string want;
  } cases[] = {
      {"bare", Ok(), "OK\r\n"},
      {"with words", Ok("Done."), "OK \"Done.\"\r\n"},
      {"with a code", No("NONEXISTENT", "No such script."),
       "NO (NONEXISTENT) \"No such script.\"\r\n"},
      {"a code alone", No("TRYLATER", ""), "NO (TRYLATER)\r\n"},
      {"goodbye", Bye("", "Too long."), "BYE \"Too long.\"\r\n"},
      {"quotes", Ok("a\"b\\c"), "OK \"a\\\"b\\\\c\"\r\n"},
      {"lines", No("", "x:1:1: a\nx:2:1: b"), "NO {18}\r\nx:1:1: a\r\nx:2:1: b\r\n"},
      {"long", Ok(std::string(1025, 'x')),
       absl::StrCat("OK {1025}\r\n", std::string(1025, 'x'), "\r\n")},
      {"a CR", Ok("a\rb"), "OK {3}\r\na\rb\r\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ToText(c.reply), c.want);
  }
}

TEST(Quote, MakesALiteralOfWhatCantBeQuoted) {
  EXPECT_EQ(Quote(""), "\"\"");
  EXPECT_EQ(Quote("\xc3\xa9"), "\"\xc3\xa9\"");
  EXPECT_EQ(Quote(absl::string_view("a\0b", 3)),
            absl::StrCat("{3}\r\n", absl::string_view("a\0b", 3)));
  EXPECT_EQ(Literal("keep;"), "{5}\r\nkeep;");
}

TEST(ScriptName, IsNetUnicodeWithoutControls) {
  const struct {
    const char* name;
    std::string text, want;
  } cases[] = {
      {"plain", "main", "main"},
      {"spaces", "my holiday script", "my holiday script"},
      {"quotes", "clever\"script", "clever\"script"},
      {"composed", "caf\xc3\xa9", "caf\xc3\xa9"},
      {"decomposed", "cafe\xcc\x81", "caf\xc3\xa9"},
      {"128 characters of four bytes", std::string(512, 'x'), std::string(512, 'x')},
      {"too long", std::string(513, 'x'), ""},
      {"empty", "", ""},
      {"a tab", "a\tb", ""},
      {"DELETE", "a\x7f", ""},
      {"C1", "a\xc2\x85", ""},
      {"LINE SEPARATOR", "a\xe2\x80\xa8", ""},
      {"PARAGRAPH SEPARATOR", "a\xe2\x80\xa9", ""},
      {"a byte order mark",
       "\xef\xbb\xbf"
       "a",
       ""},
      {"what turns the text round",
       "a\xe2\x80\xae"
       "b",
       ""},
      {"not UTF-8", "\xff", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto name = ReadScriptName(c.text);
    EXPECT_EQ(name.ok() ? *name : "", c.want);
  }
}

TEST(Capabilities, TellTheState) {
  const Offer offer{"1.2", {"fileinto", "vacation"}, {"xmpp", "mailto"}, 4};
  EXPECT_EQ(WriteCapabilities(offer, {true, false, ""}),
            "\"IMPLEMENTATION\" \"Postern 1.2\"\r\n\"SASL\" \"\"\r\n"
            "\"SIEVE\" \"fileinto vacation\"\r\n\"STARTTLS\"\r\n\"MAXREDIRECTS\" \"4\"\r\n"
            "\"NOTIFY\" \"xmpp mailto\"\r\n\"LANGUAGE\" \"en\"\r\n\"UNAUTHENTICATE\"\r\n"
            "\"VERSION\" \"1.0\"\r\n");
  EXPECT_EQ(WriteCapabilities(offer, {false, true, "ann@example.org"}),
            "\"IMPLEMENTATION\" \"Postern 1.2\"\r\n\"SASL\" \"SCRAM-SHA-256 PLAIN\"\r\n"
            "\"SIEVE\" \"fileinto vacation\"\r\n\"MAXREDIRECTS\" \"4\"\r\n"
            "\"NOTIFY\" \"xmpp mailto\"\r\n\"LANGUAGE\" \"en\"\r\n\"OWNER\" \"ann@example.org\"\r\n"
            "\"UNAUTHENTICATE\"\r\n\"VERSION\" \"1.0\"\r\n");
}

TEST(Limits, CountIpv6ByNetwork) {
  EXPECT_EQ(NetworkOf("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(NetworkOf("2001:db8:0:1:aaaa::1"), "2001:db8:0:1::/64");
  EXPECT_EQ(NetworkOf("fe80::1%eth0"), "fe80::/64");
  EXPECT_EQ(NetworkOf("::ffff:192.0.2.7"), "::ffff:192.0.2.7");
}

LimitOptions Few() {
  LimitOptions few;
  few.connections = 3;
  few.connections_per_address = 2;
  few.logins_per_user = 1;
  few.failures_per_address = 2;
  few.failures_per_user = 3;
  few.script_bytes = 100;
  return few;
}

TEST(Limits, GiveBackWhatIsNoLongerUsed) {
  Limits limits(Few());
  {
    const auto first = limits.Connect("192.0.2.7", false),
               second = limits.Connect("192.0.2.7", false);
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(limits.Connect("192.0.2.7", false));
    const auto other = limits.Connect("192.0.2.8", false);
    EXPECT_TRUE(other);
    EXPECT_FALSE(limits.Connect("192.0.2.9", false));
    EXPECT_EQ(limits.connections(), 3u);
  }
  EXPECT_EQ(limits.connections(), 0u);
  const auto a = limits.Connect("10.0.0.1", true), b = limits.Connect("10.0.0.1", true);
  const auto c = limits.Connect("10.0.0.1", true);
  EXPECT_TRUE(a && b && c);  // webmail, whose address counts for nothing

  auto login = limits.LogIn("ann");
  EXPECT_FALSE(limits.LogIn("ann"));
  EXPECT_TRUE(limits.LogIn("bob"));
  login = {};
  EXPECT_TRUE(limits.LogIn("ann"));

  auto held = limits.Hold(60);
  EXPECT_TRUE(held);
  EXPECT_FALSE(limits.Hold(41));
  held = limits.Hold(40);  // the new one before the old one goes
  EXPECT_TRUE(limits.Hold(60));
}

TEST(Limits, FailedLoginsAreFewForAWhile) {
  Limits limits(Few());
  const absl::Time now = absl::FromUnixSeconds(1'000'000), later = now + absl::Minutes(5);
  const auto tries = [&](const char* address, const char* user, absl::Time when) {
    return limits.Try(address, false, user, when);
  };
  EXPECT_TRUE(tries("192.0.2.7", "ann", now));
  EXPECT_TRUE(tries("192.0.2.7", "bob", now));
  EXPECT_FALSE(tries("192.0.2.7", "cat", now));  // the address
  EXPECT_TRUE(tries("192.0.2.8", "ann", now));
  EXPECT_TRUE(tries("192.0.2.9", "ann", now));
  EXPECT_FALSE(tries("192.0.2.10", "ann", now));  // the user
  EXPECT_TRUE(tries("192.0.2.10", "dan", now));
  EXPECT_TRUE(tries("192.0.2.7", "ann", later));
}

TEST(Limits, ALoginThatSucceedsIsNoFailure) {
  Limits limits(Few());
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(limits.Try("192.0.2.7", false, "ann", now));
    limits.TakeBack("192.0.2.7", "ann");
  }
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(limits.Try("10.0.0.1", true, "bob", now));
  EXPECT_TRUE(limits.Try("10.0.0.1", true, "cat", now));  // webmail
  EXPECT_FALSE(limits.Try("10.0.0.1", true, "bob", now));
}

TEST(Limits, RememberAsManyAddressesAsThereIsRoomFor) {
  Limits limits{LimitOptions()};
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  for (int i = 0; i < 25'000; ++i)
    EXPECT_TRUE(limits.Try(absl::StrCat("10.", i / 65536, ".", i / 256 % 256, ".", i % 256), false,
                           absl::StrCat("user", i), now));
}

}  // namespace
}  // namespace postern::rules::managesieve
