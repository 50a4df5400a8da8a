#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "lib/words/wording.h"
#include "services/sender/mx/consignment.h"
#include "services/sender/mx/direct_options.h"
#include "services/sender/mx/dns_records.h"
#include "services/sender/mx/mail_hosts.h"
#include "services/sender/mx/protection.h"
#include "services/sender/mx/sts_policy.h"

namespace postern::sender::mx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Strings = std::vector<std::string>;

std::string Bytes(absl::string_view hex) { return absl::HexStringToBytes(hex); }

TEST(DnsRecords, MxRecordsAreReadFromTheWire) {
  const auto record = ReadMx(Bytes("000a024d58076578616d706c65036f726700"));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->preference, 10);
  EXPECT_EQ(record->host, "mx.example.org");
  EXPECT_EQ(ReadMx(Bytes("000000"))->host, "");  // RFC 7505
  struct {
    const char *name, *hex;
  } const broken[] = {
      {"empty", ""},
      {"no name", "000a"},
      {"no end", "000a026d78"},
      {"more behind the end", "000a026d780000"},
      {"longer than the record", "000a3f6d7800"},
      {"a pointer", "000ac00c00"},
      {"a dot in a label", "000a03612e6200"},
      {"a line break in a label", "000a03610a6200"},
  };
  for (const auto& c : broken) {
    SCOPED_TRACE(c.name);
    EXPECT_FALSE(ReadMx(Bytes(c.hex)));
  }
}

TEST(DnsRecords, OtherRecordsAreReadFromTheWire) {
  EXPECT_EQ(ReadAddress(Bytes("c0000201"))->to_string(), "192.0.2.1");
  EXPECT_EQ(ReadAddress(Bytes("20010db8000000000000000000000001"))->to_string(), "2001:db8::1");
  EXPECT_FALSE(ReadAddress(Bytes("c00002")));
  EXPECT_EQ(*ReadTxt(Bytes("02763d0453545376")), "v=STSv");
  EXPECT_FALSE(ReadTxt(Bytes("09763d")));
  const auto tlsa = ReadTlsa(Bytes("030101abcd"));
  EXPECT_EQ(*tlsa, (net::TlsaRecord{3, 1, 1, Bytes("abcd")}));
  EXPECT_FALSE(ReadTlsa(Bytes("0301")));
}

TEST(DnsRecords, NamesAreThoseOfHosts) {
  EXPECT_EQ(*ReadName("Example.ORG."), "example.org");
  EXPECT_EQ(*ReadName("_mta-sts.example.org"), "_mta-sts.example.org");
  for (const std::string& bad : Strings{"", ".", "a..b", "a b", "a\nb", "exämple.org", "-/x",
                                        std::string(64, 'a'), std::string(300, 'a')}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(ReadName(bad));
  }
}

TEST(MailHosts, AreInTheOrderOfPreference) {
  const Pick last = [](size_t n) { return n - 1; };  // shuffles nothing
  const Pick first = [](size_t) { return 0; };
  const std::vector<MxRecord> records = {{20, "c"}, {10, "a"}, {10, "b"}, {30, "a"}};
  EXPECT_THAT(InOrder(records, last), ElementsAre("a", "b", "c"));
  EXPECT_THAT(InOrder({{10, "a"}, {10, "b"}}, first), ElementsAre("b", "a"));
  EXPECT_THAT(InOrder({{0, ""}}, last), IsEmpty());
  EXPECT_THAT(InOrder({{0, ""}, {10, "a"}}, last), ElementsAre("a"));
}

TEST(MailHosts, LiteralsAndDomains) {
  EXPECT_EQ(AddressOfLiteral("[192.0.2.1]"), "192.0.2.1");
  EXPECT_EQ(AddressOfLiteral("[IPv6:2001:DB8::1]"), "2001:db8::1");
  for (const char* bad : {"", "192.0.2.1", "[]", "[2001:db8::1]", "[IPv6:192.0.2.1]", "[x]"}) {
    SCOPED_TRACE(bad);
    EXPECT_EQ(AddressOfLiteral(bad), "");
  }
  EXPECT_EQ(DomainOf("\"a@evil.example\"@Example.org"), "example.org");
}

TEST(StsPolicy, IdsOfDns) {
  EXPECT_EQ(ReadStsId({"v=STSv1; id=20160831085700Z;"}), "20160831085700Z");
  EXPECT_EQ(ReadStsId({"v=spf1 -all", "v=STSv1; id=1"}), "1");
  EXPECT_EQ(ReadStsId({"v=STSv1; ext=x; id=1"}), "1");
  for (const Strings& none :
       {Strings{}, Strings{"v=STSv2; id=1;"}, Strings{"v=STSv1;"}, Strings{"v=STSv1; id=a b;"},
        Strings{"v=STSv1; id=1;", "v=STSv1; id=2;"}, Strings{"id=1; v=STSv1;"}}) {
    EXPECT_EQ(ReadStsId(none), std::nullopt);
  }
}

TEST(StsPolicy, Files) {
  const auto policy = ReadStsPolicy(
      "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\nmx: *.example.net\n"
      "max_age: 604800\r\nunknown: x\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->mode, StsPolicy::Mode::kEnforce);
  EXPECT_THAT(policy->hosts, ElementsAre("mail.example.com", "*.example.net"));
  EXPECT_EQ(policy->max_age.count(), 604800);
  EXPECT_TRUE(IsHostOf(*policy, "mail.example.com"));
  EXPECT_TRUE(IsHostOf(*policy, "mx.example.net"));
  EXPECT_FALSE(IsHostOf(*policy, "a.mx.example.net"));
  EXPECT_FALSE(IsHostOf(*policy, "example.net"));
  EXPECT_FALSE(IsHostOf(*policy, "mail.example.org"));
  struct {
    const char *text, *error;
  } const broken[] = {
      {"", "version"},
      {"version: STSv2\nmode: none\nmax_age: 1", "version"},
      {"version: STSv1\nmax_age: 1\nmx: a.b", "mode"},
      {"version: STSv1\nmode: x\nmax_age: 1\nmx: a.b", "mode"},
      {"version: STSv1\nmode: enforce\nmx: a.b", "max_age"},
      {"version: STSv1\nmode: enforce\nmax_age: 1", "mx"},
      {"version: STSv1\nmode: enforce\nmax_age: 1\nmx: a b", "mx"},
      {"<html>not found</html>", "version"},
  };
  for (const auto& c : broken) {
    SCOPED_TRACE(c.text);
    EXPECT_THAT(std::string(ReadStsPolicy(c.text).status().message()), HasSubstr(c.error));
  }
}

// What a host has to prove, by who asks for what.
TEST(Protection, ComesFromDaneThenMtaStsThenNobody) {
  const net::TlsaRecord good{3, 1, 1, std::string(32, 'x')}, of_ca{1, 1, 1, std::string(32, 'x')};
  const net::TlsaRecord short_one{3, 1, 1, "x"};
  StsPolicy enforce, testing;
  enforce.mode = StsPolicy::Mode::kEnforce;
  enforce.hosts = {"mx.example.org"};
  testing = enforce;
  testing.mode = StsPolicy::Mode::kTesting;
  testing.hosts = {"other.example.org"};
  using Tlsa = std::optional<std::vector<net::TlsaRecord>>;
  enum What { kRefused, kMaybe, kMust, kName, kTlsa };
  struct {
    const char* name;
    Tlsa tlsa;
    std::optional<StsPolicy> policy;
    bool secure, require_tls;
    What what;
  } const cases[] = {
      {"nothing", std::nullopt, std::nullopt, false, false, kMaybe},
      {"no records", Tlsa(std::vector<net::TlsaRecord>()), std::nullopt, true, false, kMaybe},
      {"TLSA", Tlsa({good}), std::nullopt, true, false, kTlsa},
      {"TLSA and a policy", Tlsa({good}), enforce, true, false, kTlsa},
      {"TLSA that nobody can use", Tlsa({of_ca, short_one}), std::nullopt, true, false, kMust},
      {"the same, with a policy", Tlsa({of_ca}), enforce, true, false, kName},
      {"a policy", std::nullopt, enforce, false, false, kName},
      {"a policy on trial", std::nullopt, testing, false, false, kMaybe},
      {"REQUIRETLS and nothing", std::nullopt, std::nullopt, false, true, kRefused},
      {"REQUIRETLS and DNSSEC", std::nullopt, std::nullopt, true, true, kName},
      {"REQUIRETLS and TLSA", Tlsa({good}), std::nullopt, true, true, kTlsa},
      {"REQUIRETLS and a policy", std::nullopt, enforce, false, true, kName},
      {"REQUIRETLS, a policy on trial", std::nullopt, testing, false, true, kRefused},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Demands demands;
    demands.domains = {"example.org"};
    demands.hosts_secure = c.secure;
    demands.require_tls = c.require_tls;
    demands.policy = c.policy;
    const auto protection = ProtectionOf("mx.example.org", c.tlsa, demands);
    ASSERT_EQ(protection.ok(), c.what != kRefused);
    if (!protection.ok()) continue;
    EXPECT_EQ(protection->tls, c.what != kMaybe);
    EXPECT_EQ(protection->checks == nullptr, c.what == kName);
    if (c.what == kName) continue;
    const auto by = c.what == kTlsa ? net::TlsChecks::By::kTlsa : net::TlsChecks::By::kNothing;
    EXPECT_EQ(protection->checks->by, by);
    EXPECT_EQ(protection->checks->tlsa.size(), c.what == kTlsa ? 1u : 0u);
  }
}

TEST(Protection, HostsThatThePolicyDoesNotNameArePassedOver) {
  Demands demands;
  demands.domains = {"example.org"};
  demands.policy.emplace();
  demands.policy->mode = StsPolicy::Mode::kEnforce;
  demands.policy->hosts = {"mx.example.org"};
  const auto refused = ProtectionOf("evil.example.net", std::nullopt, demands).status();
  EXPECT_TRUE(absl::IsUnavailable(refused));
  EXPECT_THAT(words::English(*words::WordingOf(refused)), HasSubstr("evil.example.net"));
}

Consignment To(Strings hosts, std::string domain, size_t recipient) {
  Consignment one;
  one.to.hosts = std::move(hosts);
  one.demands.domains = {std::move(domain)};
  one.recipients = {recipient};
  return one;
}

TEST(Consignment, RecipientsOfTheSameServersTravelTogether) {
  std::vector<Consignment> all;
  Gather(To({"a", "b"}, "one.example", 0), all);
  Gather(To({"b", "a"}, "two.example", 1), all);
  Gather(To({"a"}, "three.example", 2), all);
  Consignment with_policy = To({"a"}, "four.example", 3);
  with_policy.demands.policy.emplace();
  Gather(with_policy, all);
  Consignment secure = To({"a"}, "five.example", 4);
  secure.to.secure = secure.demands.hosts_secure = true;
  Gather(secure, all);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_THAT(all[0].recipients, ElementsAre(0, 1));
  EXPECT_THAT(all[0].demands.domains, ElementsAre("one.example", "two.example"));
}

TEST(Consignment, APartTellsTheWholeHoweverItEnds) {
  smtp::Transaction whole(Strings{"a@x", "b@y", "c@x"});
  {
    Part part(whole, {0, 2});
    ASSERT_EQ(part.transaction().recipients.size(), 2u);
    part.transaction().recipients[1].fate = smtp::Fate::kSent;
    part.transaction().recipients[0].left_over = true;
    EXPECT_THAT(part.LeftOver(), ElementsAre(0));
    part.BeginDot();
    part.transaction().dot_sent = part.transaction().dot_began = true;
    EXPECT_TRUE(whole.dot_sent);
    part.transaction().dot_sent = false;  // answered
  }
  EXPECT_EQ(whole.recipients[0].fate, smtp::Fate::kPending);
  EXPECT_EQ(whole.recipients[2].fate, smtp::Fate::kSent);
  EXPECT_FALSE(whole.dot_sent);
  EXPECT_TRUE(whole.dot_began);
  {
    Part part(whole, {0});
    part.BeginDot();
    part.transaction().dot_sent = true;
  }
  { Part part(whole, {1}); }
  EXPECT_TRUE(whole.dot_sent) << "the first answer is still unknown";
}

TEST(DirectOptions, FullNames) {
  for (const char* good : {"mail.example.org", "xn--bcher-kva.example"}) {
    EXPECT_TRUE(IsFullName(good)) << good;
  }
  for (const char* bad : {"", "mail", "localhost", "localhost.localdomain", "192.0.2.1",
                          "mail_1.example.org", "mail.example.org\r\nQUIT", "[192.0.2.1]"}) {
    EXPECT_FALSE(IsFullName(bad)) << bad;
  }
}

TEST(DirectOptions, ProblemsNameTheirOption) {
  SiteRelayOptions relay;
  relay.relay = "mx";
  relay.login = "ann";
  DirectOptions options;
  options.helo_name = "mail";
  options.dns.servers = {"not an address"};
  std::vector<std::string> flags;
  for (const OptionProblem& one : CheckDirect(relay, options)) flags.push_back(one.flag);
  EXPECT_THAT(flags, ElementsAre("--relay-login", "--helo-name", "--dns-server"));
  options.helo_name = "mail.example.org";
  options.dns.servers = {"127.0.0.1@5353"};
  options.dns.trust_anchor_file = "/etc/hostname";
  relay.login.clear();
  const auto problems = CheckDirect(relay, options);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].flag, "--dns-trust-anchor-file");
}

}  // namespace
}  // namespace postern::sender::mx
