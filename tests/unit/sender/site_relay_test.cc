#include "services/sender/delivery/site_relay.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::sender {
namespace {

using Flags = std::vector<std::string>;

TEST(SiteRelay, ReadsItsOptions) {
  const struct {
    const char* name;
    const char *relay, *security, *login, *password_file;
    bool allow_plaintext;
    const char* host;  // "" for none
    int port;
    Flags problems;
  } cases[] = {
      {"none", "", "starttls", "", "", false, "", 0, {}},
      {"plain", "mx.example:587", "starttls", "", "", false, "mx.example", 587, {}},
      {"tls", "10.0.0.7:465", "tls", "", "", false, "10.0.0.7", 465, {}},
      {"no TLS, no login", "mx:25", "none", "", "", false, "mx", 25, {}},
      {"IPv6", "[::1]:25", "starttls", "", "", false, "::1", 25, {}},
      {"login", "mx:587", "tls", "post", "f", false, "mx", 587, {}},
      {"login in the clear", "mx:25", "none", "p", "f", false, "", 0, {"--relay-security"}},
      {"as allowed", "mx:25", "none", "p", "f", true, "mx", 25, {}},
      {"no port", "mx.example", "tls", "", "", false, "", 0, {"--relay"}},
      {"port 0", "mx.example:0", "tls", "", "", false, "", 0, {"--relay"}},
      {"large port", "mx.example:65536", "tls", "", "", false, "", 0, {"--relay"}},
      {"no host", ":25", "tls", "", "", false, "", 0, {"--relay"}},
      {"bare IPv6", "::1:25", "tls", "", "", false, "", 0, {"--relay"}},
      {"URL", "smtp://mx.example:25", "tls", "", "", false, "", 0, {"--relay"}},
      {"line break", "mx\r\nQUIT:25", "tls", "", "", false, "", 0, {"--relay"}},
      {"security", "mx:25", "ssl", "", "", false, "", 0, {"--relay-security"}},
      {"no password", "mx:25", "tls", "p", "", false, "", 0, {"--relay-password-file"}},
      {"no login", "mx:25", "tls", "", "f", false, "", 0, {"--relay-login"}},
      {"bad login", "mx:25", "tls", "p\nq", "f", false, "", 0, {"--relay-login"}},
      {"no relay",
       "",
       "tls",
       "p",
       "f",
       false,
       "",
       0,
       {"--relay-security", "--relay-login", "--relay-password-file"}},
      {"all at once",
       "mx",
       "ssl",
       "p",
       "",
       false,
       "",
       0,
       {"--relay", "--relay-security", "--relay-password-file"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    SiteRelayOptions options;
    options.relay = c.relay;
    options.security = c.security;
    options.login = c.login;
    options.password_file = c.password_file;
    std::vector<OptionProblem> problems;
    const auto relay = ReadSiteRelay(options, c.allow_plaintext, problems);
    Flags flags;
    for (const OptionProblem& one : problems) flags.push_back(one.flag);
    EXPECT_EQ(flags, c.problems);
    ASSERT_EQ(relay.has_value(), *c.host != '\0');
    if (!relay) continue;
    EXPECT_EQ(relay->host, c.host);
    EXPECT_EQ(relay->port, c.port);
    EXPECT_EQ(relay->login, c.login);
  }
}

TEST(SiteRelay, KnowsItsSecurity) {
  const std::pair<const char*, Security> cases[] = {
      {"tls", Security::kTls}, {"starttls", Security::kStartTls}, {"none", Security::kNone}};
  for (const auto& [word, security] : cases) {
    SCOPED_TRACE(word);
    SiteRelayOptions options;
    options.relay = "mx.example:2525";
    options.security = word;
    std::vector<OptionProblem> problems;
    const auto relay = ReadSiteRelay(options, false, problems);
    ASSERT_TRUE(relay.has_value());
    EXPECT_EQ(relay->security, security);
  }
}

}  // namespace
}  // namespace postern::sender
