#include "services/sender/mx/mx_carrier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/words/wording.h"
#include "services/sender/mx/sts_lookup.h"
#include "services/sender/mx/sts_store.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/support/scripted_stream.h"

namespace postern::sender::mx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Strings = std::vector<std::string>;
using Address = boost::asio::ip::address;

// DNS as a test says.
class FakeDns final : public Dns {
 public:
  template <class Record>
  struct Entry {
    std::vector<Record> records;
    bool secure = false;
    absl::Status error;
    std::string canonical_name;
  };

  std::map<std::string, Entry<MxRecord>> mx;
  std::map<std::string, Entry<Address>> addresses;
  std::map<std::string, Entry<net::TlsaRecord>> tlsa;
  std::map<std::string, Entry<std::string>> txt;

  net::Task<absl::StatusOr<DnsAnswer<MxRecord>>> Mx(std::string name) override {
    co_return Answer(mx, name);
  }
  net::Task<absl::StatusOr<DnsAnswer<Address>>> Addresses(std::string name) override {
    co_return Answer(addresses, name);
  }
  net::Task<absl::StatusOr<DnsAnswer<net::TlsaRecord>>> Tlsa(std::string name) override {
    co_return Answer(tlsa, name);
  }
  net::Task<absl::StatusOr<DnsAnswer<std::string>>> Txt(std::string name) override {
    co_return Answer(txt, name);
  }

 private:
  template <class Record>
  absl::StatusOr<DnsAnswer<Record>> Answer(const std::map<std::string, Entry<Record>>& table,
                                           const std::string& name) {
    DnsAnswer<Record> answer;
    const auto found = table.find(name);
    answer.exists = mx.contains(name) || addresses.contains(name) || found != table.end();
    if (found == table.end()) return answer;
    if (!found->second.error.ok()) return found->second.error;
    answer.records = found->second.records;
    answer.secure = found->second.secure;
    answer.canonical_name = found->second.canonical_name;
    return answer;
  }
};

// Servers that play scripts, each for the next who dials its address.
class FakeDialer final : public net::AddressDialer {
 public:
  class Stream final : public testing::ScriptedStream {
   public:
    Stream(FakeDialer& dialer, absl::string_view script)
        : ScriptedStream(script, /*encrypted=*/false), dialer_(dialer) {}
    ~Stream() override {
      if (!mismatch().empty()) dialer_.complaints.push_back(mismatch());
      if (!Remaining().empty()) dialer_.complaints.push_back(Remaining());
    }

   private:
    FakeDialer& dialer_;
  };

  net::Task<absl::StatusOr<std::unique_ptr<net::ByteStream>>> DialAddress(
      net::Target target) override {
    const std::string address = target.address.to_string();
    dialled.push_back(absl::StrCat(target.name, " ", address, " ", target.port));
    checks.push_back(target.checks);
    auto& scripts = servers[address];
    if (refused.contains(address)) co_return absl::PermissionDeniedError("not public");
    if (scripts.empty()) co_return absl::UnavailableError("refused");
    std::unique_ptr<net::ByteStream> stream = std::make_unique<Stream>(*this, scripts.front());
    scripts.pop_front();
    co_return stream;
  }

  std::map<std::string, std::deque<std::string>> servers;
  std::map<std::string, bool> refused;
  Strings dialled, complaints;
  std::vector<std::shared_ptr<const net::TlsChecks>> checks;
};

class FakeSource final : public StsSource {
 public:
  net::Task<absl::StatusOr<std::string>> Fetch(std::string domain) override {
    ++fetched;
    const auto found = files.find(domain);
    if (found == files.end()) co_return absl::UnavailableError("no web server");
    co_return found->second;
  }
  std::map<std::string, std::string> files;
  int fetched = 0;
};

class Content final : public smtp::ContentReader {
 public:
  net::Task<absl::StatusOr<std::string>> Next() override {
    co_return std::exchange(left_, std::string());
  }
  void Rewind() override { left_ = "hi\r\n"; }

 private:
  std::string left_;
};

class Dot final : public BeforeDot {
 public:
  net::Task<absl::Status> Mark() override {
    ++marks;
    co_return answer;
  }
  int marks = 0;
  absl::Status answer;
};

class MxCarrierTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { redis_ = std::make_unique<testing::RedisServer>(); }
  static void TearDownTestSuite() { redis_.reset(); }

  MxCarrierTest() {
    std::vector<std::string> flush = {"FLUSHALL"};
    EXPECT_TRUE(testing::Await(io_, client_->Command(std::move(flush))).ok());
  }

  void Mx(const std::string& domain, std::vector<MxRecord> records, bool secure = false) {
    dns_.mx[domain] = {std::move(records), secure, absl::OkStatus(), ""};
  }
  void Host(const std::string& name, const std::string& address, bool secure = false) {
    dns_.addresses[name] = {{boost::asio::ip::make_address(address)}, secure, {}, ""};
  }
  void Serve(const std::string& address, const std::string& script) {
    dns_.addresses.try_emplace(address);
    dialer_.servers[address].push_back(script);
  }
  // A server that takes a mail for these recipients.
  static std::string Takes(const Strings& recipients, const std::string& hello = "250 mx") {
    std::string script = absl::StrCat(kGreeting, "S: ", hello, "\n", kMail);
    for (const std::string& one : recipients) {
      absl::StrAppend(&script, "C: RCPT TO:<", one, ">\nS: 250 ok\n");
    }
    return absl::StrCat(script, kData, "S: 250 queued\nC: QUIT\nS: 221 bye\n");
  }

  // How each recipient fares: "sent", "failed: …", "pending: …".
  Strings Carry(const Strings& to, bool require_tls = false) {
    smtp::Envelope envelope;
    envelope.from = "ann@example.org";
    envelope.to = to;
    envelope.size = 4;
    envelope.require_tls = require_tls;
    smtp::Transaction transaction(to);
    Content content;
    Freight freight{envelope, content, transaction};
    MxCarrier carrier(io_.get_executor(), MxParts{dns_, policies_, dialer_},
                      MxOptions{"mail.example.org", 25});
    carried_ = testing::Await(io_, carrier.Carry(freight, dot_));
    io_.restart();
    io_.run_for(std::chrono::milliseconds(20));  // good-byes
    testing::Await(io_, carrier.Stop());
    in_doubt_ = transaction.dot_sent;
    if (plays_to_the_end_) {
      EXPECT_THAT(dialer_.complaints, IsEmpty());
    }
    Strings fates;
    for (const smtp::Recipient& one : transaction.recipients) {
      const std::string reason = words::English(one.reason);
      fates.push_back(one.fate == smtp::Fate::kSent     ? "sent"
                      : one.fate == smtp::Fate::kFailed ? absl::StrCat("failed: ", reason)
                                                        : absl::StrCat("pending: ", reason));
    }
    return fates;
  }

  static constexpr char kGreeting[] = "S: 220 mx\nC: EHLO mail.example.org\n";
  static constexpr char kMail[] = "C: MAIL FROM:<ann@example.org>\nS: 250 ok\n";
  static constexpr char kData[] = "C: DATA\nS: 354 go\nC: hi\nC: .\n";

  static std::unique_ptr<testing::RedisServer> redis_;
  boost::asio::io_context io_{1};
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_->url());
  FakeDns dns_;
  FakeDialer dialer_;
  FakeSource source_;
  StsStore store_{*client_};
  StsLookup policies_{dns_, source_, store_};
  Dot dot_;
  absl::Status carried_;
  bool in_doubt_ = false;
  bool plays_to_the_end_ = true;
};
std::unique_ptr<testing::RedisServer> MxCarrierTest::redis_;

TEST_F(MxCarrierTest, EachDomainGetsItsRecipients) {
  Mx("a.example", {{10, "mx.a.example"}});
  Mx("b.example", {{10, "mx.b.example"}});
  Host("mx.a.example", "192.0.2.1");
  Host("mx.b.example", "192.0.2.2");
  Serve("192.0.2.1", Takes({"ann@a.example", "bob@A.example"}));
  Serve("192.0.2.2", Takes({"cid@b.example"}));
  EXPECT_THAT(Carry({"ann@a.example", "cid@b.example", "bob@A.example"}),
              ElementsAre("sent", "sent", "sent"));
  EXPECT_TRUE(carried_.ok());
  EXPECT_FALSE(in_doubt_);
  EXPECT_EQ(dot_.marks, 2);
}

TEST_F(MxCarrierTest, DomainsOfOneProviderShareATransaction) {
  Mx("a.example", {{10, "mx.example"}});
  Mx("b.example", {{10, "mx.example"}});
  Host("mx.example", "192.0.2.1");
  Serve("192.0.2.1", Takes({"ann@a.example", "bob@b.example"}));
  EXPECT_THAT(Carry({"ann@a.example", "bob@b.example"}), ElementsAre("sent", "sent"));
}

TEST_F(MxCarrierTest, TheNextServerIsTriedWhenOneIsAwayOrRefusesForNow) {
  Mx("a.example", {{10, "mx1"}, {20, "mx2"}, {30, "mx3"}, {40, "mx4"}});
  Host("mx1", "192.0.2.1");
  Host("mx2", "192.0.2.2");
  Host("mx3", "192.0.2.3");
  Host("mx4", "192.0.2.4");
  Serve("192.0.2.2", "S: 554 not today\n");
  Serve("192.0.2.3", absl::StrCat(kGreeting, "S: 250 mx\nC: MAIL FROM:<ann@example.org>\n",
                                  "S: 451 busy\nC: QUIT\nS: 221 bye\n"));
  Serve("192.0.2.4", Takes({"ann@a.example"}));
  EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre("sent"));
  EXPECT_THAT(dialer_.dialled, ElementsAre("mx1 192.0.2.1 25", "mx2 192.0.2.2 25",
                                           "mx3 192.0.2.3 25", "mx4 192.0.2.4 25"));
}

TEST_F(MxCarrierTest, ARefusalForGoodIsFinalAndOfThatRecipientOnly) {
  Mx("a.example", {{10, "mx1"}, {20, "mx2"}});
  Host("mx1", "192.0.2.1");
  Host("mx2", "192.0.2.2");
  Serve("192.0.2.1", absl::StrCat(kGreeting, "S: 250 mx\n", kMail,
                                  "C: RCPT TO:<no@a.example>\nS: 550 5.1.1 no such user\n"
                                  "C: RCPT TO:<ann@a.example>\nS: 250 ok\n",
                                  kData, "S: 250 queued\nC: QUIT\nS: 221 bye\n"));
  EXPECT_THAT(Carry({"no@a.example", "ann@a.example"}),
              ElementsAre(HasSubstr("failed: 550 5.1.1 no such user"), "sent"));
  EXPECT_EQ(dialer_.dialled.size(), 1u);
}

TEST_F(MxCarrierTest, BehindTheDotNoOtherServerIsAsked) {
  Mx("a.example", {{10, "mx1"}, {20, "mx2"}});
  Host("mx1", "192.0.2.1");
  Host("mx2", "192.0.2.2");
  Serve("192.0.2.1", absl::StrCat(kGreeting, "S: 250 mx\n", kMail,
                                  "C: RCPT TO:<ann@a.example>\nS: 250 ok\n", kData));
  EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre(HasSubstr("pending: mx1 closed")));
  EXPECT_TRUE(in_doubt_);
  EXPECT_EQ(dialer_.dialled.size(), 1u);
}

TEST_F(MxCarrierTest, ALostLeaseEndsTheWholeTrip) {
  Mx("a.example", {{10, "mx1"}});
  Mx("b.example", {{10, "mx2"}});
  Host("mx1", "192.0.2.1");
  Host("mx2", "192.0.2.2");
  dot_.answer = absl::AbortedError("lost");
  plays_to_the_end_ = false;  // the content may have gone, or not
  Serve("192.0.2.1", absl::StrCat(kGreeting, "S: 250 mx\n", kMail,
                                  "C: RCPT TO:<ann@a.example>\nS: 250 ok\nC: DATA\nS: 354 go\n"
                                  "C: hi\n"));
  Serve("192.0.2.2", absl::StrCat(kGreeting, "S: 250 mx\n", kMail,
                                  "C: RCPT TO:<bob@b.example>\nS: 250 ok\nC: DATA\nS: 354 go\n"
                                  "C: hi\n"));
  Carry({"ann@a.example", "bob@b.example"});
  EXPECT_TRUE(absl::IsAborted(carried_));
  EXPECT_EQ(dialer_.dialled.size(), 1u);
}

// What authors are told of domains that take no mail.
TEST_F(MxCarrierTest, DomainsWithoutServers) {
  Mx("null.example", {{0, ""}});
  Mx("away.example", {{10, "mx.away.example"}});
  Host("mx.away.example", "192.0.2.9");
  Mx("inside.example", {{10, "mx.inside.example"}});
  Host("mx.inside.example", "10.0.0.1");
  dialer_.refused["10.0.0.1"] = true;
  Mx("lost.example", {{10, "nowhere.example"}});
  dns_.mx["broken.example"].error = absl::UnavailableError("SERVFAIL");
  dns_.mx["forged.example"].error = absl::DataLossError("bogus");
  dns_.txt["empty.example"] = {};
  dns_.mx["empty.example"] = {};
  struct {
    const char *domain, *fate;
  } const cases[] = {
      {"null.example", "failed: null.example takes no mail (5.1.10)"},
      {"none.example", "failed: there is no domain none.example; check the address"},
      {"empty.example", "failed: empty.example has no mail server; check the address"},
      {"inside.example", "failed: mx.inside.example is at no public address"},
      {"b\xc3\xbc.example", "failed: there is no domain b\xc3\xbc.example; check the address"},
      {"b_\xc3\xbc.example", "failed: b_\xc3\xbc.example is no domain; check the address"},
      {"away.example", "pending: mx.away.example can't be reached just now"},
      {"lost.example", "pending: nowhere.example has no address"},
      {"broken.example", "pending: the mail servers of broken.example can't be looked up"},
      {"forged.example", "pending: what DNS says of forged.example is forged"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.domain);
    EXPECT_THAT(Carry({absl::StrCat("ann@", c.domain)}), ElementsAre(HasSubstr(c.fate)));
    EXPECT_TRUE(carried_.ok()) << "no trouble of the account";
  }
}

TEST_F(MxCarrierTest, WithoutMxTheDomainItselfIsTheServer) {
  Host("a.example", "192.0.2.1");
  Serve("192.0.2.1", Takes({"ann@a.example"}));
  Serve("192.0.2.7", Takes({"bob@[192.0.2.7]"}));
  EXPECT_THAT(Carry({"ann@a.example", "bob@[192.0.2.7]"}), ElementsAre("sent", "sent"));
}

TEST_F(MxCarrierTest, OneAddressOfAHostAfterTheOther) {
  Mx("a.example", {{10, "mx1"}});
  dns_.addresses["mx1"].records = {boost::asio::ip::make_address("2001:db8::1"),
                                   boost::asio::ip::make_address("192.0.2.1")};
  Serve("192.0.2.1", Takes({"ann@a.example"}));
  EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre("sent"));
}

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

TEST_F(MxCarrierTest, TlsIsUsedWhereItIsOffered) {
  Mx("a.example", {{10, "mx1"}});
  Host("mx1", "192.0.2.1");
  Serve("192.0.2.1", WithTls({"ann@a.example"}));
  EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre("sent"));
  ASSERT_TRUE(dialer_.checks[0]);
  EXPECT_EQ(dialer_.checks[0]->by, net::TlsChecks::By::kNothing);
}

TEST_F(MxCarrierTest, WithDaneThereIsNoMailInTheClear) {
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
TEST_F(MxCarrierTest, WhereTlsaCantBeHadNothingIsSent) {
  Mx("a.example", {{10, "mx1"}}, /*secure=*/true);
  Host("mx1", "192.0.2.1", true);
  for (const auto& error : {absl::UnavailableError("SERVFAIL"), absl::DataLossError("bogus")}) {
    dns_.tlsa["_25._tcp.mx1"].error = error;
    EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre(HasSubstr("pending: what DNS says of the "
                                                                "certificate of mx1")));
  }
  EXPECT_THAT(dialer_.dialled, IsEmpty());
}

TEST_F(MxCarrierTest, TlsaOfInsecureHostsIsNotAskedFor) {
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

TEST_F(MxCarrierTest, APolicyIsKeptWhateverBecomesOfDnsAndWeb) {
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

TEST_F(MxCarrierTest, ANewPolicyReplacesTheOldOneAndAFailureIsRemembered) {
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

TEST_F(MxCarrierTest, RequireTlsWithoutAnyProofFailsForGood) {
  Mx("a.example", {{10, "mx1"}});
  Host("mx1", "192.0.2.1");
  EXPECT_THAT(Carry({"ann@a.example"}, /*require_tls=*/true),
              ElementsAre(HasSubstr("failed: this mail is to travel encrypted only")));
  EXPECT_THAT(dialer_.dialled, IsEmpty());
}

TEST_F(MxCarrierTest, AtMostFiveHostsOfADomain) {
  std::vector<MxRecord> records;
  for (uint16_t i = 1; i <= 8; ++i) {
    const std::string host = absl::StrCat("mx", i);
    records.push_back({i, host});
    Host(host, absl::StrCat("192.0.2.", i));
  }
  Mx("a.example", records);
  EXPECT_THAT(Carry({"ann@a.example"}), ElementsAre(HasSubstr("pending: mx1 can't be reached")));
  EXPECT_EQ(dialer_.dialled.size(), kMostHosts);
}

TEST_F(MxCarrierTest, HostsHaveFivePlaces) {
  HostPlaces places(io_.get_executor(), 2);
  auto one = testing::Await(io_, places.Wait("mx", std::chrono::seconds(5)));
  auto two = testing::Await(io_, places.Wait("mx", std::chrono::seconds(5)));
  auto other = testing::Await(io_, places.Wait("other", std::chrono::seconds(5)));
  EXPECT_TRUE(one && two && other);
  EXPECT_FALSE(testing::Await(io_, places.Wait("mx", std::chrono::milliseconds(1))));
  two.reset();
  EXPECT_TRUE(testing::Await(io_, places.Wait("mx", std::chrono::seconds(5))));
}

}  // namespace
}  // namespace postern::sender::mx
