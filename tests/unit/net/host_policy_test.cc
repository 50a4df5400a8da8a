#include "lib/net/host_policy.h"

#include <gtest/gtest.h>

namespace postern::net {
namespace {

namespace ip = boost::asio::ip;

TEST(HostPolicy, KnowsPublicAddressesFromSpecialOnes) {
  const struct {
    const char* address;
    bool is_public;
  } cases[] = {
      {"8.8.8.8", true},
      {"93.184.216.34", true},
      {"127.0.0.1", false},
      {"127.255.0.1", false},
      {"0.0.0.0", false},
      {"10.1.2.3", false},
      {"172.16.0.1", false},
      {"172.31.255.255", false},
      {"172.32.0.1", true},
      {"192.168.1.1", false},
      {"169.254.169.254", false},
      {"100.64.0.1", false},
      {"100.100.100.200", false},
      {"100.127.255.255", false},
      {"100.63.255.255", true},
      {"100.128.0.0", true},
      {"192.0.0.170", false},
      {"198.18.0.1", false},
      {"224.0.0.1", false},
      {"255.255.255.255", false},
      {"::1", false},
      {"::", false},
      {"::ffff:127.0.0.1", false},
      {"::ffff:7f00:1", false},
      {"::ffff:10.0.0.1", false},
      {"::ffff:169.254.169.254", false},
      {"::ffff:100.64.0.1", false},
      {"::ffff:8.8.8.8", true},
      {"::127.0.0.1", false},         // as IPv6 once embedded IPv4
      {"::ffff:0:127.0.0.1", false},  // RFC 2765
      {"64:ff9b:1::7f00:1", false},   // RFC 8215
      {"64:ff9b::a9fe:a9fe", false},
      {"2001::7f00:1", false},  // Teredo
      {"64:ff9b::7f00:1", false},
      {"64:ff9b::808:808", true},
      {"fe80::1", false},
      {"fc00::1", false},
      {"fd00:ec2::254", false},
      {"2001:db8::1", false},
      {"2002:7f00:1::", false},
      {"2606:2800:220:1::1", true},
      {"ff02::1", false},
      {"fe80::1%1", false},
      {"fec0::1", false},
      {"5f00::1", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.address);
    EXPECT_EQ(IsPublicAddress(ip::make_address(c.address)), c.is_public);
  }
}

TEST(HostPolicy, AllowsPublicHostsOnMailPortsOnly) {
  const HostPolicy policy = *HostPolicy::Parse({});
  const auto there = ip::make_address("93.184.216.34");
  EXPECT_TRUE(policy.Check("mail.example.org", there, 993).ok());
  EXPECT_EQ(policy.Check("mail.example.org", there, 80).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(policy.Check("mail.example.org", ip::make_address("10.0.0.1"), 993).code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(HostPolicy, AddsWhatTheOperatorAllows) {
  const struct {
    const char* entry;
    const char* name;
    const char* address;
    uint16_t port;
    bool ok;
  } cases[] = {
      {"127.0.0.1", "127.0.0.1", "127.0.0.1", 993, true},
      {"127.0.0.1", "localhost", "127.0.0.1", 993, true},
      {"127.0.0.1", "localhost", "127.0.0.1", 9993, false},
      {"127.0.0.1:9993", "localhost", "127.0.0.1", 9993, true},
      {"127.0.0.1:9993", "localhost", "127.0.0.1", 993, false},
      {"localhost:2525", "LOCALHOST", "127.0.0.1", 2525, true},
      {"localhost:2525", "example.org", "127.0.0.1", 2525, false},
      {"10.0.0.0/8", "mail.lan", "10.9.8.7", 143, true},
      {"10.0.0.0/8", "mail.lan", "11.9.8.7", 143, true},  // public anyway
      {"10.0.0.0/8:1143", "mail.lan", "10.9.8.7", 1143, true},
      {"[::1]:1143", "ip6-localhost", "::1", 1143, true},
      {"fd00::/8", "mail.lan", "fd12::1", 993, true},
      {"fd00::/8", "mail.lan", "fe80::1", 993, false},
      {"*", "mail.lan", "192.168.1.1", 993, true},
      {"*", "mail.lan", "192.168.1.1", 22, false},
      {"*:2525", "mail.lan", "192.168.1.1", 2525, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.entry) + " " + c.name + " " + c.address);
    const auto policy = HostPolicy::Parse({c.entry});
    ASSERT_TRUE(policy.ok()) << policy.status();
    EXPECT_EQ(policy->Check(c.name, ip::make_address(c.address), c.port).ok(), c.ok);
  }
}

TEST(HostPolicy, NamesTheEntryItCannotRead) {
  for (const char* entry :
       {"127.0.0.1/33", "host:port", "host:0", "host:70000", "[::1", "a b", "fd00::/129", ":25"}) {
    SCOPED_TRACE(entry);
    const auto policy = HostPolicy::Parse({entry});
    ASSERT_FALSE(policy.ok());
    EXPECT_NE(policy.status().message().find(entry), std::string::npos);
  }
}

}  // namespace
}  // namespace postern::net
