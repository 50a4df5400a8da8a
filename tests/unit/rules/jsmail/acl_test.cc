#include "services/rules/jsmail/acl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::rules::jsmail {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr AclOptions kStrict{.strict = true};
constexpr AclOptions kPerService{.per_service = true};

const char kF1[] = "allow smtp 158.152.*.*";
const char kF2[] = "deny all 10.0.0.*";
const char kF3[] = "deny all *.*.*.*\nallow smtp 10.*.*.*\ndeny smtp 10.1.1.1";
const char kF4[] = "allow smtp 10.*.*.*\ndeny smtp 10.1.*.*";

TEST(Acl, JudgesAsTheJsmailManualSays) {
  const struct {
    const char* file;
    AclService service;
    const char* address;
    bool allowed;
    AclOptions options = {};
  } cases[] = {
      {kF1, AclService::kSmtp, "158.152.9.1", true},
      {kF1, AclService::kSmtp, "158.153.9.1", false},
      {kF1, AclService::kPop3, "158.152.9.1", false},
      {kF1, AclService::kPop3, "158.152.9.1", true, kPerService},
      {kF2, AclService::kPop3, "10.0.0.7", false},
      {kF2, AclService::kPop3, "10.0.1.7", true},
      {kF3, AclService::kSmtp, "10.2.3.4", true},
      {kF3, AclService::kSmtp, "10.1.1.1", false},
      {kF3, AclService::kRemote, "10.2.3.4", false},
      {kF4, AclService::kSmtp, "8.8.8.8", false},
      {kF4, AclService::kSmtp, "8.8.8.8", true, {.mixed_default = true}},
      {"", AclService::kRemote, "8.8.8.8", true},
      {"# nothing\n\n", AclService::kRemote, "8.8.8.8", true},
      {"ALLOW SMTP 1.2.3.4", AclService::kSmtp, "1.2.3.4", true},
      {"allow\tpassword  1.2.3.4 ", AclService::kPassword, "1.2.3.4", true},
      {"allow all 10.0.0.0/8", AclService::kPop3, "10.255.0.1", true},
      {"allow all 10.0.0.0/8", AclService::kPop3, "11.0.0.1", false},
      {"allow all 2001:db8::/32", AclService::kPop3, "2001:db8:1::5", true},
      {"allow all 2001:db8::/32", AclService::kPop3, "2001:db9::5", false},
      {"allow all 10.1.2.3", AclService::kPop3, "::ffff:10.1.2.3", true},
      {"allow all *.*.*.*", AclService::kPop3, "2001:db8::1", false},
      {"allow all fe80::/10", AclService::kPop3, "fe80::1%eth0", true},
      {"deny all 1.2.3.4", AclService::kSmtp, "no address", false},
      {"deny all 1.2.3.4", AclService::kSmtp, "", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.file) + " on " + c.address);
    const auto read = Acl::Read(c.file, "acl.txt", c.options);
    ASSERT_TRUE(read.acl.has_value());
    EXPECT_EQ(read.acl->Allows(c.service, c.address), c.allowed);
    EXPECT_FALSE(read.acl->Judge(c.service, c.address).reason.empty());
  }
}

TEST(Acl, SaysWhichLineDecided) {
  const auto read = Acl::Read(kF3, "acl.txt");
  EXPECT_EQ(read.acl->Judge(AclService::kSmtp, "10.1.1.1").reason, "acl.txt:3: deny smtp 10.1.1.1");
  EXPECT_EQ(read.acl->Judge(AclService::kPop3, "10.1.1.1").line, 1u);
  EXPECT_THAT(Acl::Read(kF1, "a").acl->Judge(AclService::kSmtp, "8.8.8.8").reason,
              HasSubstr("all of them allow"));
}

TEST(Acl, NamesThePlaceOfEachError) {
  const struct {
    const char* source;
    const char* message;
    AclOptions options = {};
  } cases[] = {
      {"allow ftp 1.2.3.4", "a:1:7: the service must be"},
      {"allow smtp 1.2.3", "a:1:12: an address is four octets"},
      {"allow smtp 158.152.*", "a:1:12: an address is four octets"},
      {"allow smtp 15*.1.2.3", "a:1:12: an octet is"},
      {"allow smtp 1.2.3.256", "a:1:18: an octet is"},
      {"allow smtp 1.2..4", "a:1:16: an octet is"},
      {"permit smtp 1.2.3.4", "a:1:1: an entry begins with"},
      {"allow smtp", "a:1:11: an entry is like"},
      {"\nallow smtp 1.2.3.4 5", "a:2:20: nothing may follow"},
      {"allow smtp 10.0.0.0/33", "a:1:21: the length of a prefix"},
      {"allow smtp 10.0.0.0/", "a:1:21: the length of a prefix"},
      {"allow smtp 10.0.0/8", "a:1:12: this is no address"},
      {"allow smtp 10.0.0.0/8", "a:1:12: an address is four octets", kStrict},
      {"allow smtp ::1", "a:1:12: an address is four octets", kStrict},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const auto read = Acl::Read(c.source, "a", c.options);
    EXPECT_FALSE(read.acl.has_value());
    ASSERT_FALSE(read.problems.empty());
    EXPECT_THAT(ToString(read.problems[0]), StartsWith(c.message));
  }
}

TEST(Acl, WarnsOfBitsBehindAPrefix) {
  const auto read = Acl::Read("allow all 10.1.2.3/8", "a");
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_THAT(ToString(read.problems[0]), StartsWith("a:1:11: warning: bits"));
  EXPECT_TRUE(read.acl->Allows(AclService::kSmtp, "10.9.9.9"));
}

}  // namespace
}  // namespace postern::rules::jsmail
