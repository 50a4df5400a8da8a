#include "services/admin/relay_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"

namespace postern::admin {
namespace {

TEST(RelayRules, LetNobodySendInAnothersName) {
  RelayRules rules{true, "", {}};
  for (const char* text : {"Example.org", "chat.example.org=corp.example", "*@open.example"}) {
    auto domain = ParseRelayDomain(text);
    ASSERT_TRUE(domain.ok()) << domain.status();
    rules.domains.push_back(*domain);
  }
  const struct {
    const char* owner;
    const char* from;
    bool may;
  } cases[] = {
      {"ann@example.org", "ann@example.org", true},
      {"ann@example.org", "Ann Lee <Ann@EXAMPLE.org>", true},
      {"ann@example.org", "bob@example.org", false},
      {"ann@example.org", "ann+lists@example.org", false},
      {"ann@example.org", "ann@sub.example.org", false},
      {"ann@example.org", "ann@corp.example", false},
      {"ann@chat.example.org", "ann@corp.example", true},
      {"ann@chat.example.org", "ann@example.org", false},
      {"ann@chat.example.org", "boss@corp.example", false},
      {"ann@evil.example", "ann@example.org", false},
      {"ann@evil.example", "ann@evil.example", false},
      {"ann@evil.example", "anybody@open.example", true},
      {"example.org", "postmaster@example.org", false},
      {"example.org", "x@open.example", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.owner, " as ", c.from));
    const absl::Status status = CheckRelaySender(rules, c.owner, *mail::ParseAddress(c.from));
    EXPECT_EQ(status.ok(), c.may) << status;
    if (c.may) continue;
    EXPECT_THAT(std::string(status.message()), ::testing::StartsWith("default_from: "));
    EXPECT_TRUE(words::WordingOf(status).has_value());
  }
  EXPECT_THAT(
      std::string(CheckRelaySender(rules, "ann@example.org", {"", "bob", "example.org"}).message()),
      ::testing::EndsWith(": ann@example.org, …@open.example"));
  EXPECT_FALSE(CheckRelaySender(RelayRules{true, "", {}}, "a@b.org", {"", "a", "b.org"}).ok());
}

TEST(RelayRules, AreWrittenInThreeWays) {
  for (const char* wrong : {"", "*", "*@", "@example.org", "ann@example.org", "a=", "=b", "a b",
                            "*@a=b", "a=b=c", "*@*", "bücher.example"}) {
    SCOPED_TRACE(wrong);
    EXPECT_EQ(ParseRelayDomain(wrong).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace postern::admin
