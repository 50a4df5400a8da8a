#include "services/rules/jsmail/pop_accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::rules::jsmail {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const char kLogin[] = "\nuser:fred\npassword:scooby\n";

TEST(PopAccounts, ReadsHostsAndPorts) {
  const struct {
    const char* header;
    const char* host;
    int port;
  } cases[] = {
      {"[h.com]", "h.com", 110},   {"[H.com:995]", "h.com", 995}, {"  [h.com:110]  ", "h.com", 110},
      {"[[::1]:110]", "::1", 110}, {"[[::1]]", "::1", 110},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.header);
    const auto read = ParsePopAccounts(std::string(c.header) + kLogin, "pop3");
    ASSERT_EQ(read.accounts.size(), 1u);
    EXPECT_EQ(read.accounts[0].host, c.host);
    EXPECT_EQ(read.accounts[0].port, c.port);
    EXPECT_EQ(read.accounts[0].user, "fred");
    EXPECT_EQ(read.accounts[0].password.Reveal(), "scooby");
  }
}

TEST(PopAccounts, ReadsSeveralOfOneHost) {
  const auto read = ParsePopAccounts(
      "[h.com]\r\npassword: a b \r\nuser:fred\r\n\r\n# two\r\n[h.com]\r\nUSER:ann\r\npassword:x\r\n"
      "tls: starttls\r\ndest: ann@example.org \r\n",
      "pop3");
  ASSERT_EQ(read.accounts.size(), 2u);
  EXPECT_EQ(read.accounts[0].password.Reveal(), " a b ") << "blanks are part of it";
  EXPECT_EQ(read.accounts[1].security, PopSecurity::kStartTls);
  EXPECT_EQ(read.accounts[1].dest, "ann@example.org");
  EXPECT_EQ(read.accounts[1].line, 6u);
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_THAT(ToString(read.problems[0]), StartsWith("pop3:2:10: warning: the blank"));
  EXPECT_EQ(ParsePopAccounts(std::string("[h]") + kLogin + "tls:none\n", "p", true).problems.size(),
            1u);
}

TEST(PopAccounts, NamesThePlaceOfEachError) {
  const struct {
    std::string source;
    const char* message;
  } cases[] = {
      {std::string("[h.com:0]") + kLogin, "p:1:8: a port is"},
      {std::string("[h.com:70000]") + kLogin, "p:1:8: a port is"},
      {std::string("[h.com:]") + kLogin, "p:1:8: a port is"},
      {std::string("[h.com") + kLogin, "p:1:7: a \"]\" is missing"},
      {std::string("[]") + kLogin, "p:1:2: this can't be the name of a host"},
      {"[h.com]\nuser:fred\n", "p:1:1: the account has no \"password:\" line"},
      {"[h.com]\npassword:scooby\n", "p:1:1: the account has no \"user:\" line"},
      {"user:fred\n", "p:1:1: an entry begins with a line like"},
      {std::string("[h]") + kLogin + "user:x\n", "p:4:1: this is given twice"},
      {std::string("[h]") + kLogin + "scooby\n", "p:4:1: must be user: or"},
      {std::string("[h]") + kLogin + "tls: maybe\n", "p:4:6: must be none, starttls or implicit"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const auto read = ParsePopAccounts(c.source, "p");
    EXPECT_TRUE(read.accounts.empty());
    ASSERT_FALSE(read.problems.empty());
    EXPECT_THAT(ToString(read.problems[0]), AllOf(StartsWith(c.message), Not(HasSubstr("scooby"))));
  }
}

}  // namespace
}  // namespace postern::rules::jsmail
