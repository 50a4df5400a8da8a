#include "services/sender/routes/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::sender {
namespace {

using ::testing::ElementsAre;

constexpr char kWhole[] = R"(# by night
[NIGHT]
type: SMTP
relay: mail.example.org:587
security: tls
login: gateway
password-file: /etc/postern/night
source: 192.0.2.7
up: /usr/local/sbin/night-link up "with blanks" 'and $this'
down: /usr/local/sbin/night-link down
keep: 20
* 02:00
MO-FR 5
)";

TEST(ParseRoutes, ReadsAWholeRoute) {
  const auto table = ParseRoutes(kWhole, {});
  ASSERT_TRUE(table.ok()) << table.status();
  const RouteSettings* route = table->Find("night");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->name, "NIGHT");
  ASSERT_TRUE(route->relay);
  EXPECT_EQ(route->relay->host, "mail.example.org");
  EXPECT_EQ(route->relay->port, 587);
  EXPECT_EQ(route->relay->security, Security::kTls);
  EXPECT_EQ(route->relay->login, "gateway");
  EXPECT_EQ(route->password_file, "/etc/postern/night");
  EXPECT_EQ(route->source, "192.0.2.7");
  EXPECT_THAT(route->up,
              ElementsAre("/usr/local/sbin/night-link", "up", "with blanks", "and $this"));
  EXPECT_THAT(route->down, ElementsAre("/usr/local/sbin/night-link", "down"));
  EXPECT_EQ(route->keep, std::chrono::seconds(20));
  EXPECT_TRUE(route->HasTimes());
  ASSERT_EQ(route->schedule.sections.size(), 1u);
  EXPECT_EQ(route->schedule.sections[0].times.Count(), 7);
  EXPECT_EQ(route->schedule.sections[0].triggers.size(), 1u);
  EXPECT_THAT(table->warnings, ElementsAre());
}

TEST(ParseRoutes, TakesASchedulerFileOfJsmailAsItIs) {
  const auto table = ParseRoutes(
      "[MYISP]\nuser: fred\npassword: hunter2\ndomain: isp\ntype: SMTP\nSA 12:00\nSA 13:00\n"
      "SU 12:00\nSU 5\n[MYISP]\ntype: POP3\n* *:00\n[LAN]\n",
      {});
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->routes.size(), 2u);
  EXPECT_EQ(table->routes[0].schedule.sections.size(), 1u);  // what fetches is the fetcher's
  EXPECT_EQ(table->routes[0].schedule.sections[0].times.Count(), 3);
  EXPECT_EQ(table->routes[0].schedule.sections[0].user, "fred");
  EXPECT_TRUE(table->routes[0].schedule.sections[0].password.empty());
  EXPECT_FALSE(table->routes[0].relay);
  EXPECT_FALSE(table->routes[1].HasTimes());
  EXPECT_THAT(table->warnings,
              ElementsAre("3:1: a password in this file is not used; name a file by "
                          "password-file:"));
}

TEST(ParseRoutes, TakesJsmailsUserForTheLoginOfARelay) {
  const auto table =
      ParseRoutes("[A]\nuser: fred\nrelay: [2001:db8::1]:465\npassword-file: /p\n", {});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->routes[0].relay->login, "fred");
  EXPECT_EQ(table->routes[0].relay->host, "2001:db8::1");
}

TEST(ParseRoutes, LetsMailGoDirectlyWhereThatIsSetUp) {
  const auto table = ParseRoutes("[A]\nrelay: MX\n", {});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE(table->routes[0].direct);
  EXPECT_FALSE(table->routes[0].relay);
  RouteRules rules;
  rules.allow_direct = false;
  EXPECT_EQ(ParseRoutes("[A]\nrelay: mx\n", rules).status().message(),
            "2:8: mx needs the sender's --relay mx");
}

TEST(ParseRoutes, TellsAllThatIsWrongAndWhere) {
  const struct {
    const char* name;
    const char* file;
    const char* problems;
  } cases[] = {
      {"no section", "relay: a:1\n[A]\n", "1:1: a section has to come first, like [NAME]"},
      {"times before a section", "* 12:00\n[A]\n", "1:1: a section has to come first"},
      {"no relay's place", "[A]\nrelay: mail\n", "2:8: 'mail' is not HOST:PORT"},
      {"an unknown security", "[A]\nrelay: m:25\n security: ssl\n", "3:12: 'ssl' is none of"},
      {"a security without a relay", "[A]\nsecurity: tls\n",
       "2:11: means nothing without relay: HOST:PORT"},
      {"a login without a password", "[A]\nrelay: m:25\nlogin: x\n",
       "2:8: password-file: missing; login: needs it"},
      {"a password in the clear", "[A]\nrelay: m:25\nsecurity: none\nlogin: x\npassword-file: /p\n",
       "3:11: with 'none' the password would travel unencrypted"},
      {"a source that is none", "[A]\nsource: here\n", "2:9: must be an IP address"},
      {"a program without its path", "[A]\nup: ifup ppp0\n", "2:5: the program must be named"},
      {"an open quote", "[A]\nup: /bin/x \"a\n", "2:5: a quote is not closed"},
      {"down without up", "[A]\ndown: /bin/x\nkeep: 5\n",
       "2:7: means nothing without up:\n3:7: means nothing without up:"},
      {"no number", "[A]\nup: /b\nkeep: long\n", "3:7: must be a number of seconds"},
      {"commands for the LAN", "[LAN]\nup: /b\n", "2:5: [LAN] is always there"},
      {"twice in a section", "[A]\nkeep: 5\nup: /b\nkeep: 6\n", "4:1: this is given twice"},
      {"twice in a route", "[A]\nup: /b\n[a]\nup: /c\n", "4:1: another section of a says this"},
      {"no value", "[A]\nrelay:\n", "2:7: the value is missing"},
      {"JSMail's faults, and ours", "[A]\nXX 12:00\nsource: x\nMO 25:00\ntype: IMAP\n",
       "2:1: must be a day (MO, TU, WE, TH, FR, SA, SU), a range of days (MO-FR) or *\n"
       "3:9: must be an IP address of this machine, like 192.0.2.7\n"
       "4:4: must be an hour from 00 to 23, or a pattern like *, 1*, *5\n"
       "5:7: must be one of SMTP, POP3, BOTH"},
      {"an unknown word", "[A]\nsource: x\n relais: m:25\n",
       "2:9: must be an IP address of this machine, like 192.0.2.7\n3:2: must be one of user, "
       "password, domain, type, tz, relay, "
       "security, login, password-file, source, up, down, keep"},
      {"a wrong header", "[A\nrelay: x\n", "1:3: a \"]\" is missing"},
      {"a link of its own by MX", "[A]\nrelay: mx\nsource: 192.0.2.1\nlogin: x\n",
       "3:9: means nothing with relay: mx\n4:8: means nothing without relay: HOST:PORT"},
      {"a control character", "[A]\nup: /b\x01\n", "2:7: must not hold control characters"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto table = ParseRoutes(c.file, {});
    ASSERT_EQ(table.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(table.status().message()), ::testing::StartsWith(c.problems));
  }
}

TEST(ParseRoutes, QuotesNoPassword) {
  for (const char* file : {"[A]\npassword: hunter2\npassword: hunter2\n",
                           "[A]\npassword : hunter2\n", "password: hunter2\n"}) {
    SCOPED_TRACE(file);
    const auto table = ParseRoutes(file, {});
    ASSERT_FALSE(table.ok());
    EXPECT_EQ(std::string(table.status().message()).find("hunter2"), std::string::npos);
  }
}

TEST(SplitCommand, SplitsAsACommandLineDoes) {
  const struct {
    const char* line;
    std::vector<std::string> words;
  } cases[] = {
      {"/a b  c", {"/a", "b", "c"}},
      {"/a 'b c' \"d e\"", {"/a", "b c", "d e"}},
      {"/a b\\ c", {"/a", "b c"}},
      {"/a '' x", {"/a", "", "x"}},
      {"/a b'c'd", {"/a", "bcd"}},
      {"/a '\\' \"\\\"\"", {"/a", "\\", "\""}},
      {"/a $HOME;`x`|*", {"/a", "$HOME;`x`|*"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    const auto words = SplitCommand(c.line);
    ASSERT_TRUE(words.ok()) << words.status();
    EXPECT_EQ(*words, c.words);
  }
  EXPECT_FALSE(SplitCommand("/a \\").ok());
  EXPECT_FALSE(SplitCommand("/a 'b").ok());
}

}  // namespace
}  // namespace postern::sender
