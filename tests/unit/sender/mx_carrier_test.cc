// Which servers are asked, and what becomes of each recipient.
#include "tests/unit/sender/mx_fixture.h"

namespace postern::sender::mx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  ASSERT_EQ(dot_.kept.size(), 2u);
  EXPECT_EQ(dot_.kept[0], 0u);
  EXPECT_GT(dot_.kept[1], 0u) << "on record before the next server is asked";
}

TEST_F(MxCarrierTest, WhoCannotPutOnRecordWhoHasTheMailStopsThere) {
  Mx("a.example", {{10, "mx.a.example"}});
  Host("mx.a.example", "192.0.2.1");
  dot_.answer_to_keep = absl::AbortedError("lost");
  Carry({"ann@a.example"});
  EXPECT_TRUE(absl::IsAborted(carried_));
  EXPECT_THAT(dialer_.dialled, ::testing::IsEmpty());
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
