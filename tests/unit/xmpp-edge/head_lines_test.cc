// "Send:", "From:" and "Subject:" lines above a message, and whose clock counts.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/xmpp-edge/client_clocks.h"
#include "tests/unit/xmpp-edge/taking_back_bench.h"

namespace postern::xmpp_edge {
namespace {

class HeadLinesTest : public TakingBackTest {};

TEST_F(HeadLinesTest, AMailWithoutTextIsRefused) {
  Begin(0);
  for (const char* text : {"Subject: Lunch", "To: eve@example.net\n\n \n", "Send: in 2 hours\n"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ErrorTextOf(bench.Ask(Message(kBobByMail, "m1", text))),
              "Not sent: there is no text. Write it below the lines at the head.");
  }
  EXPECT_TRUE(bench.sender.taken().empty());
}

TEST_F(HeadLinesTest, ASendLineThatSaysNothingOrComesTwiceIsRefused) {
  Begin(0);
  const Element empty = bench.Ask(Message(kBobByMail, "w1", "Send:\n\nHello"));
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(empty), "the line \"Send: \" names no time"));
  const Element twice =
      bench.Ask(Message(kBobByMail, "w2", "Send: in 2 hours\nSend: in 3 hours\nHello"));
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(twice), "there are two lines \"Send:\""));
  const Element endless =
      bench.Ask(Message(kBobByMail, "w3", absl::StrCat("Send: ", std::string(500, 'x'), "\nHi")));
  const std::string cut = absl::StrCat("\"Send: ", std::string(60, 'x'), "…\" names no time");
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(endless), cut)) << ErrorTextOf(endless);
  EXPECT_TRUE(bench.sender.taken().empty());
}

TEST_F(HeadLinesTest, ADisabledAccountIsNamed) {
  admin::v1::Account out = SmtpAccount("ann@example.org", "out");
  out.set_enabled(false);
  bench.admin.Add(std::move(out));
  bench.Install();
  const Element refused = bench.Ask(Message(kBobByMail, "m1", "Hello"));
  EXPECT_EQ(ConditionOf(refused), "not-allowed");
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(refused), "Not sent: the account out is disabled"));
}

TEST_F(HeadLinesTest, ASubjectKeepsToOneLine) {
  Begin(0);
  WriteAndWait(kBobByMail, "m1", "Subject: one\u2028two\u0085three\nHello");
  EXPECT_EQ(Taken().draft().subject(), "one two three");
}

TEST_F(HeadLinesTest, ASendLineIsReadInTheZoneOfTheAccount) {
  Begin(0);
  WriteAndWait(kBobByMail, "m1", "Send: tomorrow 9:00\n\nHello");
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  const absl::Time at = absl::FromUnixSeconds(Taken().send_at_unix());
  EXPECT_EQ(absl::FormatTime("%H:%M", at, berlin), "09:00");
  EXPECT_EQ(absl::ToCivilDay(at, berlin), absl::ToCivilDay(absl::Now(), berlin) + 1);
  EXPECT_EQ(Taken().draft().text(), "Hello");
  EXPECT_TRUE(Told(absl::StrCat("It will be sent on ", absl::FormatTime("%Y-%m-%d", at, berlin),
                                " 09:00 (Europe/Berlin). Write \"cancel\" to stop it.")));
  bench.Write(kAnn, kBobByMail, "m2", "cancel");
  EXPECT_TRUE(Told("Taken back"));
}

TEST_F(HeadLinesTest, TheClientIsAskedForItsClock) {
  Begin(0, "");
  bench.Write(kAnn, kBobByMail, "m1", "Send: in 3 hours\n\nHello");
  ASSERT_TRUE(Told("urn:xmpp:time"));
  const Element* asked = Find("urn:xmpp:time");
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->Attr("to"), kAnn);
  Element answer = MakeStanza("iq", kAnn, kDomain, "result", asked->Attr("id"));
  Element time = MakeElement("time", "urn:xmpp:time");
  time.AddText("tzo", "+05:30").AddText("utc", "2026-11-22T12:00:00Z");
  answer.Add(std::move(time));
  bench.Route(std::move(answer));
  EXPECT_GT(Taken().send_at_unix(), absl::ToUnixSeconds(absl::Now()) + 3 * 3600 - 60);
  EXPECT_TRUE(Told("(UTC+05:30). Write \"cancel\""));
}

TEST_F(HeadLinesTest, AnUnknownClockIsTold) {
  Begin(0, "");
  bench.Write(kAnn, kBobByMail, "m1", "Send: in 3 hours\n\nHello");
  ASSERT_TRUE(Told("urn:xmpp:time"));
  const Element* asked = Find("urn:xmpp:time");
  bench.Route(MakeStanza("iq", kAnn, kDomain, "error", asked->Attr("id")));
  EXPECT_TRUE(Told("(UTC). Write \"cancel\" to stop it. Your time zone is not known"));
  EXPECT_TRUE(Told("\"sending zone Europe/Berlin\""));
  bench.sink.sent.clear();
  bench.Write(kAnn, kBobByMail, "m2", "Send: in 3 hours\n\nHello again");
  EXPECT_TRUE(Told("(UTC). Write \"cancel\" to stop it."));
  EXPECT_EQ(Find("time zone is not known"), nullptr) << "once is enough";
}

TEST_F(HeadLinesTest, AWrongTimeIsNamed) {
  Begin(0);
  Element soon = Message(kBobByMail, "w1", "Send: soon\n\nHello");
  const Element refused = bench.Ask(std::move(soon));
  EXPECT_EQ(ConditionOf(refused), "not-acceptable");
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(refused), "\"Send: soon\" names no time"));
  const Element past = bench.Ask(Message(kBobByMail, "w2", "Send: 2020-01-01 9:00\n\nHello"));
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(past), "names a time that is over"));
  EXPECT_TRUE(bench.sender.taken().empty());
  WriteAndWait(kBobByMail, "w3", "\nSend: soon");
  EXPECT_EQ(Taken().draft().text(), "Send: soon") << "after an empty line it is text";
}

TEST_F(HeadLinesTest, FromNamesAnIdentity) {
  Begin(0);
  WriteAndWait(kBobByMail, "m1", "From: sales@example.org\n\nHello");
  EXPECT_EQ(Taken().draft().from().local_part(), "sales");
  EXPECT_EQ(Taken().draft().from().display_name(), "Sales");
  EXPECT_EQ(Taken().draft().jabber_id(), "ann@example.org");
  WriteAndWait(kBobByMail, "m2", "From: SALES\n\nHello", 2);
  EXPECT_EQ(Taken(2).draft().from().local_part(), "sales");
  EXPECT_NE(ConditionOf(bench.Ask(Message(kBobByMail, "m3", "From: boss@example.org\n\nHello"))),
            "");
}

TEST(ZoneOffset, IsReadAsXep0082WritesIt) {
  const struct {
    const char* text;
    int seconds;
  } cases[] = {{"+01:00", 3600}, {"-06:30", -23400}, {"Z", 0}, {"+14:00", 50400}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto zone = ReadZoneOffset(c.text);
    ASSERT_TRUE(zone.has_value());
    EXPECT_EQ(zone->At(absl::UnixEpoch()).offset, c.seconds);
  }
  for (const char* wrong : {"", "1:00", "+25:00", "+01:99", "Europe/Berlin"}) {
    EXPECT_FALSE(ReadZoneOffset(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
