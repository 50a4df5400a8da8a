// Which proof of a mail server is wanted, and that nothing is sent without it.
#include "tests/unit/sender/mx_fixture.h"

namespace postern::sender::mx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MxProtectionTest : public MxCarrierTest {};

// The stream of a script takes any StartTls; what is to be checked is in the target.
std::string WithTls(const Strings& recipients) {
  std::string script =
      "S: 220 mx\nC: EHLO mail.example.org\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\n"
      "S: 220 go\nSTARTTLS\nC: EHLO mail.example.org\nS: 250 mx\n"
      "C: MAIL FROM:<ann@example.org>\nS: 250 ok\n";
  for (const std::string& one : recipients) {
    absl::StrAppend(&script, "C: RCPT TO:<", one, ">\nS: 250 ok\n");
  }
  return script + "C: DATA\nS: 354 go\nC: hi\nC: .\nS: 250 queued\nC: QUIT\nS: 221 bye\n";
}

constexpr char kNoTls[] = "S: 220 mx\nC: EHLO mail.example.org\nS: 250 mx\n";

TEST_F(MxProtectionTest, TlsIsUsedWhereItIsOffered) {
  Mx("a.example", {{10, "mx1"}});
  Host("mx1", "192.0.2.1");
  Serve("192.0.2.1", WithTls({"ann@a.example"}));
  EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre("sent"));
  ASSERT_TRUE(dialer_.checks[0]);
  EXPECT_EQ(dialer_.checks[0]->by, net::TlsChecks::By::kNothing);
}

TEST_F(MxProtectionTest, WithDaneThereIsNoMailInTheClear) {
  Mx("a.example", {{10, "mx1"}, {20, "mx2"}}, /*secure=*/true);
  Host("mx1", "192.0.2.1", true);
  Host("mx2", "192.0.2.2", true);
  const net::TlsaRecord record{3, 1, 1, std::string(32, 'x')};
  dns_.tlsa["_25._tcp.mx1"] = {{record}, true, {}, ""};
  dns_.tlsa["_25._tcp.mx2"] = {{record}, true, {}, ""};
  Serve("192.0.2.1", kNoTls);
  Serve("192.0.2.2", WithTls({"ann@a.example"}));
  EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre("sent"));
  ASSERT_EQ(dialer_.checks.size(), 2u);
  EXPECT_EQ(dialer_.checks[1]->by, net::TlsChecks::By::kTlsa);
  EXPECT_THAT(dialer_.checks[1]->further_names, ElementsAre("a.example"));
}

// RFC 7672 section 2.2: who hides the TLSA records must not get the mail.
TEST_F(MxProtectionTest, WhereTlsaCantBeHadNothingIsSent) {
  Mx("a.example", {{10, "mx1"}}, /*secure=*/true);
  Host("mx1", "192.0.2.1", true);
  for (const auto& error : {absl::UnavailableError("SERVFAIL"), absl::DataLossError("bogus")}) {
    dns_.tlsa["_25._tcp.mx1"].error = error;
    EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre(HasSubstr("pending: what DNS says of the "
                                                                "certificate of mx1")));
  }
  EXPECT_THAT(dialer_.dialled, IsEmpty());
}

TEST_F(MxProtectionTest, TlsaOfInsecureHostsIsNotAskedFor) {
  const net::TlsaRecord record{3, 1, 1, std::string(32, 'x')};
  struct {
    bool mx, address, tlsa, used;
    const char* canonical;
  } const cases[] = {
      {true, true, true, true, ""},     {false, true, true, false, ""},
      {true, false, true, false, ""},   {true, true, false, false, ""},
      {true, true, true, true, "real"},
  };
  for (const auto& c : cases) {
    Mx("a.example", {{10, "mx1"}}, c.mx);
    Host("mx1", "192.0.2.1", c.address);
    dns_.addresses["mx1"].canonical_name = c.canonical;
    dns_.tlsa.clear();
    const std::string name = c.canonical[0] != '\0' ? c.canonical : "mx1";
    dns_.tlsa[absl::StrCat("_25._tcp.", name)] = {{record}, c.tlsa, {}, ""};
    dialer_.checks.clear();
    Serve("192.0.2.1", WithTls({"ann@a.example"}));
    EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre("sent"));
    EXPECT_EQ(dialer_.checks[0]->by == net::TlsChecks::By::kTlsa, c.used);
  }
}

TEST_F(MxProtectionTest, APolicyIsKeptWhateverBecomesOfDnsAndWeb) {
  Mx("a.example", {{10, "mx1.a.example"}, {20, "evil.example"}});
  Host("mx1.a.example", "192.0.2.1");
  Host("evil.example", "192.0.2.2");
  dns_.txt["_mta-sts.a.example"].records = {"v=STSv1; id=1;"};
  source_.files["a.example"] = "version: STSv1\nmode: enforce\nmx: *.a.example\nmax_age: 86400\n";
  Serve("192.0.2.1", WithTls({"ann@a.example"}));
  EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre("sent"));
  EXPECT_EQ(dialer_.checks[0], nullptr) << "a certificate for the host's name";
  // Somebody takes the policy away, and TLS with it.
  dns_.txt.clear();
  source_.files.clear();
  Serve("192.0.2.1", kNoTls);
  EXPECT_THAT(Carry({"ann@a.example"}),
              ElementsAre(HasSubstr("pending: mx1.a.example does not offer the encryption that "
                                    "a.example asks for")));
  EXPECT_EQ(source_.fetched, 1);
  EXPECT_EQ(dialer_.dialled.size(), 2u) << "evil.example is none of its hosts";
}

TEST_F(MxProtectionTest, ANewPolicyReplacesTheOldOneAndAFailureIsRemembered) {
  Mx("a.example", {{10, "mx1"}});
  Host("mx1", "192.0.2.1");
  dns_.txt["_mta-sts.a.example"].records = {"v=STSv1; id=1;"};
  for (int i = 0; i < 2; ++i) {
    Serve("192.0.2.1", WithTls({"ann@a.example"}));
    EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre("sent"));
  }
  EXPECT_EQ(source_.fetched, 1) << "not at every mail";
  Mx("b.example", {{10, "mx1"}});
  source_.files["b.example"] = "version: STSv1\nmode: enforce\nmx: mx1\nmax_age: 86400\n";
  for (const char* id : {"1", "1", "2"}) {
    dns_.txt["_mta-sts.b.example"].records = {absl::StrCat("v=STSv1; id=", id, ";")};
    if (id[0] == '2') source_.files["b.example"] = "version: STSv1\nmode: none\nmax_age: 86400\n";
    Serve("192.0.2.1", WithTls({"ann@b.example"}));
    EXPECT_THAT(Carry({"ann@b.example"}), ElementsAre("sent"));
  }
  EXPECT_EQ(source_.fetched, 3);
  EXPECT_NE(dialer_.checks.back(), nullptr) << "mode: none";
}

TEST_F(MxProtectionTest, RequireTlsWithoutAnyProofFailsForGood) {
  Mx("a.example", {{10, "mx1"}});
  Host("mx1", "192.0.2.1");
  EXPECT_THAT(Carry({"ann@a.example"}, /*require_tls=*/true),
              ElementsAre(HasSubstr("failed: this mail is to travel encrypted only")));
  EXPECT_THAT(dialer_.dialled, IsEmpty());
}

}  // namespace
}  // namespace postern::sender::mx
