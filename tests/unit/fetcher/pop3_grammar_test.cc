// The grammar of POP3, in tables.

#include <gtest/gtest.h>

#include "services/fetcher/pop3/response.h"

namespace postern::fetcher::pop3 {
namespace {

using Kind = StatusLine::Kind;
using Code = absl::StatusCode;

TEST(Pop3Grammar, ReadsTheFirstLineOfAnAnswer) {
  struct {
    const char* line;
    bool ok;
    Kind kind;
    const char* code;
    const char* text;
  } const cases[] = {
      {"+OK", true, Kind::kOk, "", ""},
      {"+OK  two spaces", true, Kind::kOk, "", "two spaces"},
      {"+ok lower case", true, Kind::kOk, "", "lower case"},
      {"+OK [AUTH] of an error only", true, Kind::kOk, "", "[AUTH] of an error only"},
      {"-ERR", true, Kind::kError, "", ""},
      {"-ERR [in-use] locked", true, Kind::kError, "IN-USE", "locked"},
      {"-ERR [SYS/TEMP]", true, Kind::kError, "SYS/TEMP", ""},
      {"-ERR [no end", true, Kind::kError, "", "[no end"},
      {"-ERR []", true, Kind::kError, "", ""},
      {"+ ", true, Kind::kGoOn, "", ""},
      {"+", true, Kind::kGoOn, "", ""},
      {"+OKAY", false, Kind::kOk, "", ""},
      {"", false, Kind::kOk, "", ""},
      {"* OK IMAP", false, Kind::kOk, "", ""},
      {"220 smtp", false, Kind::kOk, "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    const auto answer = ParseStatusLine(c.line);
    EXPECT_EQ(answer.ok(), c.ok);
    if (!answer.ok()) {
      EXPECT_EQ(answer.status().code(), Code::kDataLoss);
      continue;
    }
    EXPECT_EQ(answer->kind, c.kind);
    EXPECT_EQ(answer->code, c.code);
    EXPECT_EQ(answer->text, c.text);
  }
}

TEST(Pop3Grammar, ReadsUniqueIds) {
  const std::string longest = "3 " + std::string(512, 'x'), too_long = longest + "x";
  struct {
    std::string line;
    uint32_t number;  // 0: makes no sense
    std::string id;
  } const cases[] = {
      {"1 whqtswO00WBw418f9t5JxYwZ", 1, "whqtswO00WBw418f9t5JxYwZ"},
      {"2 QhdPYR:00WBw1Ph7x7 ", 2, "QhdPYR:00WBw1Ph7x7"},
      {"7  two", 7, "two"},
      {"8 \xc3\xa9", 8, "\xc3\xa9"},
      {longest, 3, std::string(512, 'x')},
      {too_long, 0, ""},
      {"", 0, ""},
      {"1", 0, ""},
      {"1 ", 0, ""},
      {"0 zero", 0, ""},
      {"-1 less", 0, ""},
      {"4294967296 more", 0, ""},
      {"1 a b", 0, ""},
      {"1 a\x01", 0, ""},
      {std::string("1 a\0b", 5), 0, ""},
      {"one id", 0, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    const auto unique = ParseUniqueId(c.line);
    EXPECT_EQ(unique.ok(), c.number != 0);
    if (!unique.ok()) continue;
    EXPECT_EQ(unique->number, c.number);
    EXPECT_EQ(unique->id, c.id);
  }
}

TEST(Pop3Grammar, ReadsNumbersAndOctets) {
  const auto stat = ParseNumberAndOctets("2 320");
  ASSERT_TRUE(stat.ok());
  EXPECT_EQ(stat->number, 2u);
  EXPECT_EQ(stat->octets, 320u);
  EXPECT_TRUE(ParseNumberAndOctets("1 18446744073709551615 octets").ok());
  for (const char* line : {"", "1", "x 1", "1 x", "-1 4", "1 18446744073709551616"}) {
    SCOPED_TRACE(line);
    EXPECT_EQ(ParseNumberAndOctets(line).status().code(), Code::kDataLoss);
  }
}

TEST(Pop3Grammar, FindsTheTimestampOfAGreeting) {
  EXPECT_EQ(TimestampOf("POP3 ready <1896.697170952@dbc.mtview.ca.us>").value_or(""),
            "<1896.697170952@dbc.mtview.ca.us>");
  EXPECT_EQ(TimestampOf("<a@b> hi <c@d>").value_or(""), "<a@b>");
  for (const std::string& greeting :
       {std::string("hi"), std::string("<>"), std::string("<a>"), std::string("<@b>"),
        std::string("<a@>"), std::string("<a@b@c>"), std::string("<a b@c>"),
        std::string("<a\x80@b>"), std::string("<a@b"), "<" + std::string(200, 'a') + "@b>"}) {
    EXPECT_FALSE(TimestampOf(greeting).has_value()) << greeting;
  }
}

TEST(Pop3Grammar, LearnsWhatAServerOffers) {
  Capabilities offered;
  for (const char* line : {"TOP", "user", "STLS", "SASL CRAM-MD5 plain", "LOGIN-DELAY 900 USER",
                           "AUTH-RESP-CODE", "", "X-UNKNOWN 1 2 3", "pipelining", "EXPIRE 60"}) {
    offered.Learn(line);
  }
  EXPECT_TRUE(offered.user && offered.stls && offered.pipelining && offered.auth_resp_code);
  EXPECT_TRUE(offered.mechanisms.Has(sasl::Mechanism::kPlain));
  EXPECT_TRUE(offered.mechanisms.Has(sasl::Mechanism::kCramMd5));
  EXPECT_EQ(offered.expire_days, 60);
  EXPECT_EQ(offered.login_delay_seconds, 900);

  Capabilities hostile;
  for (const char* line : {"SASL", "SASL XPLAIN PLAINX", "LOGIN-DELAY", "STLSX", " ",
                           "EXPIRE NEVER", "EXPIRE", "EXPIRE -1"}) {
    hostile.Learn(line);
  }
  EXPECT_FALSE(hostile.user || hostile.stls || hostile.pipelining || hostile.expire_days);
  EXPECT_TRUE(hostile.mechanisms.empty());
  hostile.Learn("LOGIN-DELAY 999999999999");
  EXPECT_EQ(hostile.login_delay_seconds, 3600);
  hostile.Learn("LOGIN-DELAY -5");
  EXPECT_EQ(hostile.login_delay_seconds, 0);
}

TEST(Pop3Grammar, TakesOffOneDotAndEndsAtOneAlone) {
  struct {
    const char* line;
    bool goes_on;
    const char* content;
  } const cases[] = {
      {"", true, ""},      {"a.b", true, "a.b"}, {"..", true, "."},
      {"..a", true, ".a"}, {".a", true, "a"},    {".", false, "."},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    std::string line = c.line;
    EXPECT_EQ(Unstuff(line), c.goes_on);
    EXPECT_EQ(line, c.content);
  }
}

TEST(Pop3Grammar, GivesARefusedLoginItsMeaning) {
  struct {
    const char* line;
    bool resp_code;  // AUTH-RESP-CODE is offered
    Code meaning;
  } const cases[] = {
      {"-ERR [AUTH] wrong", false, Code::kUnauthenticated},
      {"-ERR [AUTH] wrong", true, Code::kUnauthenticated},
      {"-ERR wrong password", false, Code::kUnauthenticated},
      {"-ERR not now", true, Code::kUnavailable},
      {"-ERR [SYS/TEMP] disk", false, Code::kUnavailable},
      {"-ERR [SYS/PERM] closed", false, Code::kFailedPrecondition},
      {"-ERR [IN-USE] other session", false, Code::kUnavailable},
      {"-ERR [LOGIN-DELAY] wait", false, Code::kUnavailable},
      {"-ERR [NEW-CODE] what", false, Code::kUnavailable},
      {"-ERR maildrop already locked", false, Code::kUnavailable},
      {"-ERR Unable to LOCK Mailbox", false, Code::kUnavailable},
      {"-ERR your account is locked", false, Code::kUnauthenticated},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    Capabilities capabilities;
    capabilities.auth_resp_code = c.resp_code;
    const auto answer = ParseStatusLine(c.line);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(LoginRefusal(*answer, capabilities).code(), c.meaning);
  }
}

TEST(Pop3Grammar, TellsNotNowFromNever) {
  struct {
    const char* line;
    Code meaning;
  } const cases[] = {
      {"-ERR unknown command", Code::kFailedPrecondition},
      {"-ERR [SYS/PERM] never", Code::kFailedPrecondition},
      {"-ERR [SYS/TEMP] later", Code::kUnavailable},
      {"-ERR [X] whatever", Code::kUnavailable},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    EXPECT_EQ(RefusalOf("UIDL", *ParseStatusLine(c.line)).code(), c.meaning);
  }
}

}  // namespace
}  // namespace postern::fetcher::pop3
