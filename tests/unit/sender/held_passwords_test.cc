#include "services/sender/accounts/held_passwords.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::sender {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<std::string>;

struct HeldPasswordsTest : ::testing::Test {
  HeldPasswordsTest() {
    account.id = "work";
    account.owner = "ann@a.example";
    account.login = "ann";
  }
  HeldPasswords::Clock::time_point now;
  HeldPasswords passwords{[this] { return now; }};
  Account account;
};

TEST_F(HeldPasswordsTest, KnowWhoNeedsOne) {
  const struct {
    const char* name;
    bool by_site_relay;
    const char *login, *sealed;
    bool needed;
  } cases[] = {
      {"stores none", false, "ann", "", true},
      {"stores one", false, "ann", "sealed", false},
      {"does not sign in", false, "", "", false},
      {"by the operator's relay", true, "", "", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    account.by_site_relay = c.by_site_relay;
    account.login = c.login;
    account.sealed_password = c.sealed;
    EXPECT_EQ(passwords.NeededBy(account), c.needed);
    EXPECT_FALSE(passwords.Holds(account));
  }
}

TEST_F(HeldPasswordsTest, AreHeldWhileTheirOwnersAreThere) {
  passwords.Hold(account, crypto::Secret("secret"));
  EXPECT_FALSE(passwords.NeededBy(account));
  EXPECT_TRUE(passwords.Holds(account));
  EXPECT_EQ(passwords.Find("work").Reveal(), "secret");
  EXPECT_EQ(passwords.Retain({"ann@a.example", "bob@a.example"}), Ids());
  EXPECT_EQ(passwords.Retain({"bob@a.example"}), Ids{"work"});
  EXPECT_TRUE(passwords.NeededBy(account));
  EXPECT_EQ(passwords.Retain({}), Ids()) << "told once";
}

TEST_F(HeldPasswordsTest, AreToldOfWhenNobodySaysWhoIsThere) {
  passwords.Hold(account, crypto::Secret("secret"));
  now += 4min;
  EXPECT_EQ(passwords.WipeUntrusted(), Ids());
  now += 2min;
  EXPECT_TRUE(passwords.NeededBy(account)) << "wiped before anybody calls";
  EXPECT_EQ(passwords.WipeUntrusted(), Ids{"work"});
}

TEST_F(HeldPasswordsTest, ARefusalSpeaksOnlyAgainstThePasswordThatWasTried) {
  passwords.Hold(account, crypto::Secret("old"));
  passwords.Hold(account, crypto::Secret("new"));
  passwords.Refused("work", crypto::Secret("old"));
  EXPECT_EQ(passwords.Find("work").Reveal(), "new");
  passwords.Refused("work", crypto::Secret("new"));
  EXPECT_TRUE(passwords.NeededBy(account));
  EXPECT_EQ(passwords.Retain({}), Ids()) << "the refusal is told by who had it";
}

}  // namespace
}  // namespace postern::sender
