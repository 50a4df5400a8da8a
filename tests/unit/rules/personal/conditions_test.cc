// Each condition: compiled, asked of mails, printed and compiled again.

#include "absl/time/time.h"
#include "services/rules/personal/condition_syntax.h"
#include "services/rules/personal/time_syntax.h"
#include "tests/unit/rules/personal/personal_bench.h"

namespace postern::rules::personal {
namespace {

constexpr char kMail[] =
    "From: \"Anna K. Arenina\" <Anna@Trains.example>\n"
    "To: ann@example.org, Bob <bob@example.net>\n"
    "Cc: carol@example.com\n"
    "Subject: =?utf-8?q?=D0=A1=D1=87=D1=91=D1=82?= for 100% (*urgent*)\n"
    "List-Id: Talk of trains <talk.trains.example>\n"
    "X-Spam-Flag: YES\n"
    "Mime-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=b\n"
    "\n"
    "--b\n"
    "Content-Type: text/plain; charset=utf-8\n"
    "\n"
    "The 7:15 to Moscow\nis late\n"
    "--b\n"
    "Content-Type: application/pdf\n"
    "Content-Disposition: attachment; filename=\"ticket[1].pdf\"\n"
    "\n"
    "x\n"
    "--b--\n";

v1::PersonalRules RuleWith(const std::string& condition) {
  return Checked("rules { name: 'x' conditions { " + condition +
                 " } actions { what: WHAT_DISCARD } }");
}

bool Holds(const std::string& condition, const Facts& facts = SomeFacts()) {
  const std::string told = ToldBy(RuleWith(condition), kMail, facts);
  const std::string turned = ToldBy(RuleWith(condition + " negated: true"), kMail, facts);
  EXPECT_NE(told == "discard", turned == "discard") << condition << ": " << told << ", " << turned;
  return told == "discard";
}

TEST(PersonalConditions, OfTexts) {
  const struct {
    const char* condition;
    bool holds;
  } cases[] = {
      {"subject: SUBJECT_FROM comparison: OPERATOR_IS values: 'ANNA@trains.example'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_IS values: 'nna@trains.example'", false},
      {"subject: SUBJECT_FROM comparison: OPERATOR_IS values: '@trains.example'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_IS values: '@rains.example'", false},
      {"subject: SUBJECT_FROM comparison: OPERATOR_IS values: 'anna k. arenina'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_IS values: 'anna k'", false},
      {"subject: SUBJECT_FROM comparison: OPERATOR_IS values: 'x@y.example' "
       "values: 'anna@trains.example'",
       true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_CONTAINS values: 'arenin'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_CONTAINS values: 'trains.ex'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_CONTAINS values: 'vronsky'", false},
      {"subject: SUBJECT_FROM comparison: OPERATOR_BEGINS values: 'anna@'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_BEGINS values: 'Anna K.'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_BEGINS values: 'arenina'", false},
      {"subject: SUBJECT_FROM comparison: OPERATOR_ENDS values: '@trains.example'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_ENDS values: '.example'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_ENDS values: 'Arenina'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_ENDS values: 'Anna'", false},
      {"subject: SUBJECT_FROM comparison: OPERATOR_MATCHES values: 'anna@*.example'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_MATCHES values: '*karenina*'", false},
      {"subject: SUBJECT_FROM comparison: OPERATOR_REGEX values: '^anna@'", true},
      {"subject: SUBJECT_FROM comparison: OPERATOR_REGEX values: '^bob@'", false},
      {"subject: SUBJECT_FROM comparison: OPERATOR_EXISTS", true},
      {"subject: SUBJECT_FROM values: 'arenina'", true},  // contains
      {"subject: SUBJECT_TO comparison: OPERATOR_IS values: 'carol@example.com'", true},
      {"subject: SUBJECT_TO comparison: OPERATOR_IS values: 'Bob'", true},
      {"subject: SUBJECT_TO comparison: OPERATOR_IS values: 'Bo'", false},
      {"subject: SUBJECT_TO comparison: OPERATOR_BEGINS values: 'Bo'", true},
      {"subject: SUBJECT_TO comparison: OPERATOR_IS values: 'dan@example.com'", false},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_CONTAINS values: 'СЧЁТ'", true},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_BEGINS values: 'счёт FOR'", true},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_ENDS values: '(*URGENT*)'", true},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_ENDS values: '(?urgent?)'", false},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_IS values: 'Счёт for 100% (*urgent*)'", true},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_MATCHES values: '* for ???% *'", true},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_REGEX values: '[0-9]{3}%'", true},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_REGEX values: '^[0-9]{3}%'", false},
      {"subject: SUBJECT_BODY comparison: OPERATOR_CONTAINS values: 'to moscow'", true},
      {"subject: SUBJECT_BODY comparison: OPERATOR_MATCHES values: '7:?? to'", true},
      {"subject: SUBJECT_BODY comparison: OPERATOR_REGEX values: '[0-9]:[0-9]+ to'", true},
      {"subject: SUBJECT_BODY comparison: OPERATOR_CONTAINS values: 'to Petersburg'", false},
      {"subject: SUBJECT_HEADER header: 'x-spam-flag' comparison: OPERATOR_IS values: 'yes'", true},
      {"subject: SUBJECT_HEADER header: 'X-Spam-Flag:' comparison: OPERATOR_EXISTS", true},
      {"subject: SUBJECT_HEADER header: 'X-Other' comparison: OPERATOR_EXISTS", false},
      {"subject: SUBJECT_HEADER header: 'X-Other' comparison: OPERATOR_CONTAINS values: 'a'",
       false},
      {"subject: SUBJECT_LIST comparison: OPERATOR_IS values: 'talk.trains.example'", true},
      {"subject: SUBJECT_LIST comparison: OPERATOR_IS values: '<talk.trains.example>'", true},
      {"subject: SUBJECT_LIST comparison: OPERATOR_IS values: 'trains.example'", false},
      {"subject: SUBJECT_LIST comparison: OPERATOR_ENDS values: '.trains.example'", true},
      {"subject: SUBJECT_LIST comparison: OPERATOR_BEGINS values: 'talk.'", true},
      {"subject: SUBJECT_LIST comparison: OPERATOR_MATCHES values: 'talk.*'", true},
      {"subject: SUBJECT_LIST comparison: OPERATOR_CONTAINS values: 'talk of'", true},
      {"subject: SUBJECT_LIST comparison: OPERATOR_EXISTS", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.condition);
    EXPECT_EQ(Holds(c.condition), c.holds);
  }
}

TEST(PersonalConditions, OfSizesAndAttachments) {
  const struct {
    const char* condition;
    bool holds;
  } cases[] = {
      {"subject: SUBJECT_SIZE comparison: OPERATOR_OVER values: '100'", true},
      {"subject: SUBJECT_SIZE comparison: OPERATOR_OVER values: '2M'", false},
      {"subject: SUBJECT_SIZE comparison: OPERATOR_UNDER values: '1 kb'", true},
      {"subject: SUBJECT_ATTACHMENT", true},
      {"subject: SUBJECT_ATTACHMENT values: ''", true},
      {"subject: SUBJECT_ATTACHMENT comparison: OPERATOR_EXISTS", true},
      {"subject: SUBJECT_ATTACHMENT values: '*.PDF'", true},
      {"subject: SUBJECT_ATTACHMENT values: '*.exe' values: '*.pdf'", true},
      {"subject: SUBJECT_ATTACHMENT values: '*.exe'", false},
      {"subject: SUBJECT_ATTACHMENT comparison: OPERATOR_IS values: 'ticket[1].pdf'", true},
      {"subject: SUBJECT_ATTACHMENT comparison: OPERATOR_IS values: 'ticket*'", false},
      {"subject: SUBJECT_ATTACHMENT comparison: OPERATOR_CONTAINS values: '[1]'", true},
      {"subject: SUBJECT_ATTACHMENT comparison: OPERATOR_ENDS values: '.pdf'", true},
      {"subject: SUBJECT_ATTACHMENT comparison: OPERATOR_BEGINS values: 'pdf'", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.condition);
    EXPECT_EQ(Holds(c.condition), c.holds);
  }
}

TEST(PersonalConditions, OfWhatIsKnownBesideTheMail) {
  Facts facts = SomeFacts();
  facts.environment["vnd.postern.presence"] = "dnd";
  facts.environment["vnd.postern.mailbox"] = "INBOX.Lists.dev";
  facts.looked_up["list:contacts\nanna@trains.example"] = "yes";
  facts.looked_up["list:vip\nanna@trains.example"] = "no";
  const struct {
    const char* condition;
    bool holds;
  } cases[] = {
      {"subject: SUBJECT_PRESENCE values: 'DND'", true},
      {"subject: SUBJECT_PRESENCE values: 'away' values: 'xa'", false},
      {"subject: SUBJECT_CONTACT", true},
      {"subject: SUBJECT_CONTACT values: ''", true},
      {"subject: SUBJECT_CONTACT comparison: OPERATOR_IS values: 'Contacts'", true},
      {"subject: SUBJECT_CONTACT values: 'vip'", false},
      {"subject: SUBJECT_CONTACT values: 'vip' values: 'contacts'", true},
      {"subject: SUBJECT_FOLDER values: 'Lists/dev'", true},
      {"subject: SUBJECT_FOLDER values: 'inbox.lists.dev'", true},
      {"subject: SUBJECT_FOLDER values: 'INBOX'", false},
      {"subject: SUBJECT_FOLDER comparison: OPERATOR_ENDS values: 'dev'", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.condition);
    EXPECT_EQ(Holds(c.condition, facts), c.holds);
  }
}

TEST(PersonalConditions, OfTheTimeOfTheWeek) {
  const auto zone = absl::FixedTimeZone(2 * 3600);
  const struct {
    const char* hours;
    const char* now;  // 2026-01-05 is a Monday
    bool holds;
  } cases[] = {
      {"22:00-07:00", "2026-01-05T21:59", false},
      {"22:00-07:00", "2026-01-05T22:00", true},
      {"22:00-07:00", "2026-01-06T06:59", true},
      {"22:00-07:00", "2026-01-06T07:00", false},
      {"SA-SU 00:00-24:00", "2026-01-09T23:59", false},
      {"SA-SU 00:00-24:00", "2026-01-10T00:00", true},
      {"SA-SU 00:00-24:00", "2026-01-11T23:59", true},
      {"SA-SU 00:00-24:00", "2026-01-12T00:00", false},
      {"SU 22:00-07:00", "2026-01-11T22:30", true},
      {"SU 22:00-07:00", "2026-01-12T06:30", true},   // the Monday after
      {"SU 22:00-07:00", "2026-01-11T06:30", false},  // Saturday's night
      {"MO-FR 08:00-18:00, SA 10:00-12:00", "2026-01-10T11:00", true},
      {"MO-FR 08:00-18:00, SA 10:00-12:00", "2026-01-10T09:00", false},
      {"MO-FR 08:00-18:00, SA 10:00-12:00", "2026-01-05T09:00", true},
      {"00:00-24:00", "2026-01-05T09:00", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.hours) + " at " + c.now);
    Facts facts = SomeFacts();
    facts.zone = zone;
    std::string error;
    ASSERT_TRUE(absl::ParseTime("%Y-%m-%dT%H:%M", c.now, zone, &facts.now, &error)) << error;
    EXPECT_EQ(Holds(std::string("subject: SUBJECT_TIME values: '") + c.hours + "'", facts),
              c.holds);
  }
}

TEST(PersonalConditions, AllOrAnyOfThemAndOfOneAccount) {
  const std::string yes = "conditions { subject: SUBJECT_FROM values: 'anna' } ";
  const std::string no = "conditions { subject: SUBJECT_SUBJECT values: 'nothing' } ";
  const std::string act = "actions { what: WHAT_DISCARD } ";
  const struct {
    std::string rule;
    bool holds;
  } cases[] = {
      {yes + no, false},
      {yes + no + "any: true ", true},
      {yes + yes, true},
      {no + no + "any: true ", false},
      {"", true},
      {"any: true ", true},
      {"account: 'home' ", true},
      {"account: 'work' ", false},
      {yes + no + "any: true account: 'home' ", true},
      {yes + no + "any: true account: 'work' ", false},
      {yes + yes + "account: 'work' ", false},
      {yes + "account: 'HOME' ", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.rule);
    const v1::PersonalRules rules = Checked("rules { " + c.rule + act + "}");
    EXPECT_EQ(ToldBy(rules, kMail) == "discard", c.holds);
  }
}

TEST(ReadSize, OfWhatPeopleWrite) {
  const struct {
    const char* text;
    std::optional<uint64_t> bytes;
  } cases[] = {
      {"0", 0},          {"1024", 1024},       {"2K", 2048},     {"2k", 2048},
      {"2 MB", 2 << 20}, {"3MiB", 3 << 20},    {"1G", 1 << 30},  {"", {}},
      {"B", {}},         {"-1", {}},           {"1.5M", {}},     {"M", {}},
      {"2X", {}},        {"99999999999G", {}}, {"1048577G", {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(ReadSize(c.text), c.bytes);
  }
}

}  // namespace
}  // namespace postern::rules::personal
