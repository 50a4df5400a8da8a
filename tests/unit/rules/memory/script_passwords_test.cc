#include "services/rules/memory/script_passwords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::rules {
namespace {

using crypto::Secret;
using testing::Await;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr char kAnn[] = "ann@example.org";

class ScriptPasswordsTest : public ::testing::Test {
 protected:
  Secret Create() { return *Await(io_, passwords_.Create(kAnn)); }
  crypto::ScramVerifier Verifier(const std::string& user) {
    return *Await(io_, passwords_.VerifierOf(user));
  }
  bool Check(const std::string& user, const Secret& password) {
    return crypto::IsPassword(password, Verifier(user));
  }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_.url());
  ScriptPasswords passwords_{*client_};
};

TEST_F(ScriptPasswordsTest, ChecksWhatItMade) {
  const Secret password = Create();
  EXPECT_THAT(password.Reveal(), MatchesRegex("([a-z2-9]{5}-){3}[a-z2-9]{5}"));
  EXPECT_TRUE(Check(kAnn, password));
  EXPECT_FALSE(Check(kAnn, Secret("wrong")));
  EXPECT_FALSE(Check(kAnn, Secret()));
  EXPECT_FALSE(Check("bob@example.org", password));
}

TEST_F(ScriptPasswordsTest, ANewOneVoidsTheOneBeforeAndRevokingAll) {
  const Secret first = Create(), second = Create();
  EXPECT_NE(first.Reveal(), second.Reveal());
  EXPECT_FALSE(Check(kAnn, first));
  EXPECT_TRUE(Check(kAnn, second));
  ASSERT_TRUE(Await(io_, passwords_.Revoke(kAnn)).ok());
  EXPECT_FALSE(Check(kAnn, second));
  EXPECT_TRUE(Await(io_, passwords_.Revoke(kAnn)).ok());
}

// To the client both look alike: salt and count are all that it sees.
TEST_F(ScriptPasswordsTest, NobodyFindsOutWhoHasOne) {
  Create();
  const crypto::ScramVerifier real = Verifier(kAnn), none = Verifier("bob@example.org");
  EXPECT_EQ(none.iterations, real.iterations);
  EXPECT_EQ(none.salt.size(), real.salt.size());
  EXPECT_EQ(none.salt, Verifier("bob@example.org").salt);
  EXPECT_NE(none.salt, Verifier("cat@example.org").salt);
  ScriptPasswords replica(*client_);
  EXPECT_EQ(none.salt, Await(io_, replica.VerifierOf("bob@example.org"))->salt);
}

TEST_F(ScriptPasswordsTest, RedisHasNothingToLogInWith) {
  const Secret password = Create();
  std::vector<std::string> command{"HGET", "postern:rules:{script-passwords}", kAnn};
  const std::string stored = Await(io_, client_->Command(command))->text;
  EXPECT_THAT(stored, HasSubstr("SCRAM-SHA-256$4096:"));
  EXPECT_THAT(stored, Not(HasSubstr(password.Reveal())));
}

}  // namespace
}  // namespace postern::rules
