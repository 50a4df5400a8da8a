#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/fetcher/imap/capabilities.h"
#include "services/fetcher/imap/command.h"
#include "services/fetcher/imap/quirks.h"

namespace postern::fetcher::imap {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(ImapCapabilities, AreReadWhateverTheirCase) {
  const Capabilities offered = Capabilities::Parse(
      "imap4REV1 SASL-IR auth=plain AUTH=SCRAM-SHA-256 AUTH=NTLM Idle X-UNKNOWN QUOTA=RES-STORAGE "
      "SORT=DISPLAY UTF8=ONLY APPENDLIMIT=35651584");
  for (Capability named :
       {Capability::kImap4Rev1, Capability::kSaslIr, Capability::kIdle, Capability::kQuota,
        Capability::kSort, Capability::kUtf8Accept, Capability::kAppendLimit}) {
    EXPECT_TRUE(offered.Has(named)) << static_cast<int>(named);
  }
  EXPECT_FALSE(offered.Has(Capability::kImap4Rev2));
  EXPECT_TRUE(offered.mechanisms().Has(sasl::Mechanism::kPlain));
  EXPECT_TRUE(offered.mechanisms().Has(sasl::Mechanism::kScramSha256));
  EXPECT_FALSE(offered.mechanisms().Has(sasl::Mechanism::kLogin));
  EXPECT_EQ(offered.append_limit(), 35651584u);
}

TEST(ImapCapabilities, OneBringsAlongOthers) {
  EXPECT_TRUE(Capabilities::Parse("IMAP4rev1 QRESYNC").Has(Capability::kCondstore));
  EXPECT_TRUE(Capabilities::Parse("IMAP4rev2").Has(Capability::kIdle));
  EXPECT_FALSE(Capabilities::Parse("IMAP4rev2 IMAP4rev1").Has(Capability::kIdle))
      << "not before it is enabled";
  Capabilities both = Capabilities::Parse("IMAP4rev2 IMAP4rev1");
  both.AddThoseOfRev2();
  EXPECT_TRUE(both.Has(Capability::kIdle));
}

TEST(ImapCapabilities, MakeNoSenseOfSenseless) {
  EXPECT_EQ(Capabilities::Parse("APPENDLIMIT=x").append_limit(), 0u);
  EXPECT_FALSE(Capabilities::Parse("APPENDLIMIT=x").Has(Capability::kAppendLimit));
  EXPECT_EQ(Capabilities::Parse("APPENDLIMIT=99999999999").append_limit(), 4294967295u);
  std::string many = "IMAP4rev1";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&many, " X-", i);
  EXPECT_FALSE(Capabilities::Parse(many + " IDLE").Has(Capability::kIdle)) << "too far behind";
  EXPECT_TRUE(Capabilities::Parse("").mechanisms().empty());
}

TEST(ImapQuirks, AreThoseOfTheProvider) {
  const Capabilities none, gmail = Capabilities::Parse("IMAP4rev1 X-GM-EXT-1");
  EXPECT_EQ(QuirksOf("imap.gmail.com", none, "").most_connections, 15);
  EXPECT_EQ(QuirksOf("imap.example.org", gmail, "").most_connections, 15)
      << "a domain of one's own";
  EXPECT_TRUE(QuirksOf("outlook.office365.com", none, "").no_rev2);
  const char kExchange[] = "(\"name\" \"Microsoft.Exchange.Imap4.Imap4Server\")";
  EXPECT_TRUE(QuirksOf("mail.example.org", none, kExchange).no_rev2);
  EXPECT_EQ(QuirksOf("imap.mail.YAHOO.com.", none, "").idle_limit, minutes(3));
  EXPECT_EQ(QuirksOf("imap.rambler.ru", none, "").idle_limit, seconds(55));
  EXPECT_TRUE(QuirksOf("imap.163.com", none, "").no_idle);
  EXPECT_EQ(QuirksOf("imap.163.com", none, "").poll_limit, seconds(55));
  EXPECT_TRUE(QuirksOf("imap.naver.com", none, "").needs_select);
  EXPECT_TRUE(QuirksOf("mail.example.org", none, "Courier-IMAP ready. Copyright").needs_select);
}

TEST(ImapQuirks, AreNoneOfAnybodyElse) {
  for (const char* host :
       {"imap.example.org", "notgmail.com", "gmail.com.example.org", "com", "", "1163.com"}) {
    const Quirks& quirks = QuirksOf(host, {}, "(\"name\" \"Dovecot\")");
    EXPECT_EQ(quirks.idle_limit, seconds(0)) << host;
    EXPECT_EQ(quirks.most_connections, 0) << host;
    EXPECT_FALSE(quirks.no_idle || quirks.no_rev2 || quirks.needs_select) << host;
  }
}

TEST(ImapCommand, SendsLiteralsAsTheServerTakesThem) {
  const std::string umlaut = "gr\xC3\xBC\xC3\x9F", large(5000, '\xC3');
  struct {
    const char* name;
    WireForm form;
    std::string text;
    std::string pieces;
  } const cases[] = {
      {"awaited", {}, umlaut, absl::StrCat("X {6}|", umlaut, " Y")},
      {"at once",
       {WireForm::Literals::kAtOnce, false},
       umlaut,
       absl::StrCat("X {6+}\r\n", umlaut, " Y")},
      {"short, at once",
       {WireForm::Literals::kShortAtOnce, false},
       umlaut,
       absl::StrCat("X {6+}\r\n", umlaut, " Y")},
      {"too long for LITERAL-",
       {WireForm::Literals::kShortAtOnce, false},
       large,
       absl::StrCat("X {5000}|", large, " Y")},
      {"long, by LITERAL+",
       {WireForm::Literals::kAtOnce, false},
       large,
       absl::StrCat("X {5000+}\r\n", large, " Y")},
      {"UTF-8 in quotes",
       {WireForm::Literals::kAwaited, true},
       umlaut,
       absl::StrCat("X \"", umlaut, "\" Y")},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Command command("X", c.form);
    ASSERT_TRUE(command.AddString(c.text, "text").ok());
    command.AddWords("Y");
    EXPECT_EQ(absl::StrJoin(command.pieces(), "|"), c.pieces);
  }
  Command command("X", {WireForm::Literals::kAtOnce, true});
  EXPECT_FALSE(command.AddString("a\r\nA2 LOGOUT", "text").ok());
}

}  // namespace
}  // namespace postern::fetcher::imap
